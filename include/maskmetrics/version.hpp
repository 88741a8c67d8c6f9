/// @file
/// The one place that holds the version; CMake and the Python package read it from here.
#pragma once

#define MASKMETRICS_VERSION "0.1.0"

namespace maskmetrics {

/// The library's version, "major.minor.patch".
[[nodiscard]] char const* version() noexcept;

/// True where the library was built with its CUDA backend. Says nothing of a device being present.
[[nodiscard]] bool built_with_cuda() noexcept;

}  // namespace maskmetrics
