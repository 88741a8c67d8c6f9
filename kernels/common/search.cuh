/// @file
/// Searching in sorted offsets.
#pragma once

#include <maskmetrics/view.hpp>

#include "common/launch.cuh"

namespace maskmetrics::MASKMETRICS_KERNELS {

/// The group that holds element @p at: the last g with begin[g] <= at. Groups may be empty.
/// @param begin  [num_groups + 1], ascending from at most @p at to above it
template <class T>
[[nodiscard]] __device__ std::size_t group_of(view<T const> begin, T at) {
  std::size_t low = 0;
  std::size_t high = begin.size() - 1;
  while (high - low > 1) {
    std::size_t const middle = low + (high - low) / 2;
    if (begin[middle] <= at) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace maskmetrics::MASKMETRICS_KERNELS
