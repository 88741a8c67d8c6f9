/// @file
/// The samples of curves: which true positives they need, and how they are raised.
#pragma once

#include <cstdint>
#include <cstring>

#include <maskmetrics/accumulate.hpp>
#include <maskmetrics/semantics/accumulate.hpp>

#include "accumulate_tiles.cuh"
#include "common/launch.cuh"

namespace maskmetrics::MASKMETRICS_KERNELS {

/// More true positives than there can be detections.
inline constexpr std::uint32_t unreachable = ~std::uint32_t{0};

static __global__ void sort_recall_thresholds(view<double const> thresholds, view<std::uint32_t> order) {
  std::size_t const r = std::size_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (r >= thresholds.size()) return;
  double const own = thresholds[r];
  std::uint32_t place = 0;
  for (std::size_t i = 0; i < thresholds.size(); ++i) {
    double const other = thresholds[i];
    bool const same = other == own || (other != other && own != own);
    bool const before = other < own || (other == other && own != own);
    if (before || (same && i < r)) ++place;
  }
  order[place] = static_cast<std::uint32_t>(r);
}

static __global__ void find_needed(accumulate_input in, curve_shape shape, curve_scratch scratch) {
  std::size_t const i = std::size_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= scratch.needed.size()) return;
  std::uint32_t const positives = in.num_ground_truths[i / shape.num_recall_thresholds];
  double const threshold = in.recall_thresholds[scratch.recall_order[i % shape.num_recall_thresholds]];
  std::uint64_t const needed = positives == 0 ? 0 : semantics::needed_true_positives(threshold, positives);
  scratch.needed[i] = needed < unreachable ? static_cast<std::uint32_t>(needed) : unreachable;
}

// Until they are finished, samples are the bits of a precision as an integer.
__device__ inline void raise_sample(double* sample, double precision) {
  unsigned long long bits = 0;
  memcpy(&bits, &precision, sizeof bits);
  atomicMax(reinterpret_cast<unsigned long long*>(sample), bits);
}
[[nodiscard]] __device__ inline double read_sample(double const* sample) {
  // As a word, as it was written; copied from memory as bytes, it would be loaded byte by byte.
  unsigned long long const bits = *reinterpret_cast<unsigned long long const*>(sample);
  double precision = 0;
  memcpy(&precision, &bits, sizeof precision);
  return precision;
}

}  // namespace maskmetrics::MASKMETRICS_KERNELS
