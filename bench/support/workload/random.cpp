#include "workload/random.hpp"

#include <algorithm>
#include <cmath>

namespace maskmetrics::workload {
namespace {

constexpr std::uint64_t golden_step = 0x9E3779B97F4A7C15U;

std::uint64_t scramble(std::uint64_t bits) {
  bits = (bits ^ (bits >> 30U)) * 0xBF58476D1CE4E5B9U;
  bits = (bits ^ (bits >> 27U)) * 0x94D049BB133111EBU;
  return bits ^ (bits >> 31U);
}

}  // namespace

random_source::random_source(std::uint64_t seed, std::uint64_t stream)
    : state_(scramble(scramble(seed + golden_step) + stream)) {}

std::uint64_t random_source::next() {
  return scramble(state_ += golden_step);
}

double random_source::uniform() {
  return static_cast<double>(next() >> 11U) * 0x1p-53;
}

double random_source::uniform(double low, double high) {
  return low + (high - low) * uniform();
}

std::uint32_t random_source::below(std::uint32_t bound) {
  return static_cast<std::uint32_t>(((next() >> 32U) * bound) >> 32U);
}

bool random_source::chance(double probability) {
  return uniform() < probability;
}

double random_source::normal() {
  std::uint64_t const bits = next();
  std::uint64_t const sum = (bits & 0xFFFFU) + ((bits >> 16U) & 0xFFFFU) + ((bits >> 32U) & 0xFFFFU) + (bits >> 48U);
  constexpr double root_of_three = 1.7320508075688772;
  return (static_cast<double>(sum) * 0x1p-16 - 2.0) * root_of_three;
}

double quantile(std::span<knot const> knots, double probability) {
  std::size_t upper = 1;
  while (upper + 1 < knots.size() && knots[upper].probability < probability) ++upper;
  knot const& low = knots[upper - 1];
  knot const& high = knots[upper];
  return low.value +
         (high.value - low.value) * ((probability - low.probability) / (high.probability - low.probability));
}

weighted_choice::weighted_choice(std::span<std::uint32_t const> weights) {
  std::uint32_t sum = 0;
  for (std::uint32_t const weight : weights) cumulative_.push_back(sum += weight);
}

std::uint32_t weighted_choice::draw(random_source& random) const {
  std::uint32_t const ticket = random.below(cumulative_.back());
  return static_cast<std::uint32_t>(std::upper_bound(cumulative_.begin(), cumulative_.end(), ticket) -
                                    cumulative_.begin());
}

point direction(double turn) {
  double const quadrant = std::floor(turn * 4.0 + 0.5);
  double const angle =
      (turn - quadrant * 0.25) * 6.283185307179586;  // within an eighth of a turn of the quadrant's axis
  double const square = angle * angle;
  double const sine = angle * (1.0 - square / 6.0 * (1.0 - square / 20.0 * (1.0 - square / 42.0)));
  double const cosine = 1.0 - square / 2.0 * (1.0 - square / 12.0 * (1.0 - square / 30.0 * (1.0 - square / 56.0)));
  switch (static_cast<int>(quadrant) & 3) {
    case 0:
      return {cosine, sine};
    case 1:
      return {-sine, cosine};
    case 2:
      return {-cosine, -sine};
    default:
      return {sine, -cosine};
  }
}

}  // namespace maskmetrics::workload
