/// @file
/// Size of an object relative to its image: the side of a square of its area as a part of that of the image's.
#pragma once

#include <cmath>

#include "maskmetrics/host_device.hpp"

namespace maskmetrics::semantics {

/// @param image_area_px  above 0
[[nodiscard]] MASKMETRICS_HOST_DEVICE inline double relative_size(double area_px, double image_area_px) {
  return std::sqrt(area_px / image_area_px);
}

}  // namespace maskmetrics::semantics
