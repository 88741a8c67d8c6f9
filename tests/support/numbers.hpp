/// @file
/// Values that many tests name.
#pragma once

#include <limits>

namespace support {

inline constexpr double infinity = std::numeric_limits<double>::infinity();
inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();

}  // namespace support
