/// @file
/// Stage pairwise: IoU inside every (category, image) cell, of the pairs that can matter.
#pragma once

#include <cstdint>

#include "maskmetrics/context.hpp"
#include "maskmetrics/mask_batch.hpp"
#include "maskmetrics/memory.hpp"
#include "maskmetrics/types.hpp"
#include "maskmetrics/view.hpp"

namespace maskmetrics {

/// Bits of a ground truth's flags.
enum ground_truth_flag : std::uint8_t {
  ground_truth_crowd = 1,    ///< overlap is divided by the detection's area; may be matched again and again
  ground_truth_ignore = 2,   ///< ignored in every area range
  ground_truth_id_zero = 4,  ///< strict parity: the reference takes a match with id 0 for no match
};

/// Bits of a cell's flags.
enum cell_flag : std::uint8_t {
  cell_unmatched_ignored = 1,  ///< unmatched detections count as ignored (LVIS: category not exhaustively annotated)
};

/// Detections and ground truth of an evaluation, grouped into cells: one cell is one (category, image) that holds
/// at least one of either. Cells ascend by category, then image. Within a cell detections descend by score (stable)
/// and are capped at the largest max_dets; ground truth keeps file order.
struct cell_index {
  view<std::uint32_t const> categories;          ///< [C]
  view<std::uint32_t const> images;              ///< [C]
  view<std::uint32_t const> detection_begin;     ///< [C+1]
  view<std::uint32_t const> ground_truth_begin;  ///< [C+1]
  view<std::uint8_t const> flags;                ///< [C] cell_flag bits
};

/// Masks of one side whose codes lie in the memory of the context's device already. Entries are text without escapes,
/// counts, or polygons.
struct resident_masks {
  mask_columns codes;
  view<std::uint32_t const> rows;  ///< [D] or [G] in cell order, into the entries
  // Sizes of images in px, [I]; of polygons. May be empty where there are none.
  view<std::uint32_t const> image_heights;
  view<std::uint32_t const> image_widths;
};

/// The masks or boxes that overlap is measured on.
struct pairwise_input {
  cell_index cells;
  cell_index host_cells;  ///< the same in host memory, where masks are and work is planned; the CPU reads cells only
  view<std::uint8_t const> ground_truth_flags;  ///< [G] in cell order
  double lowest_iou_threshold = 0;              ///< pairs below it can be left out

  // iou_type::bbox
  view<box const> detection_boxes;     ///< [D] in cell order
  view<box const> ground_truth_boxes;  ///< [G]
  maskmetrics::box_convention box_convention = box_convention::continuous;

  // iou_type::segm and boundary; in host memory on every device; rows index the batches' entries. Masks of detections
  // in cells without ground truth are read only where areas are measured.
  mask_batch const* detection_masks = nullptr;
  mask_batch const* ground_truth_masks = nullptr;
  view<std::uint32_t const> detection_rows;     ///< [D]
  view<std::uint32_t const> ground_truth_rows;  ///< [G]
  view<std::int64_t const> ground_truth_ids;    ///< by row, for messages
  view<box const> result_boxes;                 ///< by row; where a mask_form::box entry finds its box
  view<std::uint32_t const> image_heights;      ///< [I] px
  view<std::uint32_t const> image_widths;       ///< [I] px
  /// Take the place of detection_masks and detection_rows, or of ground_truth_masks and ground_truth_rows.
  resident_masks const* resident_detections = nullptr;
  resident_masks const* resident_ground_truths = nullptr;
  double boundary_dilation_ratio = 0;  ///< above 0: iou_type::boundary

  [[nodiscard]] bool has_masks() const { return detection_masks != nullptr || resident_detections != nullptr; }
};

/// Kept pairs, CSR by detection, ground truth ascending within a detection.
/// A pair is left out only where its overlap is below every threshold, so that leaving it out changes no result.
struct pair_list {
  buffer<std::uint64_t> begin;          ///< [D+1]
  buffer<std::uint32_t> ground_truths;  ///< [P] within the cell
  buffer<double> ious;                  ///< [P]
};

}  // namespace maskmetrics
