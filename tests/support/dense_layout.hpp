/// @file
/// Masks as pixels in memory, in every layout that callers have, and as maps that are pasted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <maskmetrics/dense.hpp>

#include "reference/mask.hpp"
#include "support/random.hpp"

namespace support {

/// Masks laid out in memory somehow.
struct dense_layout {
  std::vector<unsigned char> bytes;
  std::size_t first = 0;             ///< where the first pixel of the first mask stands
  maskmetrics::dense_masks strides;  ///< without data
  std::vector<float> boxes;          ///< of maps, or none
};

/// A layout: contiguous, padded, transposed, mirrored; numbers of any format; at any alignment.
[[nodiscard]] dense_layout random_layout(random_source& random, std::vector<reference::mask> const& masks,
                                         std::uint32_t height, std::uint32_t width);

/// Maps with boxes inside, across and far outside of the image, upside down, empty, infinite. @param masks  what the
/// oracle makes of them
[[nodiscard]] dense_layout random_pasted(random_source& random, std::uint32_t count, std::uint32_t height,
                                         std::uint32_t width, std::vector<reference::mask>& masks);

}  // namespace support
