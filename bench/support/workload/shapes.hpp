/// @file
/// Polygons that look like annotated objects, and what a detector makes of them.
#pragma once

#include <cstdint>
#include <vector>

#include <maskmetrics/types.hpp>

#include "workload/random.hpp"

namespace maskmetrics::workload {

/// Rings of x, y alternating, px, as COCO stores them and maskmetrics::rasterize() takes them.
using polygon = std::vector<std::vector<double>>;

/// A star-shaped blob around (0, 0): rounded or boxy, with smooth bumps, stretched and turned.
/// @param area_px       of the polygon
/// @param num_vertices  at least 3
[[nodiscard]] polygon make_blob(random_source& random, double area_px, std::uint32_t num_vertices);

/// Moves and shrinks a polygon so that it fits into the image; some are left to reach over the image's edge.
void place(random_source& random, polygon& shape, std::uint32_t width, std::uint32_t height);

/// Cuts a band out of a polygon across its longer side, as something that stands before the object does: one more ring.
void cut_band(random_source& random, polygon& shape);

/// What a detector does to a shape.
struct distortion {
  double shift_x = 0;  ///< of the width
  double shift_y = 0;  ///< of the height
  double scale_x = 1;
  double scale_y = 1;
  double raggedness = 0;  ///< of the distance to the centre
};

[[nodiscard]] polygon distort(random_source& random, polygon const& shape, distortion const& how);

/// Clamps to the image, rounds to hundredths, and drops points that say nothing and rings without area.
/// May leave no ring at all.
void finish(polygon& shape, std::uint32_t width, std::uint32_t height);

/// Sum of the rings' areas, px.
[[nodiscard]] double area_of(polygon const& shape);

/// Tight box of all rings.
[[nodiscard]] box bounds_of(polygon const& shape);

/// Nearest hundredth.
[[nodiscard]] double round_hundredths(double value);

}  // namespace maskmetrics::workload
