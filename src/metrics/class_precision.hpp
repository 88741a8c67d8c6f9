/// @file
/// Average precision category by category, as Pascal VOC takes it.
#pragma once

#include <cstddef>
#include <vector>

#include <maskmetrics/evaluate.hpp>

#include "metrics/array_mean.hpp"

namespace maskmetrics::metrics {

/// Average precision of one category at one IoU threshold: what the stage found by every point, or the mean of the
/// samples; -1 where nothing counts.
[[nodiscard]] double class_precision(evaluation const& result, std::size_t threshold, std::size_t category,
                                     area_and_cap column);

/// Mean over the categories that count, of every one of @p thresholds; -1 where there are none.
[[nodiscard]] double mean_class_precision(evaluation const& result, std::vector<std::size_t> const& thresholds,
                                          area_and_cap column);

}  // namespace maskmetrics::metrics
