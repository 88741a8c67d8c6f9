/// @file
/// Header of a NumPy file, format version 1.0.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace maskmetrics::report {

/// What stands before the data of a float64 array in C order: a multiple of 64 bytes.
[[nodiscard]] std::string npy_header(std::vector<std::size_t> const& shape);

}  // namespace maskmetrics::report
