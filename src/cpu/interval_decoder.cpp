#include "cpu/interval_decoder.hpp"

#include <algorithm>
#include <numeric>

#include <maskmetrics/semantics/polygon.hpp>
#include <maskmetrics/semantics/runs.hpp>

#include "cpu/rle_text_reader.hpp"

namespace maskmetrics {

namespace {

/// Builds intervals from runs without a branch: an empty foreground run is written too, and overwritten by the next.
/// A sum beyond the size is found at the end.
class run_collector {
public:
  explicit run_collector(interval* intervals) : first_(intervals), next_(intervals) {}

  void leading(std::uint32_t count) {
    position_ = count;
    any_ = true;
  }
  void foreground(std::uint32_t count) {
    *next_ = {static_cast<std::uint32_t>(position_), static_cast<std::uint32_t>(position_ + count)};
    next_ += count != 0 ? 1 : 0;
    position_ += count;
    area_px_ += count;
    any_foreground_ = true;
    any_empty_ |= count == 0;
  }
  void background(std::uint32_t count) {
    position_ += count;
    any_empty_ |= count == 0;
  }

  [[nodiscard]] mask_fault finish(std::uint64_t num_pixels, decoded_mask& out) const {
    if (!any_ || position_ != num_pixels) return mask_fault::sum_mismatch;
    out.area_px = static_cast<std::uint32_t>(area_px_);
    out.any_run = any_foreground_;
    out.has_empty_runs = any_empty_;
    out.intervals = {first_, static_cast<std::size_t>(next_ - first_)};
    return mask_fault::none;
  }

private:
  interval* first_;
  interval* next_;
  std::uint64_t position_ = 0;
  std::uint64_t area_px_ = 0;
  bool any_ = false;
  bool any_foreground_ = false;
  bool any_empty_ = false;
};

/// The run lengths as they are.
struct run_list {
  std::vector<std::uint32_t>& runs;

  void leading(std::uint32_t count) { runs.push_back(count); }
  void foreground(std::uint32_t count) { runs.push_back(count); }
  void background(std::uint32_t count) { runs.push_back(count); }
};

/// Room for the foreground runs of a code of @p num_runs runs and one more; never shrinks.
interval* reserve(std::vector<interval>& intervals, std::size_t num_runs) {
  std::size_t const needed = num_runs / 2 + 1;
  if (intervals.size() < needed) intervals.resize(std::max(needed, intervals.size() * 2));
  return intervals.data();
}

}  // namespace

box bounds_of(decoded_mask const& mask) {
  semantics::bounds_of_runs bounds(mask.height, mask.width);
  bounds.any_run = mask.any_run;
  // Runs mostly lie in the column of the one before or the next: division only where they do not.
  std::uint32_t column = 0;
  std::uint32_t column_begin = 0;
  std::uint32_t const height = mask.height;
  for (interval const run : mask.intervals) {
    std::uint32_t ahead = run.begin - column_begin;
    if (ahead >= height) {
      std::uint32_t const columns = ahead < 2 * height ? 1 : ahead / height;
      column += columns;
      column_begin += columns * height;
      ahead -= columns * height;
    }
    std::uint32_t const last = run.end - 1 - column_begin;
    if (last < height) {
      bounds.take_columns(column, column, ahead, last, height);
    } else {
      std::uint32_t const columns = last / height;
      bounds.take_columns(column, column + columns, ahead, last - columns * height, height);
    }
  }
  return bounds.bounds();
}

mask_fault interval_decoder::decode(mask_columns const& batch, std::size_t row, std::uint32_t image_height,
                                    std::uint32_t image_width, box const* bounds, decoded_mask& out) {
  if (row >= batch.entries.size()) return mask_fault::missing;
  mask_entry const& entry = batch.entries[row];
  if (!batch.hold(entry)) return mask_fault::outside;
  switch (entry.form) {
    case mask_form::none:
      return mask_fault::missing;
    case mask_form::invalid:
      return mask_fault::invalid_form;
    case mask_form::text:
    case mask_form::json_text:
      return decode_text(batch.text_of(entry), entry, out);
    case mask_form::counts:
      return decode_counts({batch.counts.data() + entry.begin, entry.length}, entry, out);
    case mask_form::polygons:
      return decode_polygons(batch, entry, image_height, image_width, out);
    case mask_form::box:
      return bounds == nullptr ? mask_fault::missing : decode_box(*bounds, image_height, image_width, out);
  }
  return mask_fault::invalid_form;
}

mask_fault interval_decoder::decode_text(std::string_view text, mask_entry const& entry, decoded_mask& out) {
  if (!semantics::valid_mask_size(entry.height, entry.width)) return mask_fault::bad_size;
  out.height = entry.height;
  out.width = entry.width;
  interval* const first = reserve(intervals_, text.size());
  run_collector runs(first);
  mask_fault const fault = read_rle_text(text, entry.form == mask_form::json_text, runs);
  return fault == mask_fault::none ? runs.finish(std::uint64_t{entry.height} * entry.width, out) : fault;
}

mask_fault interval_decoder::decode_counts(view<std::uint32_t const> counts, mask_entry const& entry,
                                           decoded_mask& out) {
  if (!semantics::valid_mask_size(entry.height, entry.width)) return mask_fault::bad_size;
  out.height = entry.height;
  out.width = entry.width;
  interval* const first = reserve(intervals_, counts.size());
  run_collector runs(first);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (i == 0) {
      runs.leading(counts[i]);
    } else if (i % 2 == 1) {
      runs.foreground(counts[i]);
    } else {
      runs.background(counts[i]);
    }
  }
  return runs.finish(std::uint64_t{entry.height} * entry.width, out);
}

