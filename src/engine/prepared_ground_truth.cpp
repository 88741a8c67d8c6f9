#include <maskmetrics/prepared_ground_truth.hpp>

#include <algorithm>
#include <utility>
#include <vector>

#include <tbb/enumerable_thread_specific.h>

#include <maskmetrics/geometry.hpp>

#include "core/mask_error.hpp"
#include "core/parallel.hpp"
#include "engine/evaluation_run.hpp"

namespace maskmetrics {

struct prepared_ground_truth::state {
  dataset data;
  maskmetrics::protocol how;
  ground_truth_groups groups;
};

namespace {

constexpr std::size_t rows_per_part = 256;

struct decoder {
  mask_decoder masks;
  mask_intervals mask;
};

/// What consecutive rows decode to.
struct decoded_part {
  std::vector<std::uint32_t> counts;   // of the polygons, one after another
  std::vector<std::uint32_t> lengths;  // [rows of the part] of those; 0 for what is no polygon
  mask_fault fault = mask_fault::none;
  std::uint32_t faulty_row = 0;
};

/// Appends the run lengths of a mask whose intervals are neither empty nor touch. @return how many
std::uint32_t append_run_lengths(mask_intervals const& mask, std::vector<std::uint32_t>& counts) {
  std::size_t const first = counts.size();
  std::uint32_t position = 0;
  for (interval const run : mask.intervals) {
    counts.push_back(run.begin - position);
    counts.push_back(run.end - run.begin);
    position = run.end;
  }
  std::uint32_t const num_pixels = mask.height * mask.width;
  if (position != num_pixels) counts.push_back(num_pixels - position);
  return static_cast<std::uint32_t>(counts.size() - first);
}

void decode_rows(dataset const& data, view<std::uint32_t const> rows, decoder& with, decoded_part& part) {
  annotation_table const& annotations = data.annotations;
  for (std::uint32_t const row : rows) {
    std::uint32_t const image = annotations.image_indices[row];
    mask_fault const fault = with.masks.decode(annotations.masks, row, data.images.heights[image],
                                               data.images.widths[image], nullptr, with.mask);
    if (fault != mask_fault::none) {
      part.fault = fault;
      part.faulty_row = row;
      return;
    }
    bool const is_polygon = annotations.masks.entries[row].form == mask_form::polygons;
    part.lengths.push_back(is_polygon ? append_run_lengths(with.mask, part.counts) : 0);
  }
}

/// Replaces the polygons of these rows by run lengths.
void replace_polygons(dataset& data, view<std::uint32_t const> rows, decoded_part const& part) {
  mask_batch& masks = data.annotations.masks;
  std::uint64_t begin = masks.counts.size();
  masks.counts.insert(masks.counts.end(), part.counts.begin(), part.counts.end());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    mask_entry& entry = masks.entries[rows[i]];
    if (entry.form != mask_form::polygons) continue;
    std::uint32_t const image = data.annotations.image_indices[rows[i]];
    entry = {begin, part.lengths[i], data.images.heights[image], data.images.widths[image], mask_form::counts};
    begin += part.lengths[i];
  }
}

/// Rasterising costs many times what reading run lengths does, on every device.
void rasterize_polygons(context const& ctx, dataset& data, std::vector<std::uint32_t> rows) {
  // Annotations that share an id stand for the last of them, which is there again and again then.
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  auto const rows_of = [&](std::size_t part) {
    std::size_t const begin = part * rows_per_part;
    return view<std::uint32_t const>{rows.data() + begin, std::min(rows_per_part, rows.size() - begin)};
  };
  std::vector<decoded_part> parts((rows.size() + rows_per_part - 1) / rows_per_part);
  in_arena(ctx, [&] {
    tbb::enumerable_thread_specific<decoder> decoders;
    parallel_each(parts.size(), [&](std::size_t p) { decode_rows(data, rows_of(p), decoders.local(), parts[p]); });
  });
  mask_batch& masks = data.annotations.masks;
  std::size_t num_counts = masks.counts.size();
  for (decoded_part const& part : parts) {
    num_counts += part.counts.size();
    if (part.fault == mask_fault::none) continue;
    throw_ground_truth_fault(part.fault, masks, part.faulty_row, data.annotations.ids[part.faulty_row],
                             image_of_mask{data.images, data.annotations.image_indices[part.faulty_row]});
  }
  masks.counts.reserve(num_counts);
  for (std::size_t p = 0; p < parts.size(); ++p) replace_polygons(data, rows_of(p), std::exchange(parts[p], {}));
  bool const any_left = std::any_of(masks.entries.begin(), masks.entries.end(),
                                    [](mask_entry const& entry) { return entry.form == mask_form::polygons; });
  if (any_left) return;
  masks.coordinates = {};
  masks.rings = {};
}

}  // namespace

prepared_ground_truth::prepared_ground_truth(context const& ctx, dataset ground_truth,
                                             maskmetrics::protocol const& how) {
  static_cast<void>(choose_backend(ctx.device));
  auto made = std::make_unique<state>();
  made->data = std::move(ground_truth);
  made->how = how;
  made->how.validate();
  made->groups = group_ground_truth(made->data, made->how);
  if (made->how.iou != iou_type::bbox) rasterize_polygons(ctx, made->data, made->groups.rows.rows);
  state_ = std::move(made);
}

prepared_ground_truth::~prepared_ground_truth() = default;
prepared_ground_truth::prepared_ground_truth(prepared_ground_truth&&) noexcept = default;
prepared_ground_truth& prepared_ground_truth::operator=(prepared_ground_truth&&) noexcept = default;

dataset const& prepared_ground_truth::data() const noexcept {
  return state_->data;
}

protocol const& prepared_ground_truth::protocol() const noexcept {
  return state_->how;
}

evaluation evaluate(context const& ctx, prepared_ground_truth const& ground_truth, detections const& results) {
  prepared_ground_truth::state const& ready = *ground_truth.state_;
  return evaluation_run(ctx, ready.data, ready.groups, results, ready.how).accumulate();
}

}  // namespace maskmetrics
