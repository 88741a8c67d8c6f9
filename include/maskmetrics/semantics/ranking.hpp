/// @file
/// Score order: descending, stable, NaN last, -0.0 equal to 0.0.
/// Source: numpy argsort(-scores, kind='mergesort') in cocoeval.py.
#pragma once

#include <cstdint>
#include <cstring>

#include "maskmetrics/host_device.hpp"

namespace maskmetrics::semantics {

/// A key that ascends where the order of scores descends; equal exactly for scores that the order takes for equal.
[[nodiscard]] MASKMETRICS_HOST_DEVICE inline std::uint64_t descending_key(double score) {
  if (score != score) return ~std::uint64_t{0};
  double const folded = score + 0.0;  // -0.0 becomes 0.0
  std::uint64_t bits = 0;
  std::memcpy(&bits, &folded, sizeof bits);
  std::uint64_t const sign = std::uint64_t{1} << 63U;
  return (bits & sign) != 0 ? bits : ~(bits | sign);
}

/// A score that is no probability, by more than rounding to single precision explains. False for what is not finite.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr bool is_odd_score(double score) {
  constexpr double margin = 1e-6;
  bool const is_finite = score - score == 0;
  return is_finite && (score < -margin || score > 1 + margin);
}

}  // namespace maskmetrics::semantics
