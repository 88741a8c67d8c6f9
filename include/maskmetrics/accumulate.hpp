/// @file
/// Stage accumulate: cumulative true and false positives, precision envelope, recall sampling, area.
#pragma once

#include <cstdint>

#include "maskmetrics/matching.hpp"
#include "maskmetrics/semantics/accumulate.hpp"
#include "maskmetrics/view.hpp"

namespace maskmetrics {

/// Equals pycocotools `COCOeval.accumulate`.
struct accumulate_input {
  view<std::uint32_t const> category_begin;  ///< [K+1]
  view<std::uint32_t const> order;           ///< [D] from ranking
  view<std::uint32_t const>
      ranks_in_cell;                  ///< [D] what max_dets is compared with: position in the cell or in the image
  view<double const> scores;          ///< [D]
  view<outcome_word const> outcomes;  ///< [D, A, W]
  view<std::uint32_t const> num_ground_truths;              ///< [K, A]
  view<double const> recall_thresholds;                     ///< [R]
  view<std::uint32_t const> max_dets;                       ///< [M]
  std::uint32_t num_thresholds = 0;                         ///< T
  std::uint32_t num_area_ranges = 0;                        ///< A
  double precision_epsilon = semantics::precision_epsilon;  ///< in the denominator of precision
};

/// -1 where a category has no ground truth that counts.
struct accumulate_output {
  view<double> precision;  ///< [T, R, K, A, M]
  view<double> recall;     ///< [T, K, A, M]
  view<double> scores;     ///< [T, R, K, A, M] score at which the recall threshold is reached; empty: not wanted
  /// [T, K, A, M] area under the envelope, equals VOCdevkit `VOCap`; empty: not wanted
  view<double> average_precision = {};
};

}  // namespace maskmetrics
