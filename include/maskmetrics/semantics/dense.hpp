/// @file
/// Row-major pixels in words of 32 bits: where a word's pixels lie, and packing of bytes.
#pragma once

#include <cstdint>

#include "maskmetrics/host_device.hpp"
#include "maskmetrics/types.hpp"

namespace maskmetrics::semantics {

/// Four bytes to four bits: bit i is set where byte i is not 0.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr std::uint32_t pack_four_bytes(std::uint32_t bytes) {
  // Bit 7 of every byte that is not 0, without carries between bytes.
  std::uint32_t const set = (((bytes & 0x7F7F7F7FU) + 0x7F7F7F7FU) | bytes) & 0x80808080U;
  // Bits 7, 15, 23, 31 to bits 28 to 31.
  return (set >> 7U) * 0x10204080U >> 28U;
}

/// The tight box of a mask while its words arrive, in any order and on any number of threads.
struct bounds_of_words {
  std::uint32_t first_pixel = 0xFFFFFFFFU;  ///< row-major
  std::uint32_t last_pixel = 0;
  std::uint32_t x_begin = 0xFFFFFFFFU;
  std::uint32_t x_last = 0;

  /// Takes the pixels [pixel, pixel + 32) of rows of @p width pixels. @param bits  not 0
  /// @param lowest, highest  places of its first and last set bit
  MASKMETRICS_HOST_DEVICE constexpr void take(std::uint32_t bits, std::int64_t pixel, std::uint32_t lowest,
                                              std::uint32_t highest, std::uint32_t width) {
    auto const first = static_cast<std::uint32_t>(pixel + lowest);
    auto const last = static_cast<std::uint32_t>(pixel + highest);
    if (first < first_pixel) first_pixel = first;
    if (last > last_pixel) last_pixel = last;
    std::uint32_t const first_x = first % width;
    std::uint32_t const last_x = first_x + (last - first);
    if (last_x < width) {
      if (first_x < x_begin) x_begin = first_x;
      if (last_x > x_last) x_last = last_x;
      return;
    }
    // The word goes on in another row: bit by bit.
    for (std::uint32_t bit = lowest; bit <= highest; ++bit) {
      if ((bits >> bit & 1U) == 0) continue;
      std::uint32_t const x = (first_x + (bit - lowest)) % width;
      if (x < x_begin) x_begin = x;
      if (x > x_last) x_last = x;
    }
  }

  /// Zeros where no pixel was taken. Equals pycocotools `mask.toBbox` of the encoded pixels.
  [[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr box bounds(std::uint32_t width) const {
    if (first_pixel > last_pixel) return {};
    std::uint32_t const y_begin = first_pixel / width;
    std::uint32_t const y_last = last_pixel / width;
    return {static_cast<double>(x_begin), static_cast<double>(y_begin), static_cast<double>(x_last - x_begin + 1U),
            static_cast<double>(y_last - y_begin + 1U)};
  }
};

}  // namespace maskmetrics::semantics