mask_fault interval_decoder::decode_polygons(mask_columns const& batch, mask_entry const& entry, std::uint32_t height,
                                             std::uint32_t width, decoded_mask& out) {
  if (entry.length == 0) return mask_fault::no_rings;
  // The reference looks at the first ring alone to tell polygons from boxes, so later ones may be anything.
  if (batch.rings[entry.begin].num_values <= 4) return mask_fault::too_few_points;
  mask_fault fault = begin_polygon(height, width);
  for (std::uint32_t i = 0; i < entry.length && fault == mask_fault::none; ++i) {
    polygon_ring const& ring = batch.rings[entry.begin + i];
    fault = add_ring(batch.coordinates.data() + ring.begin, ring.num_values / 2);
  }
  if (fault == mask_fault::none) finish_polygon(out);
  return fault;
}

mask_fault interval_decoder::decode_box(box const& bounds, std::uint32_t height, std::uint32_t width,
                                        decoded_mask& out) {
  semantics::box_ring const ring(bounds);
  mask_fault fault = begin_polygon(height, width);
  if (fault == mask_fault::none) fault = add_ring(ring.coordinates, 4);
  if (fault == mask_fault::none) finish_polygon(out);
  return fault;
}

mask_fault interval_decoder::begin_polygon(std::uint32_t height, std::uint32_t width) {
  height_ = height;
  width_ = width;
  num_intervals_ = 0;
  num_rings_ = 0;
  return semantics::valid_mask_size(height, width) ? mask_fault::none : mask_fault::bad_size;
}

mask_fault interval_decoder::add_ring(double const* coordinates, std::size_t num_points) {
  ++num_rings_;
  crossings_.clear();
  for (std::size_t i = 0; i < 2 * num_points; ++i) {
    if (!semantics::valid_polygon_coordinate(coordinates[i])) return mask_fault::coordinate;
  }
  if (num_points == 0) return mask_fault::none;
  std::size_t const last = 2 * (num_points - 1);
  int x0 = semantics::polygon_grid_point(coordinates[last]);
  int y0 = semantics::polygon_grid_point(coordinates[last + 1]);
  for (std::size_t i = 0; i < num_points; ++i) {
    int const x1 = semantics::polygon_grid_point(coordinates[2 * i]);
    int const y1 = semantics::polygon_grid_point(coordinates[2 * i + 1]);
    semantics::for_each_crossing(semantics::polygon_edge(x0, y0, x1, y1), height_, width_,
                                 [this](std::uint32_t column, std::uint32_t row) {
                                   crossings_.push_back({column, column * height_ + row});
                                 });
    x0 = x1;
    y0 = y1;
  }
  sort_crossings();
  if (toggles_.size() % 2 != 0) toggles_.push_back(height_ * width_);
  // Two crossings at one pixel cancel: an empty interval, or two intervals that touch.
  std::size_t const needed = num_intervals_ + toggles_.size() / 2;
  if (intervals_.size() < needed) intervals_.resize(needed * 2);
  std::size_t const first = num_intervals_;
  for (std::size_t i = 0; i < toggles_.size(); i += 2) {
    interval const next{toggles_[i], toggles_[i + 1]};
    if (next.begin == next.end) continue;
    if (num_intervals_ > first && intervals_[num_intervals_ - 1].end == next.begin) {
      intervals_[num_intervals_ - 1].end = next.end;
    } else {
      intervals_[num_intervals_++] = next;
    }
  }
  return mask_fault::none;
}

