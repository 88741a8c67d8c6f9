/// @file
/// Polygon rasterisation on a grid five times finer than the pixels. An edge crosses pixel columns; each crossing
/// toggles the mask from its pixel on. Source: maskApi.c rleFrPoly, observed on x86-64 (no fused multiply-add).
#pragma once

#include <cstdint>

#include "maskmetrics/host_device.hpp"
#include "maskmetrics/types.hpp"

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

/// The pixel columns of [0, width) that an edge crosses: where the fine column goes between 5 * column + 2 and
/// 5 * column + 3. The reference walks all fine steps; crossings can be computed one by one because the other axis is
/// monotone along the edge, in floating point too.
struct polygon_crossings {
  polygon_edge edge;
  std::uint32_t begin = 0;  ///< columns [begin, end)
  std::uint32_t end = 0;

  MASKMETRICS_HOST_DEVICE constexpr polygon_crossings(polygon_edge const& of, std::uint32_t width) : edge(of) {
    if (edge.length == 0) return;
    int const x_first = edge.along_x ? edge.x : edge.other(0);
    int const x_last = edge.along_x ? edge.x + edge.length : edge.other(edge.length);
    int const low = x_first < x_last ? x_first : x_last;
    int const high = x_first < x_last ? x_last : x_first;
    if (high < 3) return;
    // Columns with low <= 5 c + 2 and 5 c + 3 <= high.
    begin = low <= 2 ? 0U : (static_cast<std::uint32_t>(low) + 2U) / 5U;
    end = (static_cast<std::uint32_t>(high) - 3U) / 5U + 1U;
    if (end > width) end = width;
    if (end < begin) end = begin;
  }

  /// The pixel row from which the crossing in @p column toggles.
  [[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr std::uint32_t row(std::uint32_t column, std::uint32_t height) const {
    int const fine = static_cast<int>(5U * column + 2U);
    if (edge.along_x) {
      int const before = edge.other(fine - edge.x);
      int const after = edge.other(fine + 1 - edge.x);
      return polygon_crossing_row(before < after ? before : after, height);
    }
    // The first step at which x has passed the middle between fine and fine + 1; a guess, then exact.
    int step = static_cast<int>((fine + .5 - edge.x) / edge.slope);
    if (step < 1) step = 1;
    if (step > edge.length) step = edge.length;
    while (step > 1 && passed(step - 1, fine)) --step;
    while (step < edge.length && !passed(step, fine)) ++step;
    return polygon_crossing_row(edge.y + step - 1, height);
  }

private:
  [[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr bool passed(int step, int fine) const {
    return edge.slope > 0 ? edge.other(step) > fine : edge.other(step) <= fine;
  }
};

/// Calls emit(column, row) for every crossing.
template <class Emit>
MASKMETRICS_HOST_DEVICE void for_each_crossing(polygon_edge const& edge, std::uint32_t height, std::uint32_t width,
                                               Emit&& emit) {
  polygon_crossings const crossings(edge, width);
  for (std::uint32_t column = crossings.begin; column < crossings.end; ++column) {
    emit(column, crossings.row(column, height));
  }
}

/// No edge between these fine columns crosses more pixel columns of [0, width). Cheaper than to count them.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr std::uint32_t most_polygon_crossings(int x0, int x1,
                                                                                     std::uint32_t width) {
  int const low = x0 < x1 ? x0 : x1;
  int const high = x0 < x1 ? x1 : x0;
  if (high < 2) return 0;
  std::uint32_t const columns = static_cast<std::uint32_t>(high - (low < 0 ? 0 : low)) / 5U + 1U;
  return columns < width ? columns : width;
}

/// A box as a ring of four corners, x and y alternating. Source: coco.py loadRes.
struct box_ring {
  double coordinates[8];

  MASKMETRICS_HOST_DEVICE constexpr explicit box_ring(box const& of)
      : coordinates{of.x, of.y, of.x, of.y + of.height, of.x + of.width, of.y + of.height, of.x + of.width, of.y} {}
};

}  // namespace maskmetrics::semantics
