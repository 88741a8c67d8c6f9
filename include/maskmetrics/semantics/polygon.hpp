/// @file
/// Polygon rasterisation on a grid five times finer than the pixels. An edge crosses pixel columns; each crossing
/// toggles the mask from its pixel on. Source: maskApi.c rleFrPoly, observed on x86-64 (no fused multiply-add).
#pragma once

#include <cstdint>

#include "maskmetrics/host_device.hpp"

namespace maskmetrics::semantics {

inline constexpr double polygon_grid = 5;
/// Coordinates beyond this leave the range in which grid points and their differences fit an int.
inline constexpr double polygon_limit_px = 1e8;

[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr bool valid_polygon_coordinate(double px) {
  return px >= -polygon_limit_px && px <= polygon_limit_px;
}

/// A coordinate on the fine grid; truncation toward zero rounds negative halves up.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr int polygon_grid_point(double px) {
  return static_cast<int>(polygon_grid * px + .5);
}

/// An edge walked along its longer axis, lower coordinate first.
struct polygon_edge {
  int x;  ///< at the lower end of the longer axis
  int y;
  int length;    ///< steps along the longer axis
  double slope;  ///< change of the other axis per step; NaN for an edge of length 0
  bool along_x;

  MASKMETRICS_HOST_DEVICE constexpr polygon_edge(int x0, int y0, int x1, int y1)
      : x(x0), y(y0), length(0), slope(0), along_x(false) {
    int const dx = x1 > x0 ? x1 - x0 : x0 - x1;
    int const dy = y1 > y0 ? y1 - y0 : y0 - y1;
    along_x = dx >= dy;
    length = along_x ? dx : dy;
    if (along_x ? x0 > x1 : y0 > y1) {
      x = x1;
      y = y1;
      x1 = x0;
      y1 = y0;
    }
    slope = static_cast<double>(along_x ? y1 - y : x1 - x) / length;
  }

  /// The other axis after @p step steps.
  [[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr int other(int step) const {
    return static_cast<int>((along_x ? y : x) + slope * step + .5);
  }
};

/// The pixel row from which a crossing between fine rows toggles: the lower of the two fine rows, to pixels, rounded
/// up, clamped to [0, height]. In integers: (fine + .5) / 5 - .5 is whole exactly where fine % 5 == 2.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr std::uint32_t polygon_crossing_row(int fine_row, std::uint32_t height) {
  if (fine_row <= 2) return 0;
  std::uint32_t const row = (static_cast<std::uint32_t>(fine_row) + 2U) / 5U;
  return row < height ? row : height;
}

/// Calls emit(column, row) once for every pixel column of [0, width) that the edge crosses: where the fine column goes
/// between 5 * column + 2 and 5 * column + 3. The reference walks all fine steps; crossings can be computed one by one
/// because the other axis is monotone along the edge, in floating point too.
template <class Emit>
MASKMETRICS_HOST_DEVICE void for_each_crossing(polygon_edge const& edge, std::uint32_t height, std::uint32_t width,
                                               Emit&& emit) {
  if (edge.length == 0) return;
  int const x_first = edge.along_x ? edge.x : edge.other(0);
  int const x_last = edge.along_x ? edge.x + edge.length : edge.other(edge.length);
  int const low = x_first < x_last ? x_first : x_last;
  int const high = x_first < x_last ? x_last : x_first;
  if (high < 3) return;
  // Columns with low <= 5 c + 2 and 5 c + 3 <= high.
  std::uint32_t column = low <= 2 ? 0U : (static_cast<std::uint32_t>(low) + 2U) / 5U;
  std::uint32_t end = (static_cast<std::uint32_t>(high) - 3U) / 5U + 1U;
  if (end > width) end = width;
  for (; column < end; ++column) {
    int const fine = static_cast<int>(5U * column + 2U);
    int fine_row = 0;
    if (edge.along_x) {
      int const before = edge.other(fine - edge.x);
      int const after = edge.other(fine + 1 - edge.x);
      fine_row = before < after ? before : after;
    } else {
      // The first step at which x has passed the middle between fine and fine + 1; a guess, then exact.
      bool const rising = edge.slope > 0;
      int step = static_cast<int>((fine + .5 - edge.x) / edge.slope);
      if (step < 1) step = 1;
      if (step > edge.length) step = edge.length;
      auto const passed = [&](int at) { return rising ? edge.other(at) > fine : edge.other(at) <= fine; };
      while (step > 1 && passed(step - 1)) --step;
      while (step < edge.length && !passed(step)) ++step;
      fine_row = edge.y + step - 1;
    }
    emit(column, polygon_crossing_row(fine_row, height));
  }
}

}  // namespace maskmetrics::semantics
