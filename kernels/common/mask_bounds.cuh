/// @file
/// Area and tight box of a mask whose runs are spread over a warp.
#pragma once

#include <maskmetrics/semantics/runs.hpp>

#include "common/warp.cuh"

namespace maskmetrics::MASKMETRICS_KERNELS {

/// The tight box of all lanes' runs. @param any_run  the mask has a foreground run, be it of length zero
[[nodiscard]] __device__ inline box warp_bounds(semantics::bounds_of_runs const& of_lane, bool any_run) {
  semantics::bounds_of_runs all = of_lane;
  all.x_begin = warp_min(of_lane.x_begin);
  all.y_begin = warp_min(of_lane.y_begin);
  all.x_last = warp_max(of_lane.x_last);
  all.y_last = warp_max(of_lane.y_last);
  all.any_run = any_run;
  return all.bounds();
}

}  // namespace maskmetrics::MASKMETRICS_KERNELS
