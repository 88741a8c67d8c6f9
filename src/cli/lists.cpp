#include "cli/lists.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <iterator>
#include <limits>
#include <system_error>

#include <fmt/format.h>

#include <maskmetrics/error.hpp>

#include "cli/usage_error.hpp"

namespace maskmetrics::cli {

namespace {

constexpr std::string_view white_space = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  std::size_t const first = text.find_first_not_of(white_space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(white_space) - first + 1);
}

/// Pieces between the separators, trimmed, empty ones included.
std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> pieces;
  for (;;) {
    std::size_t const at = text.find_first_of(separators);
    pieces.push_back(trimmed(text.substr(0, at)));
    if (at == std::string_view::npos) return pieces;
    text.remove_prefix(at + 1);
  }
}

template <class T>
bool parse_whole(std::string_view text, T& value) {
  auto const [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failure == std::errc() && end == text.data() + text.size();
}

template <class T>
std::vector<T> parse_list(std::string_view option, std::string_view text, std::string_view kind) {
  std::vector<T> values;
  for (std::string_view const piece : split(text, ",")) {
    T value{};
    if (!parse_whole(piece, value)) throw usage_error(fmt::format("{}: '{}' is not {}", option, piece, kind));
    values.push_back(value);
  }
  return values;
}

std::string read_file(std::string const& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  if (!stream) throw input_error(file, "", "cannot be read: " + std::generic_category().message(errno));
  return text;
}

area_range parse_area_range(std::string_view option, std::string_view text) {
  area_range range;
  std::string_view bounds = text;
  if (std::size_t const at = text.find('='); at != std::string_view::npos) {
    range.label = trimmed(text.substr(0, at));
    bounds = text.substr(at + 1);
  }
  std::vector<std::string_view> const ends = split(bounds, ":");
  if (ends.size() != 2 || !parse_whole(ends[0], range.low_px) || !parse_whole(ends[1], range.high_px)) {
    throw usage_error(fmt::format("{}: '{}' is not low:high or label=low:high", option, text));
  }
  return range;
}

}  // namespace

bool parse_id(std::string_view text, std::int64_t& id) {
  return parse_whole(trimmed(text), id);
}

std::vector<double> parse_numbers(std::string_view option, std::string_view text) {
  return parse_list<double>(option, text, "a number");
}

std::vector<std::uint32_t> parse_counts(std::string_view option, std::string_view text) {
  std::vector<std::uint32_t> counts;
  for (std::string_view const piece : split(text, ",")) {
    std::uint32_t count = all_detections;
    if (piece != "all" && !parse_whole(piece, count)) {
      throw usage_error(fmt::format("{}: '{}' is not a count", option, piece));
    }
    counts.push_back(count);
  }
  return counts;
}

std::vector<area_range> parse_area_ranges(std::string_view option, std::string_view text) {
  std::vector<area_range> ranges;
  for (std::string_view const piece : split(text, ",")) ranges.push_back(parse_area_range(option, piece));
  return label_area_ranges(std::move(ranges));
}

std::vector<area_range> parse_relative_area_ranges(std::string_view option, std::string_view text) {
  std::vector<area_range> ranges;
  for (std::string_view const piece : split(text, ",")) ranges.push_back(parse_area_range(option, piece));
  bool const has_all =
      std::any_of(ranges.begin(), ranges.end(), [](auto const& range) { return range.label == "all"; });
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (!has_all) ranges.insert(ranges.begin(), {"all", 0, infinity});
  return label_area_ranges(std::move(ranges));
}

std::vector<std::int64_t> parse_ids(std::string_view option, std::string const& text) {
  if (!text.starts_with('@')) return parse_list<std::int64_t>(option, text, "an id");
  std::string const file = text.substr(1);
  std::string const content = read_file(file);
  std::vector<std::int64_t> ids;
  for (std::string_view const piece : split(content, ", \t\r\n")) {
    if (piece.empty()) continue;
    std::int64_t id = 0;
    if (!parse_whole(piece, id)) throw input_error(file, "", fmt::format("'{}' is not an id", piece));
    ids.push_back(id);
  }
  return ids;
}

std::vector<std::string> parse_names(std::string const& text) {
  bool const from_file = text.starts_with('@');
  std::string const content = from_file ? read_file(text.substr(1)) : text;
  std::vector<std::string> names;
  for (std::string_view const piece : split(content, from_file ? "\n" : ",")) {
    if (!piece.empty()) names.emplace_back(piece);
  }
  return names;
}

}  // namespace maskmetrics::cli
