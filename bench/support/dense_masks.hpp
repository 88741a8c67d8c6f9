/// @file
/// Masks as pixels.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace bench {

/// Rectangles up to half as high and wide as the image, so that most pixels are background as in real masks.
/// @return [count, height, width] bytes, 0 or 1
[[nodiscard]] std::vector<unsigned char> random_rectangles(std::mt19937_64& random, std::uint32_t count,
                                                           std::uint32_t height, std::uint32_t width);

}  // namespace bench
