/// @file
/// What a whole warp does together. All 32 lanes must call.
#pragma once

#include "common/launch.cuh"

namespace maskmetrics::MASKMETRICS_KERNELS {

inline constexpr unsigned all_lanes = 0xFFFFFFFFU;

/// Lane of this thread where blocks are one-dimensional, or their rows whole warps.
[[nodiscard]] __device__ inline unsigned lane_id() {
  return threadIdx.x % warp_size;
}

/// Bits of the lanes before this one.
[[nodiscard]] __device__ inline unsigned lanes_below() {
  return (1U << lane_id()) - 1U;
}

/// Position of the highest set bit. @pre @p bits is not 0
[[nodiscard]] __device__ inline std::uint32_t highest_bit(unsigned bits) {
  return 31U - static_cast<std::uint32_t>(__clz(static_cast<int>(bits)));
}

/// How many of these lanes are before this one.
[[nodiscard]] __device__ inline std::uint32_t rank_in(unsigned lanes) {
  return static_cast<std::uint32_t>(__popc(lanes & lanes_below()));
}

/// Combines the values of all lanes; every lane gets the result. @param combine  associative and commutative
template <class T, class Combine>
[[nodiscard]] __device__ T warp_combine(T value, Combine combine) {
  for (int step = 16; step > 0; step /= 2) value = combine(value, __shfl_xor_sync(all_lanes, value, step));
  return value;
}

/// Sum over the warp, modulo 2^32 or 2^64.
[[nodiscard]] __device__ inline std::uint32_t warp_sum(std::uint32_t value) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  return __reduce_add_sync(all_lanes, value);
#else
  return warp_combine(value, [](std::uint32_t a, std::uint32_t b) { return a + b; });
#endif
}
[[nodiscard]] __device__ inline std::uint64_t warp_sum(std::uint64_t value) {
  return warp_combine(value, [](std::uint64_t a, std::uint64_t b) { return a + b; });
}

[[nodiscard]] __device__ inline std::uint32_t warp_min(std::uint32_t value) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  return __reduce_min_sync(all_lanes, value);
#else
  return warp_combine(value, [](std::uint32_t a, std::uint32_t b) { return a < b ? a : b; });
#endif
}

[[nodiscard]] __device__ inline std::uint32_t warp_max(std::uint32_t value) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  return __reduce_max_sync(all_lanes, value);
#else
  return warp_combine(value, [](std::uint32_t a, std::uint32_t b) { return a > b ? a : b; });
#endif
}

/// Sum over this lane and those below it, modulo the type's size.
template <class T>
[[nodiscard]] __device__ T warp_inclusive_sum(T value) {
  for (unsigned step = 1; step < warp_size; step *= 2) {
    T const below = __shfl_up_sync(all_lanes, value, step);
    if (lane_id() >= step) value = static_cast<T>(value + below);
  }
  return value;
}

}  // namespace maskmetrics::MASKMETRICS_KERNELS
