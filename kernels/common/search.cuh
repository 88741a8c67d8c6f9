/// @file
/// Searching in sorted offsets.
#pragma once

#include <maskmetrics/view.hpp>

#include "common/launch.cuh"

namespace maskmetrics::MASKMETRICS_KERNELS {

/// The group that holds element @p at: the last g with begin_of(groups[g]) <= at. Groups may be empty.
/// @param groups  [num_groups + 1], where they begin ascends from at most @p at to above it
template <class Group, class T, class BeginOf>
[[nodiscard]] __device__ std::size_t group_of(view<Group const> groups, T at, BeginOf begin_of) {
  std::size_t low = 0;
  std::size_t high = groups.size() - 1;
  while (high - low > 1) {
    std::size_t const middle = low + (high - low) / 2;
    if (begin_of(groups[middle]) <= at) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return low;
}

/// The same where nothing is known of groups but where they begin.
template <class T>
[[nodiscard]] __device__ std::size_t group_of(view<T const> begin, T at) {
  return group_of(begin, at, [](T first) { return first; });
}

}  // namespace maskmetrics::MASKMETRICS_KERNELS
