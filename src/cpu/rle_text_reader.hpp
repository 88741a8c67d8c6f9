/// @file
/// Walks the numbers of a run-length string, as it is or with JSON's escapes still in it.
#pragma once

#include <charconv>
#include <cstdint>
#include <string_view>

#include <maskmetrics/geometry.hpp>
#include <maskmetrics/semantics/rle_text.hpp>

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

/// Calls take(count) for every run.
/// @return the first fault met; the sum of the runs is the caller's to check
template <class Take>
[[nodiscard]] mask_fault read_rle_text(std::string_view text, bool json_escapes, Take&& take) {
  using namespace semantics;
  auto const* at = reinterpret_cast<unsigned char const*>(text.data());
  auto const* const end = at + text.size();
  std::int64_t before = 0;  // the run two places back
  std::int64_t last = 0;    // the run one place back
  for (std::uint64_t index = 0; at != end; ++index) {
    rle_text_number number;
    for (bool complete = false; !complete;) {
      if (at == end) return mask_fault::truncated;
      unsigned character = *at++;
      if (character == '\\' && json_escapes) character = read_json_escape(at, end);
      std::uint32_t const code = character - rle_text_first;
      if (code > rle_text_last - rle_text_first) return mask_fault::bad_character;
      if (number.groups == rle_text_max_groups) return mask_fault::overlong;
      complete = number.take(code);
    }
    std::int64_t const count = rle_text_is_difference(index) ? number.value + before : number.value;
    if (count < 0 || count > 0xFFFFFFFFLL) return mask_fault::count_out_of_range;
    take(static_cast<std::uint32_t>(count));
    before = last;
    last = count;
  }
  return mask_fault::none;
}

}  // namespace maskmetrics
