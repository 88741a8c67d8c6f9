/// @file
/// Doubles that must agree in every bit.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <maskmetrics/memory.hpp>

namespace support {

/// Same bits; any NaN equals any NaN.
[[nodiscard]] bool same_bits(double a, double b);

/// Succeeds where both have one length and agree in every bit; else names the first difference and counts them.
[[nodiscard]] ::testing::AssertionResult agree(std::vector<double> const& actual, std::vector<double> const& expected);

template <class T>
[[nodiscard]] std::vector<T> to_vector(maskmetrics::buffer<T> const& values) {
  return std::vector<T>(values.data(), values.data() + values.size());
}

}  // namespace support
