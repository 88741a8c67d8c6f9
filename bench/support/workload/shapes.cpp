#include "workload/shapes.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace maskmetrics::workload {
namespace {

using ring = std::vector<double>;

point product(point a, point b) {
  return {a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x};
}

/// Twice the signed area.
double doubled_area(ring const& values) {
  double sum = 0;
  std::size_t previous = values.size() - 2;
  for (std::size_t i = 0; i < values.size(); previous = i, i += 2) {
    sum += values[previous] * values[i + 1] - values[i] * values[previous + 1];
  }
  return sum;
}

/// Bumps of a blob's outline: harmonics 2 to 6 with random strengths and phases.
class outline {
public:
  explicit outline(random_source& random) : boxiness_(random.chance(0.3) ? random.uniform(0.5, 1.0) : 0.0) {
    double const roughness = random.uniform(0.15, 0.75);
    for (std::size_t k = 0; k < bumps_.size(); ++k) {
      point const phase = direction(random.uniform());
      double const strength = (1.0 - boxiness_) * roughness * random.uniform() * 2.0 / static_cast<double>(k + 2);
      bumps_[k] = {strength * phase.x, strength * phase.y};
    }
  }

  /// Distance from the centre to the outline in a direction of length 1.
  [[nodiscard]] double radius(point towards) const {
    double result = 1.0;
    point power = towards;
    for (point const& bump : bumps_) {
      power = product(power, towards);
      result += bump.x * power.x + bump.y * power.y;
    }
    double const square = 1.0 / std::max(std::abs(towards.x), std::abs(towards.y));
    return std::max(0.2, result) * (1.0 + boxiness_ * (square - 1.0));
  }

private:
  double boxiness_;
  std::array<point, 5> bumps_;
};

/// True where the middle one of three points says nothing: it equals a neighbour, or all three lie on an upright or
/// level line. Clamping leaves many of those.
bool is_idle(point before, point middle, point after) {
  return (before.x == middle.x && middle.x == after.x) || (before.y == middle.y && middle.y == after.y) ||
         (middle.x == after.x && middle.y == after.y);
}

/// Drops idle points, those beside the ring's seam included.
void simplify(ring& values) {
  ring kept;
  kept.reserve(values.size());
  auto const at = [&](std::size_t index) { return point{kept[2 * index], kept[2 * index + 1]}; };
  auto const size = [&] { return kept.size() / 2; };
  for (std::size_t i = 0; i < values.size(); i += 2) {
    while (size() >= 2 && is_idle(at(size() - 2), at(size() - 1), {values[i], values[i + 1]}))
      kept.resize(kept.size() - 2);
    kept.push_back(values[i]);
    kept.push_back(values[i + 1]);
  }
  std::size_t first = 0;
  while (size() - first >= 3) {
    if (is_idle(at(size() - 2), at(size() - 1), at(first))) {
      kept.resize(kept.size() - 2);
    } else if (is_idle(at(size() - 1), at(first), at(first + 1))) {
      ++first;
    } else {
      break;
    }
  }
  values.assign(kept.begin() + static_cast<std::ptrdiff_t>(2 * first), kept.end());
}

/// What is left of a ring where one coordinate (0: x, 1: y) is clamped.
ring clamped(ring values, std::size_t axis, double low, double high) {
  for (std::size_t i = axis; i < values.size(); i += 2) values[i] = std::clamp(values[i], low, high);
  return values;
}

void move(polygon& shape, double dx, double dy) {
  for (ring& values : shape) {
    for (std::size_t i = 0; i < values.size(); i += 2) {
      values[i] += dx;
      values[i + 1] += dy;
    }
  }
}

void scale(polygon& shape, double factor_x, double factor_y) {
  for (ring& values : shape) {
    for (std::size_t i = 0; i < values.size(); i += 2) {
      values[i] *= factor_x;
      values[i + 1] *= factor_y;
    }
  }
}

}  // namespace

double round_hundredths(double value) {
  return std::floor(value * 100.0 + 0.5) / 100.0;
}

double area_of(polygon const& shape) {
  double sum = 0;
  for (ring const& values : shape) sum += std::abs(doubled_area(values)) / 2.0;
  return sum;
}

box bounds_of(polygon const& shape) {
  if (shape.empty()) return {};
  double left = shape[0][0];
  double right = left;
  double top = shape[0][1];
  double bottom = top;
  for (ring const& values : shape) {
    for (std::size_t i = 0; i < values.size(); i += 2) {
      left = std::min(left, values[i]);
      right = std::max(right, values[i]);
      top = std::min(top, values[i + 1]);
      bottom = std::max(bottom, values[i + 1]);
    }
  }
  return {left, top, right - left, bottom - top};
}

