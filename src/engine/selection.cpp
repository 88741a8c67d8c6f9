#include "engine/selection.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <string_view>
#include <utility>

#include <tbb/enumerable_thread_specific.h>

#include <maskmetrics/geometry.hpp>
#include <maskmetrics/semantics/federated.hpp>
#include <maskmetrics/semantics/ranking.hpp>
#include <maskmetrics/semantics/rle_text.hpp>

#include "core/parallel.hpp"

namespace maskmetrics {

namespace {

constexpr std::size_t images_per_task = 32;

/// Best first; of equal scores the first row.
class better {
public:
  explicit better(std::vector<double> const& scores) : scores_(scores) {}
  bool operator()(std::uint32_t x, std::uint32_t y) const {
    std::uint64_t const key_x = semantics::descending_key(scores_[x]);
    std::uint64_t const key_y = semantics::descending_key(scores_[y]);
    return key_x != key_y ? key_x < key_y : x < y;
  }

private:
  std::vector<double> const& scores_;
};

/// Removes all but the best @p cap rows of every category.
void cap_categories(detections const& results, std::size_t num_categories, std::uint32_t cap,
                    std::vector<std::uint32_t>& rows) {
  std::vector<std::vector<std::uint32_t>> of_category(num_categories);
  for (std::uint32_t const row : rows) {
    if (results.category_indices[row] != no_index) of_category[results.category_indices[row]].push_back(row);
  }
  std::vector<bool> dropped(results.size());
  for (std::vector<std::uint32_t>& candidates : of_category) {
    if (candidates.size() <= cap) continue;
    auto const end_of_kept = candidates.begin() + cap;
    std::nth_element(candidates.begin(), end_of_kept, candidates.end(), better(results.scores));
    std::for_each(end_of_kept, candidates.end(), [&](std::uint32_t row) { dropped[row] = true; });
  }
  std::erase_if(rows, [&](std::uint32_t row) { return dropped[row]; });
}

/// Length of the second run of a run-length string, which is foreground; nothing where that takes a closer look.
std::optional<std::int64_t> first_foreground_run(std::string_view text) {
  int num_complete = 0;
  semantics::rle_text_number number;
  for (char const c : text) {
    auto const character = static_cast<unsigned char>(c);
    bool const plain = character >= semantics::rle_text_first && character <= semantics::rle_text_last && c != '\\';
    if (!plain || number.groups == semantics::rle_text_max_groups) return {};
    if (!number.take(character - semantics::rle_text_first)) continue;
    if (++num_complete == 2) return number.value;
    number = {};
  }
  return {};
}

/// Tells whether detections that come as masks alone have an area. One a thread.
class mask_areas {
public:
  /// A mask that cannot be decoded takes part: pairwise says what is wrong with it.
  bool takes_part(dataset const& ground_truth, detections const& results, std::uint32_t row) {
    mask_entry const& entry = results.masks.entries[row];
    if (entry.form == mask_form::text || entry.form == mask_form::json_text) {
      if (first_foreground_run(results.masks.text_of(entry)).value_or(0) > 0) return true;
    }
    std::uint32_t const image = results.image_indices[row];
    mask_fault const fault = decoder_.decode(results.masks, row, ground_truth.images.heights[image],
                                             ground_truth.images.widths[image], nullptr, mask_);
    return fault != mask_fault::none || semantics::takes_part(mask_.area_px);
  }

private:
  mask_decoder decoder_;
  mask_intervals mask_;
};

/// What is known of the categories of one image at a time.
class verified_categories {
public:
  verified_categories(category_lists const& present, category_lists const& negatives, std::size_t num_categories)
      : present_(present), negatives_(negatives), present_in_(num_categories, no_index), absent_in_(present_in_) {}

  void look_at(std::uint32_t image) {
    image_ = image;
    for (std::uint32_t const category : present_.of(image)) present_in_[category] = image;
    for (std::uint32_t const category : negatives_.of(image)) absent_in_[category] = image;
  }
  [[nodiscard]] bool contains(std::uint32_t category) const {
    return semantics::is_verified(present_in_[category] == image_, absent_in_[category] == image_);
  }

private:
  category_lists const& present_;
  category_lists const& negatives_;
  std::vector<std::uint32_t> present_in_;  // [categories] the last image that has it
  std::vector<std::uint32_t> absent_in_;
  std::uint32_t image_ = no_index;
};

/// Goes through the images, many at a time, and shortens each one's stretch of rows.
class image_selector {
public:
  image_selector(dataset const& ground_truth, detections const& results, protocol const& how, axis_maps const& maps,
                 selected_detections& out)
      : ground_truth_(ground_truth), results_(results), how_(how), maps_(maps), out_(out) {}

