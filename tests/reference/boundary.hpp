/// @file
/// Boundaries of masks, as boundary-iou-api has them.
#pragma once

#include <cstdint>

#include "reference/mask.hpp"

namespace reference {

/// boundary-iou-api `mask_to_boundary`: int(round(dilation_ratio * sqrt(h**2 + w**2))) as Python rounds, at least 1.
[[nodiscard]] std::uint32_t boundary_reach(std::uint32_t height, std::uint32_t width, double dilation_ratio);

/// Keeps a pixel where it and its eight neighbours are set; what lies outside of the image is not.
[[nodiscard]] mask erode_once(mask const& pixels);

/// The pixels that are gone after @p reach erosions.
[[nodiscard]] mask boundary_by_erosion(mask const& pixels, std::uint32_t reach);

/// The same by looking at every place at most @p reach rows and columns away: some background there makes a boundary.
[[nodiscard]] mask boundary_by_distance(mask const& pixels, std::uint32_t reach);

/// boundary-iou-api `COCOeval.computeBoundaryIoU` for one pair: the smaller of the overlaps of masks and of boundaries;
/// a crowd has the masks' alone.
[[nodiscard]] double boundary_iou(rle const& detection, rle const& ground_truth, bool crowd, double dilation_ratio);

}  // namespace reference
