/// @file
/// Random numbers that are the same on every machine: no std:: distribution and no libm function takes part, since
/// those differ between standard libraries. Only IEEE operations that are rounded correctly everywhere are used.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace maskmetrics::workload {

/// SplitMix64 (Steele, Lea, Flood 2014), one independent stream for every (seed, stream) pair.
class random_source {
public:
  random_source(std::uint64_t seed, std::uint64_t stream);

  std::uint64_t next();
  /// Uniform in [0, 1), 53 bits.
  double uniform();
  double uniform(double low, double high);
  /// Uniform in [0, bound); bound must not be 0.
  std::uint32_t below(std::uint32_t bound);
  bool chance(double probability);
  /// Bell-shaped with mean 0 and variance 1: the sum of four uniforms, so never beyond 3.47.
  double normal();

private:
  std::uint64_t state_;
};

/// A point of a cumulative distribution function.
struct knot {
  double probability = 0;
  double value = 0;
};

/// Inverse of the piecewise linear distribution function through @p knots.
/// @param knots  ascending; the first probability is 0, the last 1
[[nodiscard]] double quantile(std::span<knot const> knots, double probability);

/// Draws an index with a probability proportional to its weight.
class weighted_choice {
public:
  /// @param weights  their sum must be below 2^32 and above 0
  explicit weighted_choice(std::span<std::uint32_t const> weights);
  [[nodiscard]] std::uint32_t draw(random_source& random) const;

private:
  std::vector<std::uint32_t> cumulative_;
};

/// A point or a direction in pixels; y points down.
struct point {
  double x = 0;
  double y = 0;
};

/// Cosine and sine of @p turn full turns, in [0, 1); good to 1e-6.
[[nodiscard]] point direction(double turn);

}  // namespace maskmetrics::workload
