#include "support/exact.hpp"

#include <bit>
#include <cmath>
#include <cstdint>

namespace support {

bool same_bits(double a, double b) {
  if (std::isnan(a) && std::isnan(b)) return true;
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

::testing::AssertionResult agree(std::vector<double> const& actual, std::vector<double> const& expected) {
  if (actual.size() != expected.size()) {
    return ::testing::AssertionFailure() << actual.size() << " values, expected " << expected.size();
  }
  std::size_t differences = 0;
  std::size_t first = 0;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    if (same_bits(actual[i], expected[i])) continue;
    if (differences++ == 0) first = i;
  }
  if (differences == 0) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << differences << " of " << actual.size() << " values differ, first at ["
                                       << first << "]: " << ::testing::PrintToString(actual[first]) << ", expected "
                                       << ::testing::PrintToString(expected[first]);
}

}  // namespace support
