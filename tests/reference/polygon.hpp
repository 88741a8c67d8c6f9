/// @file
/// Polygons to pixels, walking every point of every edge.
#pragma once

#include <cstdint>
#include <vector>

#include "reference/mask.hpp"

namespace reference {

/// pycocotools `mask.frPyObjects` for one ring of alternating x and y, px; a last odd value is left out.
[[nodiscard]] mask rasterize_ring(std::vector<double> const& ring, std::uint32_t height, std::uint32_t width);

/// Rings one by one, then united: pycocotools `mask.merge(mask.frPyObjects(rings, height, width))`.
[[nodiscard]] rle rasterize(std::vector<std::vector<double>> const& rings, std::uint32_t height, std::uint32_t width);

/// The four corners that pycocotools' loadRes makes of a box.
[[nodiscard]] std::vector<double> box_corners(box const& bounds);

}  // namespace reference
