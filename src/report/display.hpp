/// @file
/// Names from files, made fit for a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace maskmetrics::report {

/// The text with every control character replaced by '?': a name must not move the cursor.
[[nodiscard]] std::string printable(std::string_view text);

/// Columns that UTF-8 text takes on a terminal: two for wide characters, as fmt pads them.
[[nodiscard]] std::size_t display_width(std::string_view text);

/// A metric with three decimals; "-" where nothing counts.
[[nodiscard]] std::string metric_cell(double value);

}  // namespace maskmetrics::report
