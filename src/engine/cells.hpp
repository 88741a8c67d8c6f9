/// @file
/// Groups detections and ground truth into the cells of cell_index.
#pragma once

#include <cstdint>
#include <vector>

#include <maskmetrics/context.hpp>
#include <maskmetrics/dataset.hpp>
#include <maskmetrics/detections.hpp>
#include <maskmetrics/pairwise.hpp>
#include <maskmetrics/protocol.hpp>

#include "engine/grouping.hpp"

namespace maskmetrics {

/// Everything an evaluation needs of its inputs, in cell order (see cell_index).
struct evaluation_cells {
  std::vector<std::int64_t> category_ids;    ///< [K] those evaluated, ascending; {-1} where categories are not used
  std::vector<std::uint32_t> category_rows;  ///< [K] into the category table, or no_index
  std::uint64_t num_images = 0;              ///< evaluated

  std::vector<std::uint32_t> categories;          ///< [C]
  std::vector<std::uint32_t> images;              ///< [C]
  std::vector<std::uint32_t> detection_begin;     ///< [C+1]
  std::vector<std::uint32_t> ground_truth_begin;  ///< [C+1]
  std::vector<std::uint8_t> flags;                ///< [C]

  std::vector<std::uint32_t> category_begin;        ///< [K+1] into the detections
  std::vector<std::uint32_t> detection_rows;        ///< [D] into the results
  std::vector<std::uint32_t> ranks_in_cell;         ///< [D] what max_dets is compared with; see cap_scope
  std::vector<double> scores;                       ///< [D]
  std::vector<std::uint32_t> tie_order;             ///< [D] or empty, see ranking_input
  std::vector<double> detection_areas;              ///< [D], or empty where they are those of the masks
  std::vector<std::uint8_t> detection_never_takes;  ///< [D] or empty
  /// [D] or empty; 1: ignored unless matched. For cells of several categories, where no flag of the cell can say it.
  std::vector<std::uint8_t> detection_unmatched_ignored;
  std::vector<std::uint32_t> ground_truth_rows;  ///< [G] into the annotations
  std::vector<double> ground_truth_areas;        ///< [G]
  std::vector<std::uint8_t> ground_truth_flags;  ///< [G]

  std::vector<warning> warnings;
};

/// What cells take of ground truth alone, whatever the detections.
struct ground_truth_groups {
  axis_maps maps;
  grouped_rows rows;        ///< of the annotations
  category_lists present;   ///< LVIS: categories that an image has annotations of
  evaluation_cells common;  ///< images, categories, ground truth and warnings alone: what every evaluation starts from
};

/// @param how  validated
/// @param all_count  every annotation counts: those that do not were left out before
/// @throws input_error for a data set without the columns that the rules need
[[nodiscard]] ground_truth_groups group_ground_truth(dataset const& ground_truth, protocol const& how,
                                                     bool all_count = false);

/// Equals pycocotools `COCOeval._prepare`: subsets, order within an image (category-major where categories are not
/// used), duplicate ids (the last annotation stands for every one of them), cut to the deepest cap. Under LVIS' rules
/// equals lvis-api `LVISEval._prepare` on `LVISResults`. Under VOC's rules an image keeps the order of the files where
/// categories are not used.
/// @param truth  of the same ground truth and protocol
/// @param how  validated
[[nodiscard]] evaluation_cells make_cells(context const& ctx, dataset const& ground_truth,
                                          ground_truth_groups const& truth, detections const& results,
                                          protocol const& how);

/// How an evaluation numbers images and categories; sets num_images and the categories of @p cells.
[[nodiscard]] axis_maps make_maps(dataset const& ground_truth, protocol const& how, evaluation_cells& cells);

/// Sets the categories that are evaluated of a table, and where they stand in it.
void choose_categories(category_table const& categories, protocol const& how, evaluation_cells& cells);
/// Where categories are not used, all are one.
void join_categories(evaluation_cells& cells);

}  // namespace maskmetrics
