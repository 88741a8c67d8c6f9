/// @file
/// Precision, recall and average precision from counts. Sources: cocoeval.py accumulate; VOCdevkit VOCap.m.
#pragma once

#include <cstdint>

#include "maskmetrics/host_device.hpp"

namespace maskmetrics::semantics {

/// numpy.spacing(1): keeps the denominator of precision above zero, and a perfect AP at 0.9999999999999998.
inline constexpr double precision_epsilon = 2.220446049250313e-16;

/// @param epsilon  precision_epsilon, or 0 as Pascal VOC divides. Of nothing the precision is 0 either way.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr double precision_at(std::uint64_t true_positives,
                                                                    std::uint64_t false_positives, double epsilon) {
  if (true_positives == 0) return 0;
  double const tp = static_cast<double>(true_positives);
  return tp / (static_cast<double>(false_positives) + tp + epsilon);
}

[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr double recall_at(std::uint64_t true_positives,
                                                                 std::uint64_t num_ground_truths) {
  return static_cast<double>(true_positives) / static_cast<double>(num_ground_truths);
}

/// One step of the monotone envelope, from the last detection to the first.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr double envelope_step(double precision, double envelope_behind) {
  return envelope_behind > precision ? envelope_behind : precision;
}

/// What the nth true positive adds to the area under the envelope, from n = 1: only there does recall grow. Summands
/// are added one by one, n ascending. Source: VOCap.m.
/// @param envelope  at the nth true positive
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr double area_step(std::uint64_t n, std::uint64_t num_ground_truths,
                                                                 double envelope) {
  return (recall_at(n, num_ground_truths) - recall_at(n - 1, num_ground_truths)) * envelope;
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
