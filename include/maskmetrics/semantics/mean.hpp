/// @file
/// The mean in numpy's order of additions, which decides its last bits. Source: numpy's pairwise sum for contiguous
/// doubles: fewer than 8 one by one, up to 128 in eight lanes, more by halves that are multiples of 8.
#pragma once

#include <cstddef>

#include "maskmetrics/host_device.hpp"
#include "maskmetrics/view.hpp"

namespace maskmetrics::semantics {

inline constexpr std::size_t pairwise_block = 128;

/// Sum of at most pairwise_block values.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr double block_sum(view<double const> values) {
  std::size_t const n = values.size();
  if (n < 8) {
    double sum = 0;
    for (double const value : values) sum += value;
    return sum;
  }
  double lanes[8] = {values[0], values[1], values[2], values[3], values[4], values[5], values[6], values[7]};
  std::size_t i = 8;
  for (; i + 8 <= n; i += 8) {
    for (std::size_t lane = 0; lane < 8; ++lane) lanes[lane] += values[i + lane];
  }
  double sum = ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
  for (; i < n; ++i) sum += values[i];
  return sum;
}

/// numpy.add.reduce of a contiguous array.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr double pairwise_sum(view<double const> values) {
  std::size_t const n = values.size();
  if (n <= pairwise_block) return block_sum(values);
  std::size_t half = n / 2;
  half -= half % 8;
  return pairwise_sum(values.subview(0, half)) + pairwise_sum(values.subview(half, n - half));
}

/// numpy.mean of a contiguous array; the array must not be empty.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr double pairwise_mean(view<double const> values) {
  return pairwise_sum(values) / static_cast<double>(values.size());
}

/// Average precision of Pascal VOC by points: the samples added from the highest recall to the lowest. Source: Padilla
/// et al., calculate_ap_11_point_interp. @param samples  by ascending recall, not empty
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr double mean_of_points(view<double const> samples) {
  double sum = 0;
  for (std::size_t i = samples.size(); i-- > 0;) sum += samples[i];
  return sum / static_cast<double>(samples.size());
}

}  // namespace maskmetrics::semantics
