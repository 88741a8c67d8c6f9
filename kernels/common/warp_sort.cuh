/// @file
/// Sorting by one warp.
#pragma once

#include "common/warp.cuh"

namespace maskmetrics::MASKMETRICS_KERNELS {

/// Sorts ascending, in place, in memory of any kind that no other warp touches. A bitonic network in which every
/// comparison puts the smaller key in front, so that lengths that are no power of two need no padding: what would stand
/// behind the end never moves. O(n log^2 n / 32) steps of the warp. Its lanes see the sorted keys.
__device__ inline void warp_sort(std::uint32_t* keys, std::uint32_t count) {
  auto const order = [&](std::uint32_t front, std::uint32_t back) {
    if (back >= count) return;
    std::uint32_t const a = keys[front];
    std::uint32_t const b = keys[back];
    if (a <= b) return;
    keys[front] = b;
    keys[back] = a;
  };
  __syncwarp();
  unsigned log_count = 0;
  while (log_count < 31 && (std::uint32_t{1} << log_count) < count) ++log_count;
  std::uint32_t const pairs = (std::uint32_t{1} << log_count) / 2;
  for (unsigned log_size = 1; log_size <= log_count; ++log_size) {
    // Two sorted halves: the first step compares from the outside to the middle, the others at shrinking distances.
    std::uint32_t const half = std::uint32_t{1} << (log_size - 1);
    for (std::uint32_t pair = lane_id(); pair < pairs; pair += warp_size) {
      std::uint32_t const first = (pair >> (log_size - 1)) << log_size;
      std::uint32_t const offset = pair & (half - 1);
      order(first + offset, first + 2 * half - 1 - offset);
    }
    __syncwarp();
    for (unsigned log_distance = log_size - 1; log_distance-- > 0;) {
      std::uint32_t const distance = std::uint32_t{1} << log_distance;
      for (std::uint32_t pair = lane_id(); pair < pairs; pair += warp_size) {
        std::uint32_t const front = ((pair >> log_distance) << (log_distance + 1)) + (pair & (distance - 1));
        order(front, front + distance);
      }
      __syncwarp();
    }
  }
}

}  // namespace maskmetrics::MASKMETRICS_KERNELS
