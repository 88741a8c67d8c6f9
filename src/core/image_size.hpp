/// @file
/// Sizes of images, where something needs them.
#pragma once

#include <cstdint>
#include <string>

#include <maskmetrics/dataset.hpp>

namespace maskmetrics {

/// True where the image's size is one that masks can be drawn in.
[[nodiscard]] bool can_hold_masks(image_table const& images, std::uint32_t image);

/// Why masks cannot be drawn in an image, or why its area is 0: "image 7 has no \"height\" and no \"width\"".
[[nodiscard]] std::string describe_size(image_table const& images, std::uint32_t image);

}  // namespace maskmetrics
