/// @file
/// Text files whose lines are values between white space.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/byte_source.hpp"
#include "ingest/json_text.hpp"

namespace maskmetrics::ingest {

/// Without white space at either end.
[[nodiscard]] std::string_view trimmed(std::string_view text);

/// The double nearest to a finite number in decimal or scientific notation; nothing for all else.
[[nodiscard]] std::optional<double> finite_number(std::string_view text);

/// "line 12": that of the byte at @p offset.
[[nodiscard]] std::string line_of(std::string_view text, std::size_t offset);

/// One line that is not blank.
struct text_line {
  std::string_view source;   ///< the file
  std::uint64_t number = 0;  ///< from 1
  std::vector<std::string_view> values;

  /// The value as a finite number. @param name  of the value, for messages
  /// @throws input_error
  [[nodiscard]] double number_at(std::size_t i, char const* name) const;
  /// @throws input_error naming the file and the line
  [[noreturn]] void fail(std::string const& problem) const;
};

/// Calls take(text_line const&) for every line that is not blank.
/// @param names  of the values that a line must have, for messages: "class x y width height"
/// @throws input_error for a line of another number of values
template <class Take>
void read_lines(byte_source const& source, std::string_view names, Take const& take);

/// Splits at white space.
void split_line(std::string_view line, std::vector<std::string_view>& values);

/// Throws where a line has not as many values as names.
void require_values(text_line const& line, std::string_view names);

template <class Take>
void read_lines(byte_source const& source, std::string_view names, Take const& take) {
  std::string_view rest = source.text();
  rest.remove_prefix(byte_order_mark_size(rest));
  text_line line;
  line.source = source.name();
  while (!rest.empty()) {
    std::size_t const end = rest.find('\n');
    split_line(rest.substr(0, end), line.values);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    ++line.number;
    if (line.values.empty()) continue;
    require_values(line, names);
    take(static_cast<text_line const&>(line));
  }
}

}  // namespace maskmetrics::ingest
