/// @file
/// JSON escapes inside of run-length strings that stand as they were read.
#pragma once

#include <charconv>
#include <system_error>

namespace maskmetrics {

/// The character that a JSON escape stands for, behind its backslash; advances @p at. 0 for what cannot belong to a
/// run-length string.
[[nodiscard]] inline unsigned read_json_escape(unsigned char const*& at, unsigned char const* end) {
  if (at == end) return 0;
  unsigned const kind = *at++;
  if (kind == '\\') return kind;
  if (kind != 'u' || end - at < 4) return 0;
  unsigned character = 0;
  auto const* const digits = reinterpret_cast<char const*>(at);
  auto const [stop, failure] = std::from_chars(digits, digits + 4, character, 16);
  at += 4;
  return failure == std::errc() && stop == digits + 4 ? character : 0;
}

}  // namespace maskmetrics
