/// @file
/// What a whole block does together. All threads of a one-dimensional block must call; blocks are whole warps.
#pragma once

#include "common/shared_array.cuh"
#include "common/warp.cuh"

namespace maskmetrics::MASKMETRICS_KERNELS {

/// Sums over the threads of a block, by two levels of warp scans. Plain CUDA rather than CUB's BlockScan, so that the
/// emulator runs what the device runs.
template <class T>
struct block_sum {
  /// Shared by the block; use it again only after a barrier.
  using storage = shared_array<T, warp_size>;

  /// @param total  the sum over the block
  /// @return the sum over the threads before this one
  [[nodiscard]] static __device__ T exclusive(T value, storage& warps, T& total) {
    unsigned const warp = threadIdx.x / warp_size;
    unsigned const num_warps = blockDim.x / warp_size;
    T const inclusive = warp_inclusive_sum(value);
    if (lane_id() == warp_size - 1) warps[warp] = inclusive;
    __syncthreads();
    if (warp == 0) {
      T const sum = warp_inclusive_sum(lane_id() < num_warps ? warps[lane_id()] : T{});
      __syncwarp();
      if (lane_id() < num_warps) warps[lane_id()] = sum;
    }
    __syncthreads();
    total = warps[num_warps - 1];
    T const before = warp == 0 ? T{} : warps[warp - 1];
    return static_cast<T>(before + inclusive - value);
  }
};

}  // namespace maskmetrics::MASKMETRICS_KERNELS
