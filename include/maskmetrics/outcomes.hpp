/// @file
/// From outcomes of matching to curves, for callers that match by themselves or put evaluations together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "maskmetrics/context.hpp"
#include "maskmetrics/matching.hpp"
#include "maskmetrics/memory.hpp"

namespace maskmetrics {

/// What matching found, as columns in host memory. The detections of a category lie side by side, its images one after
/// another in the order in which ties of score are kept.
struct outcome_table {
  std::vector<std::uint32_t> category_begin = {0};  ///< [K+1] into the detections
  std::vector<double> scores;                       ///< [D]
  std::vector<std::uint32_t> ranks_in_cell;         ///< [D] what max_dets is compared with, from 0
  std::vector<outcome_word> outcomes;               ///< [D, A, W], W = outcome_words(T)
  std::vector<std::uint32_t> num_ground_truths;     ///< [K, A] not ignored
  std::size_t num_thresholds = 0;                   ///< T
  std::size_t num_area_ranges = 0;                  ///< A
};

/// -1 where a category has no ground truth that counts.
struct curves {
  buffer<double> precision;          ///< [T, R, K, A, M], C order, host memory
  buffer<double> recall;             ///< [T, K, A, M]
  buffer<double> scores;             ///< [T, R, K, A, M]; empty where not wanted
  buffer<double> average_precision;  ///< [T, K, A, M] area under the whole envelope; empty where not wanted
};

/// Equals pycocotools `COCOeval.accumulate`, on the context's device.
/// @param recall_thresholds  [R] ascending
/// @param max_dets  [M] in any order
/// @throws input_error for columns whose lengths do not fit one another
[[nodiscard]] curves accumulate_outcomes(context const& ctx, outcome_table const& table,
                                         std::vector<double> const& recall_thresholds,
                                         std::vector<std::uint32_t> const& max_dets, bool wants_scores = true);

}  // namespace maskmetrics
