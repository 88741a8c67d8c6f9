#include "ingest/array_reader.hpp"

#include <array>

#include <fmt/format.h>

namespace maskmetrics::ingest {

ondemand::document part_parser::start(byte_source const& source, array_part part) {
  std::size_t const size = part.end - part.begin;
  std::size_t const padded = size + 2 + simdjson::SIMDJSON_PADDING;
  if (memory_.size() < padded) memory_.resize(padded + padded / 8);
  memory_[0] = '[';
  source.copy(part.begin, size, memory_.data() + 1);
  memory_[size + 1] = ']';
  std::fill_n(memory_.data() + size + 2, simdjson::SIMDJSON_PADDING, ' ');
  try {
    return take<ondemand::document>(parser_.iterate(memory_.data(), size + 2, memory_.size()));
  } catch (parser_fault& fault) {
    fault.at = part.begin;
    throw;
  }
}

part_end part_parser::finish(ondemand::document& document, array_part part) const {
  char const* next = nullptr;
  // Behind the bracket that start() added nothing follows.
  if (document.current_location().get(next) != simdjson::SUCCESS) return {};
  auto const behind = static_cast<std::size_t>(next - memory_.data());
  std::size_t const bracket = std::string_view(memory_.data(), behind).find_last_of(']');
  return {true, part.begin + bracket};  // one more for the position behind, one less for the '[' that was added
}

std::size_t part_parser::position(ondemand::document& document, array_part part) const {
  char const* at = nullptr;
  if (document.current_location().get(at) != simdjson::SUCCESS) return part.end;
  std::ptrdiff_t const offset = at - (memory_.data() + 1);
  if (offset < 0) return part.begin;
  return std::min(part.begin + static_cast<std::size_t>(offset), part.end);
}

ondemand::object part_parser::object_of(ondemand::value value) {
  ondemand::object object;
  auto const code = value.get_object().get(object);
  if (code == simdjson::INCORRECT_TYPE) throw element_fault{"", "expected an object, found " + describe(value)};
  if (code != simdjson::SUCCESS) throw parser_fault{code, 0};
  return object;
}

std::size_t guess_part_end(byte_source const& source, std::size_t begin, std::size_t part_bytes) {
  std::array<char, 4096> window{};
  std::size_t at = begin + part_bytes;
  while (at < source.size()) {
    std::size_t const size = std::min(window.size(), source.size() - at);
    source.copy(at, size, window.data());
    std::string_view const text(window.data(), size);
    std::size_t brace = text.find('}');
    for (; brace != std::string_view::npos; brace = text.find('}', brace + 1)) {
      std::size_t const comma = skip_space(text, brace + 1);
      if (comma == size) break;
      if (text[comma] != ',') continue;
      std::size_t const next = skip_space(text, comma + 1);
      if (next == size) break;
      if (text[next] == '{') return at + comma;
    }
    // A brace too near to the window's end to be judged begins the next window.
    at += brace == std::string_view::npos ? size : std::max<std::size_t>(brace, 1);
  }
  return source.size();
}

std::string element_place(std::string const& array, std::uint64_t row, std::string const& path) {
  return fmt::format("{}[{}]{}", array, row, path);
}

input_error syntax_error(byte_source const& source, std::size_t at, std::string const& problem) {
  return {source.name(), fmt::format("byte {}", at), "invalid JSON: " + problem};
}

}  // namespace maskmetrics::ingest
