/// @file
/// A detector that errs as detectors do.
#pragma once

#include "workload/scene.hpp"

namespace maskmetrics::workload {

/// Detections of @p truth's objects: some objects missed, the others found shifted, scaled, ragged, sometimes as
/// another category, often more than once; the rest is background. The better the shape, the higher the score tends to
/// be.
/// @returns exactly @p num_detections, best first
[[nodiscard]] std::vector<detection> detect(random_source& random, flavour kind, scene const& truth,
                                            std::uint32_t num_detections);

}  // namespace maskmetrics::workload
