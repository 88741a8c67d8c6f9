/// @file
/// Small maps resampled to their image, pixel by pixel, as frameworks do it. In single precision, in the order of
/// operations that the library promises.
#pragma once

#include <cstdint>
#include <vector>

#include "reference/mask.hpp"

namespace reference {

/// Numbers, row by row.
struct map_of_numbers {
  std::uint32_t height = 0;
  std::uint32_t width = 0;
  std::vector<float> numbers;

  [[nodiscard]] float at(std::int64_t y, std::int64_t x) const {
    bool const inside = y >= 0 && x >= 0 && y < height && x < width;
    return inside ? numbers[static_cast<std::size_t>(y * width + x)] : 0.F;
  }
};

/// x0, y0, x1, y1.
struct corners {
  float x0 = 0;
  float y0 = 0;
  float x1 = 0;
  float y1 = 0;
};

/// torch interpolate(map, size=(height, width), mode="bilinear", align_corners=False) > threshold.
[[nodiscard]] mask paste_image(map_of_numbers const& map, std::uint32_t height, std::uint32_t width, float threshold);

/// ultralytics crop_mask: only x0 <= x < x1, y0 <= y < y1 stay.
[[nodiscard]] mask crop(mask pixels, corners const& box);
[[nodiscard]] map_of_numbers crop(map_of_numbers map, corners const& box);

/// torchvision paste_masks_in_image of one mask, then > threshold. Nothing for a box that is not finite.
[[nodiscard]] mask paste_padded(map_of_numbers const& map, corners const& box, std::uint32_t height,
                                std::uint32_t width, float threshold);

/// detectron2 _do_paste_mask of one mask, then > threshold. Nothing for a box that is not finite.
[[nodiscard]] mask paste_grid(map_of_numbers const& map, corners const& box, std::uint32_t height, std::uint32_t width,
                              float threshold);

}  // namespace reference
