/// @file
/// Threshold grids as numpy.linspace makes them: i * step + start, and the last value exactly.
/// Source: cocoeval.py Params.setDetParams; .5:.05:.95 and 0:.01:1 differ in places from start + .05 * i and i / 100.
#pragma once

#include <cstddef>

#include "maskmetrics/host_device.hpp"

namespace maskmetrics::semantics {

/// Element @p i of numpy.linspace(start, stop, n).
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr double linspace(double start, double stop, std::size_t n,
                                                                std::size_t i) {
  if (n > 1 && i + 1 == n) return stop;
  double const step = n > 1 ? (stop - start) / static_cast<double>(n - 1) : 0;
  return static_cast<double>(i) * step + start;
}

}  // namespace maskmetrics::semantics
