/// @file
/// The lines of Pascal VOC.
#pragma once

#include <vector>

#include <maskmetrics/summary.hpp>

namespace maskmetrics::metrics {

/// Mean average precision at every IoU threshold, then that of every category that has something to find; see
/// summarize().
[[nodiscard]] std::vector<metric> voc_metrics(evaluation const& result);

}  // namespace maskmetrics::metrics
