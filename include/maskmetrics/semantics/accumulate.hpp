/// @file
/// Precision and recall from counts. Source: cocoeval.py accumulate.
#pragma once

#include <cstdint>

#include "maskmetrics/host_device.hpp"

namespace maskmetrics::semantics {

/// numpy.spacing(1): keeps the denominator of precision above zero, and a perfect AP at 0.9999999999999998.
inline constexpr double precision_epsilon = 2.220446049250313e-16;

[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr double precision_at(std::uint64_t true_positives,
                                                                    std::uint64_t false_positives) {
  double const tp = static_cast<double>(true_positives);
  return tp / (static_cast<double>(false_positives) + tp + precision_epsilon);
}

[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr double recall_at(std::uint64_t true_positives,
                                                                 std::uint64_t num_ground_truths) {
  return static_cast<double>(true_positives) / static_cast<double>(num_ground_truths);
}

/// One step of the monotone envelope, from the last detection to the first.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr double envelope_step(double precision, double envelope_behind) {
  return envelope_behind > precision ? envelope_behind : precision;
}

inline constexpr std::uint64_t unreachable_recall = ~std::uint64_t{0};

/// The smallest count of true positives whose recall is at least @p recall_threshold: searchsorted(recall, threshold,
/// 'left') in terms of counts, with the comparison made on the rounded quotient. unreachable_recall where even all
/// ground truths do not suffice, or for a NaN threshold.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr std::uint64_t needed_true_positives(double recall_threshold,
                                                                                    std::uint64_t num_ground_truths) {
  if (recall_threshold <= 0) return 0;
  if (!(recall_threshold <= 1)) return unreachable_recall;
  std::uint64_t needed = static_cast<std::uint64_t>(recall_threshold * static_cast<double>(num_ground_truths));
  while (needed > 0 && recall_at(needed - 1, num_ground_truths) >= recall_threshold) --needed;
  while (recall_at(needed, num_ground_truths) < recall_threshold) ++needed;
  return needed;
}

}  // namespace maskmetrics::semantics
