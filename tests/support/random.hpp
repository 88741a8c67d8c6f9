/// @file
/// Random cases that are the same on every machine: the standard's distributions are not.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <random>
#include <utility>
#include <vector>

namespace support {

/// A stream of random numbers that depends on the seed only.
class random_source {
public:
  explicit random_source(std::uint64_t seed) : engine_(seed) {}

  /// In [0, n).
  [[nodiscard]] std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(engine_() % n); }
  /// In [low, high].
  [[nodiscard]] std::uint32_t between(std::uint32_t low, std::uint32_t high) { return low + below(high - low + 1); }
  /// In [0, 1).
  [[nodiscard]] double unit() { return static_cast<double>(engine_() >> 11U) * 0x1p-53; }
  [[nodiscard]] double between_reals(double low, double high) { return low + unit() * (high - low); }
  [[nodiscard]] bool chance(double probability) { return unit() < probability; }

  template <class T>
  [[nodiscard]] T const& pick(std::vector<T> const& choices) {
    return choices[below(static_cast<std::uint32_t>(choices.size()))];
  }
  template <class T>
  void shuffle(std::vector<T>& values) {
    for (std::size_t i = values.size(); i > 1; --i) {
      std::swap(values[i - 1], values[below(static_cast<std::uint32_t>(i))]);
    }
  }

private:
  std::mt19937_64 engine_;
};

/// Number of random cases, times the environment's MASKMETRICS_TEST_SCALE (default 1): sanitizers take fewer, a long
/// night more. At least one.
[[nodiscard]] inline std::uint64_t scaled(std::uint64_t cases) {
  char const* text = std::getenv("MASKMETRICS_TEST_SCALE");
  double const scale = text == nullptr ? 1 : std::strtod(text, nullptr);
  double const count = static_cast<double>(cases) * scale;
  return count < 1 ? 1 : static_cast<std::uint64_t>(count);
}

}  // namespace support
