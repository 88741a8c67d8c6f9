/// @file
/// Where an evaluation runs.
#pragma once

#include <string>
#include <string_view>

namespace maskmetrics {

enum class device_kind : unsigned char { automatic, cpu, cuda };

/// A device by kind and, for CUDA, ordinal.
struct device {
  device_kind kind = device_kind::automatic;
  int ordinal = 0;  ///< CUDA ordinal; 0 elsewhere

  friend bool operator==(device, device) = default;
};

/// Reads "auto", "cpu", "cuda" or "cuda:N".
/// @throws protocol_error for anything else
[[nodiscard]] device parse_device(std::string_view text);

/// The inverse of parse_device().
[[nodiscard]] std::string to_string(device value);

}  // namespace maskmetrics