  /// @param present  read under LVIS' rules
  void run(context const& ctx, category_lists const& present) {
    group_by_image();
    if (how_.cap == cap_scope::image) out_.ranks.resize(results_.size());
    in_arena(ctx, [&] {
      tbb::enumerable_thread_specific<verified_categories> verified(
          [&] { return verified_categories(present, ground_truth_.images.negatives, maps_.category_of.size()); });
      tbb::enumerable_thread_specific<mask_areas> areas;
      parallel_ranges(stretches_.size(), images_per_task, [&](index_range const& range) {
        for (std::size_t i = range.begin(); i < range.end(); ++i) {
          if (how_.cap == cap_scope::image) cap(stretches_[i]);
          if (how_.rules == rule_set::lvis) filter(stretches_[i], verified.local(), areas.local());
        }
      });
    });
    close_gaps();
  }

private:
  struct stretch {
    std::uint32_t image;
    std::size_t begin;
    std::size_t end;
  };

  void group_by_image() {
    std::vector<std::uint32_t>& rows = out_.rows;
    auto const image_of = [&](std::uint32_t row) { return results_.image_indices[row]; };
    std::erase_if(rows, [&](std::uint32_t row) { return maps_.image(image_of(row)) == no_index; });
    sort_rows_by(rows, maps_.image_of.size(), image_of);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (stretches_.empty() || stretches_.back().image != image_of(rows[i])) {
        stretches_.push_back({image_of(rows[i]), i, i});
      }
      stretches_.back().end = i + 1;
    }
    smallest_cap_ = how_.max_dets.front();
    if (!how_.recall_curve.empty()) smallest_cap_ = std::min(smallest_cap_, how_.recall_curve.front());
    deepest_cap_ = how_.deepest_cap();
  }

  /// Ranks the rows of an image and drops those beyond every cap. Within all caps any order is as good.
  void cap(stretch& image) {
    auto const begin = out_.rows.begin() + static_cast<std::ptrdiff_t>(image.begin);
    auto const end = out_.rows.begin() + static_cast<std::ptrdiff_t>(image.end);
    std::size_t const count = image.end - image.begin;
    bool const by_score = count > smallest_cap_;
    if (by_score) std::sort(begin, end, better(results_.scores));
    for (std::size_t i = 0; i < count; ++i) {
      out_.ranks[out_.rows[image.begin + i]] = static_cast<std::uint32_t>(i);
    }
    if (count > deepest_cap_) image.end = image.begin + deepest_cap_;
    if (by_score) std::sort(begin, out_.rows.begin() + static_cast<std::ptrdiff_t>(image.end));
  }

  void filter(stretch& image, verified_categories& verified, mask_areas& areas) {
    verified.look_at(image.image);
    std::size_t kept = image.begin;
    for (std::size_t i = image.begin; i < image.end; ++i) {
      std::uint32_t const row = out_.rows[i];
      std::uint32_t const category = results_.category_indices[row];
      if (maps_.category(category) == no_index || !verified.contains(category)) continue;
      bool const has_area = results_.areas_px.empty() ? areas.takes_part(ground_truth_, results_, row)
                                                      : semantics::takes_part(results_.areas_px[row]);
      if (has_area) out_.rows[kept++] = row;
    }
    image.end = kept;
  }

  void close_gaps() {
    std::size_t kept = 0;
    for (stretch const& image : stretches_) {
      for (std::size_t i = image.begin; i < image.end; ++i) out_.rows[kept++] = out_.rows[i];
    }
    out_.rows.resize(kept);
  }

  dataset const& ground_truth_;
  detections const& results_;
  protocol const& how_;
  axis_maps const& maps_;
  selected_detections& out_;
  std::vector<stretch> stretches_;
  std::uint32_t smallest_cap_ = 0;
  std::uint32_t deepest_cap_ = 0;
};

}  // namespace

std::vector<std::uint32_t> select_ground_truth(annotation_table const& annotations, protocol const& how,
                                               axis_maps const& maps) {
  std::vector<std::uint32_t> rows = all_rows(annotations.size());
  if (how.rules == rule_set::lvis) {
    std::erase_if(rows, [&](std::uint32_t row) {
      return maps.category(annotations.category_indices[row]) == no_index ||
             !semantics::takes_part(annotations.areas_px[row]);
    });
  }
  return rows;
}

category_lists present_categories(annotation_table const& annotations, grouped_rows const& truth,
                                  std::size_t num_images) {
  category_lists lists;
  lists.begin.assign(num_images + 1, 0);
  for (std::uint32_t const row : truth.rows) ++lists.begin[annotations.image_indices[row] + 1];
  std::partial_sum(lists.begin.begin(), lists.begin.end(), lists.begin.begin());
  lists.categories.resize(truth.rows.size());
  std::vector<std::uint64_t> next = lists.begin;
  for (std::uint32_t const row : truth.rows) {
    lists.categories[next[annotations.image_indices[row]]++] = annotations.category_indices[row];
  }
  return lists;
}

selected_detections select_detections(context const& ctx, dataset const& ground_truth, detections const& results,
                                      protocol const& how, axis_maps const& maps, category_lists const& present) {
  selected_detections selected;
  selected.rows = all_rows(results.size());
  if (how.max_dets_per_category != 0) {
    cap_categories(results, ground_truth.categories.size(), how.max_dets_per_category, selected.rows);
  }
  if (how.rules == rule_set::lvis || how.cap == cap_scope::image) {
    image_selector(ground_truth, results, how, maps, selected).run(ctx, present);
  }
  return selected;
}

}  // namespace maskmetrics