polygon make_blob(random_source& random, double area_px, std::uint32_t num_vertices) {
  outline const shape(random);
  double const stretch = 1.0 + 1.5 * (random.uniform() * random.uniform());
  // Things stand or lie more often than they lean.
  double const upright = random.chance(0.5) ? 1.0 : 1.25;
  double const lean = upright + 0.04 * random.normal();
  point const turn = direction(lean - std::floor(lean));

  ring values;
  values.reserve(2 * std::size_t{num_vertices});
  for (std::uint32_t i = 0; i < num_vertices; ++i) {
    double const jitter = random.uniform(0.0, 0.8);
    point const towards = direction((i + jitter) / (num_vertices + 1.0));
    double const radius = shape.radius(towards);
    point const vertex = product({towards.x * radius * stretch, towards.y * radius / stretch}, turn);
    values.push_back(vertex.x);
    values.push_back(vertex.y);
  }
  polygon result{std::move(values)};
  double const factor = std::sqrt(area_px / area_of(result));
  scale(result, factor, factor);
  return result;
}

void place(random_source& random, polygon& shape, std::uint32_t width, std::uint32_t height) {
  box bounds = bounds_of(shape);
  scale(shape, std::min(1.0, width / bounds.width), std::min(1.0, height / bounds.height));
  bounds = bounds_of(shape);
  bool const reaches_over = random.chance(0.12);
  double const overhang_x = reaches_over ? bounds.width * 0.4 : 0.0;
  double const overhang_y = reaches_over ? bounds.height * 0.4 : 0.0;
  double const left = random.uniform(-overhang_x, std::max(0.0, width - bounds.width) + overhang_x);
  double const top = random.uniform(-overhang_y, std::max(0.0, height - bounds.height) + overhang_y);
  move(shape, left - bounds.x, top - bounds.y);
}

void cut_band(random_source& random, polygon& shape) {
  box const bounds = bounds_of(shape);
  bool const upright = bounds.width >= bounds.height;  // the band
  std::size_t const axis = upright ? 0 : 1;
  double const begin = upright ? bounds.x : bounds.y;
  double const length = upright ? bounds.width : bounds.height;
  double const centre = begin + length * random.uniform(0.3, 0.7);
  double const half_band = length * random.uniform(0.03, 0.1);
  polygon result;
  for (ring const& values : shape) {
    result.push_back(clamped(values, axis, begin, centre - half_band));
    result.push_back(clamped(values, axis, centre + half_band, begin + length));
  }
  shape = std::move(result);
}

polygon distort(random_source& random, polygon const& shape, distortion const& how) {
  constexpr std::size_t most_doubled = 64;  // rings of more points are detailed enough
  box const bounds = bounds_of(shape);
  point const centre{bounds.x + bounds.width / 2.0, bounds.y + bounds.height / 2.0};
  polygon result;
  double wave = 0;
  auto const add = [&](ring& values, double x, double y) {
    wave = 0.75 * wave + 0.5 * random.normal();
    double const swell = 1.0 + how.raggedness * (wave + 0.4 * random.normal());
    values.push_back(centre.x + (x - centre.x) * how.scale_x * swell + how.shift_x * bounds.width);
    values.push_back(centre.y + (y - centre.y) * how.scale_y * swell + how.shift_y * bounds.height);
  };
  for (ring const& values : shape) {
    ring& distorted = result.emplace_back();
    bool const doubled = values.size() <= 2 * most_doubled;
    distorted.reserve(values.size() * (doubled ? 2 : 1));
    for (std::size_t i = 0; i < values.size(); i += 2) {
      std::size_t const following = (i + 2) % values.size();
      add(distorted, values[i], values[i + 1]);
      if (doubled) add(distorted, (values[i] + values[following]) / 2.0, (values[i + 1] + values[following + 1]) / 2.0);
    }
  }
  return result;
}

void finish(polygon& shape, std::uint32_t width, std::uint32_t height) {
  for (ring& values : shape) {
    for (std::size_t i = 0; i < values.size(); i += 2) {
      values[i] = round_hundredths(std::clamp<double>(values[i], 0.0, width));
      values[i + 1] = round_hundredths(std::clamp<double>(values[i + 1], 0.0, height));
    }
    simplify(values);
  }
  constexpr double least_doubled_area = 2.0;
  std::erase_if(shape, [](ring const& values) {
    return values.size() < 6 || std::abs(doubled_area(values)) < least_doubled_area;
  });
}

}  // namespace maskmetrics::workload
