/// @file
/// Dense pixels: which are foreground, and row-major pixels in words of 32 bits.
#pragma once

#include <cstdint>
#include <cstring>

#include "maskmetrics/host_device.hpp"
#include "maskmetrics/types.hpp"

namespace maskmetrics::semantics {

/// The value of an IEEE 754 half-precision number; exact.
[[nodiscard]] MASKMETRICS_HOST_DEVICE inline float half_to_float(std::uint16_t half) {
  std::uint32_t const sign = std::uint32_t{half & 0x8000U} << 16U;
  std::uint32_t const exponent = half >> 10U & 0x1FU;
  std::uint32_t const fraction = half & 0x3FFU;
  float value = 0;
  if (exponent == 0) {
    // Below the smallest normal number: the fraction counts in steps of 2^-24.
    value = static_cast<float>(fraction) * 0x1p-24F;
    return sign != 0 ? -value : value;
  }
  std::uint32_t const wide_exponent = exponent == 0x1F ? 0xFFU : exponent + 112U;
  std::uint32_t const bits = sign | wide_exponent << 23U | fraction << 13U;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/// The value of the upper half of an IEEE 754 single-precision number.
[[nodiscard]] MASKMETRICS_HOST_DEVICE inline float bfloat16_to_float(std::uint16_t upper) {
  std::uint32_t const bits = std::uint32_t{upper} << 16U;
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/// Bytes from one number to the next; 0 for bits.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr std::uint32_t bytes_per_pixel(pixel_format format) {
  switch (format) {
    case pixel_format::bits:
      return 0;
    case pixel_format::float32:
      return 4;
    case pixel_format::float16:
    case pixel_format::bfloat16:
      return 2;
    case pixel_format::bytes:
      break;
  }
  return 1;
}

[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr bool is_floating(pixel_format format) {
  return format != pixel_format::bytes && format != pixel_format::bits;
}

/// The number that some bits stand for. @param format  one of the floating-point formats
[[nodiscard]] MASKMETRICS_HOST_DEVICE inline float number_of_bits(std::uint32_t bits, pixel_format format) {
  if (format == pixel_format::float16) return half_to_float(static_cast<std::uint16_t>(bits));
  if (format == pixel_format::bfloat16) return bfloat16_to_float(static_cast<std::uint16_t>(bits));
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/// A number in memory of any alignment. @param format  one of the floating-point formats
[[nodiscard]] MASKMETRICS_HOST_DEVICE inline float read_float(unsigned char const* at, pixel_format format) {
  if (format == pixel_format::float32) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, at, sizeof bits);
    return number_of_bits(bits, format);
  }
  std::uint16_t bits = 0;
  std::memcpy(&bits, at, sizeof bits);
  return number_of_bits(bits, format);
}

/// Logits and probabilities are foreground above the threshold, as `tensor > threshold` has it.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr bool above_threshold(float value, float threshold) {
  return value > threshold;
}

/// Whether the pixel in column @p x of a row is foreground.
/// @param column_stride  bytes from pixel to pixel, of formats other than bits
[[nodiscard]] MASKMETRICS_HOST_DEVICE inline bool is_foreground(unsigned char const* row, std::int64_t x,
                                                                std::int64_t column_stride, pixel_format format,
                                                                float threshold) {
  if (format == pixel_format::bytes) return row[x * column_stride] != 0;
  if (format == pixel_format::bits) return (row[x / 8] >> (x % 8) & 1) != 0;
  return above_threshold(read_float(row + x * column_stride, format), threshold);
}

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
