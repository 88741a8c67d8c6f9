/// @file
/// COCO's compressed run-length strings: five data bits a character, offset 48, bit 0x20 continues, bit 0x10 of the
/// last group is the sign; from the fourth number on (index 3), differences to the number two before. Source: maskApi.c
/// rleToString, rleFrString.
#pragma once

#include <cstdint>

#include "maskmetrics/host_device.hpp"

namespace maskmetrics::semantics {

inline constexpr unsigned char rle_text_first = 48;        // '0'
inline constexpr unsigned char rle_text_last = 111;        // 'o'
inline constexpr std::uint32_t rle_text_last_single = 31;  // codes up to it are numbers of one character
inline constexpr std::uint32_t rle_text_max_groups = 7;    // 35 bits hold every difference of 32-bit runs

/// A number of the string while its groups arrive.
struct rle_text_number {
  std::int64_t value = 0;
  std::uint32_t groups = 0;

  /// Takes a group; true where the number is complete.
  /// @param code  the character less 48, in [0, 63]
  MASKMETRICS_HOST_DEVICE bool take(std::uint32_t code) {
    value |= static_cast<std::int64_t>(code & 0x1FU) << (5 * groups);
    ++groups;
    if ((code & 0x20U) != 0) return false;
    if ((code & 0x10U) != 0) value |= -(std::int64_t{1} << (5 * groups));
    return true;
  }
};

/// True where the number at @p index is a difference to the one at index - 2.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr bool rle_text_is_difference(std::uint64_t index) {
  return index > 2;
}

/// Appends the groups of @p value to @p out; returns how many (at most rle_text_max_groups).
MASKMETRICS_HOST_DEVICE inline std::uint32_t write_rle_text_number(std::int64_t value, char* out) {
  std::uint32_t count = 0;
  for (bool more = true; more;) {
    std::uint32_t code = static_cast<std::uint32_t>(value & 0x1F);
    value >>= 5;
    more = (code & 0x10U) != 0 ? value != -1 : value != 0;
    if (more) code |= 0x20U;
    out[count++] = static_cast<char>(code + rle_text_first);
  }
  return count;
}

}  // namespace maskmetrics::semantics
