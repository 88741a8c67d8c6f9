/// @file
/// Cells whose detections and ground truth are masks, for tests of overlaps.
#pragma once

#include <cstdint>
#include <vector>

#include <maskmetrics/mask_batch.hpp>
#include <maskmetrics/pairwise.hpp>

#include "reference/mask.hpp"
#include "support/backends.hpp"
#include "support/cells.hpp"
#include "support/random.hpp"

namespace support {

/// Masks of both sides; rows of the batches stand in another order than the cells.
struct mask_case {
  cell_layout cells;
  std::vector<std::uint32_t> heights;
  std::vector<std::uint32_t> widths;
  std::vector<reference::rle> detections;     ///< [D] in cell order
  std::vector<reference::rle> ground_truths;  ///< [G]
  std::vector<std::uint32_t> detection_rows;
  std::vector<std::uint32_t> ground_truth_rows;
  std::vector<std::int64_t> ground_truth_ids;
  std::vector<maskmetrics::box> result_boxes;
  maskmetrics::mask_batch detection_masks;
  maskmetrics::mask_batch ground_truth_masks;
  std::vector<std::uint8_t> flags;
};

/// @param resident  of the forms that codes on a device may have
mask_case random_mask_case(random_source& random, bool resident = false);

/// Flags of ground truth, some of it crowds.
std::vector<std::uint8_t> random_flags(random_source& random, std::size_t count);

/// Everything of a case but the masks, in a backend's memory.
class placed_masks {
public:
  placed_masks(backend_under_test const& where, mask_case const& one)
      : one_(one), cells_(where, one.cells), flags_(where, one.flags) {}

  [[nodiscard]] maskmetrics::pairwise_input input(double lowest) const {
    maskmetrics::pairwise_input in;
    in.cells = cells_.view();
    in.host_cells = one_.cells.view();
    in.ground_truth_flags = flags_.all();
    in.lowest_iou_threshold = lowest;
    in.detection_masks = &one_.detection_masks;
    in.ground_truth_masks = &one_.ground_truth_masks;
    in.detection_rows = {one_.detection_rows.data(), one_.detection_rows.size()};
    in.ground_truth_rows = {one_.ground_truth_rows.data(), one_.ground_truth_rows.size()};
    in.ground_truth_ids = {one_.ground_truth_ids.data(), one_.ground_truth_ids.size()};
    in.result_boxes = {one_.result_boxes.data(), one_.result_boxes.size()};
    in.image_heights = {one_.heights.data(), one_.heights.size()};
    in.image_widths = {one_.widths.data(), one_.widths.size()};
    return in;
  }

private:
  mask_case const& one_;
  placed_cells cells_;
  placed<std::uint8_t> flags_;
};

/// The codes of one side in a backend's memory.
class placed_codes {
public:
  placed_codes(backend_under_test const& where, mask_case const& one, maskmetrics::mask_batch const& batch,
               std::vector<std::uint32_t> const& rows)
      : entries_(where, batch.entries),
        coordinates_(where, batch.coordinates),
        rings_(where, batch.rings),
        counts_(where, batch.counts),
        text_(where, std::vector<char>(batch.text.begin(), batch.text.end())),
        rows_(where, rows),
        heights_(where, one.heights),
        widths_(where, one.widths) {
    masks_.codes.entries = entries_.all();
    masks_.codes.coordinates = coordinates_.all();
    masks_.codes.rings = rings_.all();
    masks_.codes.counts = counts_.all();
    masks_.codes.text = text_.all();
    masks_.rows = rows_.all();
    masks_.image_heights = heights_.all();
    masks_.image_widths = widths_.all();
  }
  [[nodiscard]] maskmetrics::resident_masks const* get() const { return &masks_; }

private:
  placed<maskmetrics::mask_entry> entries_;
  placed<double> coordinates_;
  placed<maskmetrics::polygon_ring> rings_;
  placed<std::uint32_t> counts_;
  placed<char> text_;
  placed<std::uint32_t> rows_;
  placed<std::uint32_t> heights_;
  placed<std::uint32_t> widths_;
  maskmetrics::resident_masks masks_;
};

}  // namespace support