/// A ring crosses most columns twice: so crossings are dealt to their columns, and a column's few are sorted in place.
void interval_decoder::sort_crossings() {
  toggles_.resize(crossings_.size());
  if (crossings_.empty()) return;
  auto const [low, high] = std::minmax_element(crossings_.begin(), crossings_.end(),
                                               [](crossing x, crossing y) { return x.column < y.column; });
  std::uint32_t const first = low->column;
  column_ends_.assign(high->column - first + 2, 0);
  for (crossing const c : crossings_) ++column_ends_[c.column - first + 1];
  std::partial_sum(column_ends_.begin(), column_ends_.end(), column_ends_.begin());
  for (crossing const c : crossings_) toggles_[column_ends_[c.column - first]++] = c.pixel;
  std::uint32_t begin = 0;
  for (std::uint32_t column = 0; column + 1 < column_ends_.size(); ++column) {
    std::uint32_t const end = column_ends_[column];
    if (end - begin == 2) {
      if (toggles_[begin] > toggles_[begin + 1]) std::swap(toggles_[begin], toggles_[begin + 1]);
    } else if (end - begin > 2) {
      std::sort(toggles_.begin() + begin, toggles_.begin() + end);
    }
    begin = end;
  }
}

void interval_decoder::finish_polygon(decoded_mask& out) {
  auto const begin = intervals_.begin();
  if (num_rings_ > 1 && num_intervals_ > 0) {
    std::sort(begin, begin + static_cast<std::ptrdiff_t>(num_intervals_),
              [](interval a, interval b) { return a.begin < b.begin; });
    std::size_t last = 0;
    for (std::size_t i = 1; i < num_intervals_; ++i) {
      if (intervals_[i].begin <= intervals_[last].end) {
        intervals_[last].end = std::max(intervals_[last].end, intervals_[i].end);
      } else {
        intervals_[++last] = intervals_[i];
      }
    }
    num_intervals_ = last + 1;
  }
  out.height = height_;
  out.width = width_;
  out.has_empty_runs = false;
  out.any_run = num_intervals_ > 0;
  out.intervals = {intervals_.data(), num_intervals_};
  out.area_px = 0;
  for (interval const run : out.intervals) out.area_px += run.end - run.begin;
}

mask_fault interval_decoder::read_runs(mask_columns const& batch, std::size_t row, std::vector<std::uint32_t>& runs) {
  if (row >= batch.entries.size()) return mask_fault::missing;
  mask_entry const& entry = batch.entries[row];
  runs.clear();
  if (!batch.hold(entry)) return mask_fault::outside;
  switch (entry.form) {
    case mask_form::none:
      return mask_fault::missing;
    case mask_form::text:
    case mask_form::json_text: {
      run_list list{runs};
      return read_rle_text(batch.text_of(entry), entry.form == mask_form::json_text, list);
    }
    case mask_form::counts: {
      std::uint32_t const* const first = batch.counts.data() + entry.begin;
      runs.assign(first, first + entry.length);
      return mask_fault::none;
    }
    case mask_form::polygons:
    case mask_form::box:
    case mask_form::invalid:
      break;
  }
  return mask_fault::invalid_form;
}

}  // namespace maskmetrics
