/// @file
/// An evaluation cell by cell: every overlap, and which ground truth each detection took. For people who look into a
/// result and programs that reproduce the reference's tables; evaluate() needs and keeps far less.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "maskmetrics/context.hpp"
#include "maskmetrics/dataset.hpp"
#include "maskmetrics/detections.hpp"
#include "maskmetrics/protocol.hpp"

namespace maskmetrics {

/// The cells of an evaluation: one is one (category, image) that holds at least one detection or ground truth. Cells
/// ascend by category, then image. Within a cell detections descend by score, stable, up to the protocol's deepest cap;
/// ground truths keep file order.
struct cell_table {
  std::vector<std::int64_t> category_ids;         ///< [K] as evaluation::category_ids
  std::vector<std::uint32_t> categories;          ///< [C] into category_ids
  std::vector<std::uint32_t> images;              ///< [C] into the data set's images
  std::vector<std::uint32_t> detection_begin;     ///< [C+1]
  std::vector<std::uint32_t> ground_truth_begin;  ///< [C+1]
  std::vector<std::uint32_t> detection_rows;      ///< [D] into the results
  std::vector<std::uint32_t> ground_truth_rows;   ///< [G] into the annotations
};

/// The overlap of every pair within a cell.
struct cell_overlaps {
  cell_table cells;
  std::vector<std::uint64_t> begin;  ///< [C+1] into ious
  std::vector<double> ious;          ///< of a cell with D detections and G ground truths [D, G]
};

/// Equals pycocotools `COCOeval.computeIoU` of every cell.
/// @throws as evaluate(), and protocol_error for Pascal VOC's rules
[[nodiscard]] cell_overlaps compare_cells(context const& ctx, dataset const& ground_truth, detections const& results,
                                          protocol const& how);

/// Matches at T thresholds in A area ranges. The arrays hold a block a cell, one after another, so that the block of
/// cell c begins at its first detection or ground truth times the sizes of the other axes.
struct cell_matches {
  cell_table cells;
  std::size_t num_thresholds = 0;   ///< T
  std::size_t num_area_ranges = 0;  ///< A
  /// Blocks [A, G]: ground truths of the cell, those that count first, as the reference sorts them.
  std::vector<std::uint32_t> ground_truth_order;
  std::vector<std::uint8_t> ground_truth_ignored;  ///< blocks [A, G] in that order
  /// Blocks [A, T, G] in that order: the detection of the cell that took it last, or no_index.
  std::vector<std::uint32_t> ground_truth_matches;
  std::vector<std::uint32_t> detection_matches;  ///< blocks [A, T, D]: ground truth in file order, or no_index
  std::vector<std::uint8_t> detection_ignored;   ///< blocks [A, T, D]
};

/// Equals pycocotools `COCOeval.evaluateImg` of every cell and area range, or lvis-api `LVISEval.evaluate_img` under
/// LVIS' rules.
/// @throws as evaluate(), and protocol_error for Pascal VOC's rules
[[nodiscard]] cell_matches match_cells(context const& ctx, dataset const& ground_truth, detections const& results,
                                       protocol const& how);

}  // namespace maskmetrics
