/// @file
/// What must hold of a JSON reader, whatever the bytes.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <maskmetrics/error.hpp>

namespace maskmetrics::testing {

/// Reads the text in small parts and as a whole. Where the text is JSON, both must succeed or both must fail, with the
/// same rows: read(part_bytes) returns a digest of them, 0 is taken for a failure. Only input_error may be thrown.
template <class Read>
void check_reader(std::string_view text, Read const& read) {
  auto const attempt = [&](std::size_t part_bytes) -> std::uint64_t {
    try {
      return read(part_bytes) | 1U;
    } catch (input_error const&) {
      return 0;
    }
  };
  std::uint64_t const in_parts = attempt(16);
  std::uint64_t const whole = attempt(std::size_t{1} << 20U);
  simdjson::dom::parser parser;
  bool const is_json = parser.parse(text.data(), text.size()).error() == simdjson::SUCCESS;
  if (is_json && in_parts != whole) std::abort();
}

/// Order-dependent digest.
class digest {
public:
  void add(std::uint64_t value) { value_ = (value_ ^ value) * 0x9E3779B97F4A7C15U + 1; }
  [[nodiscard]] std::uint64_t value() const { return value_; }

private:
  std::uint64_t value_ = 0;
};

}  // namespace maskmetrics::testing
