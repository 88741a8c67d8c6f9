/// @file
/// Which areas a range holds. Source: cocoeval.py evaluateImg (`area < aRng[0] or area > aRng[1]`).
#pragma once

#include "maskmetrics/host_device.hpp"

namespace maskmetrics::semantics {

/// Both ends belong to the range, so 1024 is small and medium. A NaN area is outside nothing.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr bool outside_area_range(double area_px, double low_px, double high_px) {
  return area_px < low_px || area_px > high_px;
}

}  // namespace maskmetrics::semantics
