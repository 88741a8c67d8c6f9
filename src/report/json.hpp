/// @file
/// The few pieces of JSON that a report is put together from. Each function returns a complete JSON value.
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace maskmetrics::report::json {

/// Escapes what JSON demands. Bytes that are no UTF-8 become U+FFFD.
[[nodiscard]] std::string string(std::string_view text);

/// The shortest decimal that reads back as the same double, always with a point or an exponent; null where JSON has
/// no number for it.
[[nodiscard]] std::string number(double value);

[[nodiscard]] std::string number(std::integral auto value) {
  return std::to_string(value);
}

[[nodiscard]] inline std::string boolean(bool value) {
  return value ? "true" : "false";
}

/// Name and JSON value.
using member = std::pair<std::string, std::string>;

/// Layout of an array or object: on one line, or one element a line at this depth.
inline constexpr int inline_layout = 0;
[[nodiscard]] std::string array(std::vector<std::string> const& elements, int depth = inline_layout);
[[nodiscard]] std::string object(std::vector<member> const& members, int depth = inline_layout);

/// The array of what @p make returns for each element.
template <class Range, class Make>
[[nodiscard]] std::string array_of(Range const& range, Make const& make, int depth = inline_layout) {
  std::vector<std::string> elements;
  elements.reserve(range.size());
  for (auto const& element : range) elements.push_back(make(element));
  return array(elements, depth);
}

}  // namespace maskmetrics::report::json
