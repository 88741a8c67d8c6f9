/// @file
/// A protocol as text that is the same exactly for protocols that give the same numbers.
#pragma once

#include <string>

#include <maskmetrics/protocol.hpp>

namespace maskmetrics {

/// A line a field, "name: value"; numbers in hexadecimal, so that none is rounded.
[[nodiscard]] std::string protocol_text(protocol const& how);

/// The first line in which two such texts differ, as "name: value and value".
[[nodiscard]] std::string first_difference(std::string const& a, std::string const& b);

}  // namespace maskmetrics
