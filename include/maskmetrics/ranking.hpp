/// @file
/// Stage ranking: one stable order by score per category, used by every area range and max_dets.
#pragma once

#include <cstdint>

#include "maskmetrics/view.hpp"

namespace maskmetrics {

/// Equals `np.argsort(-scores, kind='mergesort')` of the concatenated images, per category.
struct ranking_input {
  view<std::uint32_t const> category_begin;  ///< [K+1] into the detections in cell order
  view<double const> scores;                 ///< [D]
  /// [D] or empty: the detections of every category in the order that equal scores keep; empty: their own.
  view<std::uint32_t const> tie_order = {};
};

struct ranking_output {
  view<std::uint32_t> order;  ///< [D] detections of category k, best first, at [category_begin[k], category_begin[k+1])
};

}  // namespace maskmetrics
