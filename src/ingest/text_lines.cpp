#include "ingest/text_lines.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>

#include <fmt/format.h>

#include <maskmetrics/error.hpp>

#include "ingest/json_text.hpp"

namespace maskmetrics::ingest {

namespace {

constexpr std::string_view white_space = " \t\r\n\v\f";

}  // namespace

std::string_view trimmed(std::string_view text) {
  std::size_t const first = text.find_first_not_of(white_space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(white_space) - first + 1);
}

std::optional<double> finite_number(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  double value = 0;
  auto const [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return {};
  return value;
}

std::string line_of(std::string_view text, std::size_t offset) {
  std::string_view const before = text.substr(0, std::min(offset, text.size()));
  return fmt::format("line {}", std::count(before.begin(), before.end(), '\n') + 1);
}

double text_line::number_at(std::size_t i, char const* name) const {
  std::optional<double> const value = finite_number(values[i]);
  if (!value) fail(fmt::format("{}: expected a finite number, found '{}'", name, excerpt(values[i])));
  return *value;
}

void text_line::fail(std::string const& problem) const {
  throw input_error(std::string(source), fmt::format("line {}", number), problem);
}

void split_line(std::string_view line, std::vector<std::string_view>& values) {
  values.clear();
  for (;;) {
    std::size_t const begin = line.find_first_not_of(white_space);
    if (begin == std::string_view::npos) return;
    std::size_t const end = line.find_first_of(white_space, begin);
    values.push_back(line.substr(begin, end == std::string_view::npos ? end : end - begin));
    if (end == std::string_view::npos) return;
    line.remove_prefix(end);
  }
}

void require_values(text_line const& line, std::string_view names) {
  std::vector<std::string_view> expected;
  split_line(names, expected);
  if (line.values.size() == expected.size()) return;
  line.fail(fmt::format("expected {} values ({}), found {}", expected.size(), names, line.values.size()));
}

}  // namespace maskmetrics::ingest
