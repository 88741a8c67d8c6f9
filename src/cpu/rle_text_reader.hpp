/// @file
/// Walks the numbers of a run-length string, as it is or with JSON's escapes still in it.
#pragma once

#include <cstdint>
#include <string_view>

#include <maskmetrics/geometry.hpp>
#include <maskmetrics/semantics/rle_text.hpp>

#include "core/json_escape.hpp"

namespace maskmetrics {

/// Walks the numbers of a string.
class rle_text_cursor {
public:
  rle_text_cursor(std::string_view text, bool json_escapes)
      : at_(reinterpret_cast<unsigned char const*>(text.data())),
        end_(at_ + text.size()),
        json_escapes_(json_escapes) {}

  [[nodiscard]] bool at_end() const { return at_ == end_; }

  /// Reads the next number and adds it to @p run, which then is the length of a run. Must not be at the end.
  [[nodiscard]] mask_fault add_next(std::int64_t& run) {
    // Most numbers are one character, which no escape and no continuation can be.
    std::uint32_t const code = *at_ - semantics::rle_text_first;
    semantics::rle_text_number number;
    if (code <= semantics::rle_text_last_single) {
      ++at_;
      number.take(code);
    } else if (mask_fault const fault = read_long(number); fault != mask_fault::none) {
      return fault;
    }
    run += number.value;
    return static_cast<std::uint64_t>(run) <= 0xFFFFFFFFU ? mask_fault::none : mask_fault::count_out_of_range;
  }

private:
  [[nodiscard]] mask_fault read_long(semantics::rle_text_number& number) {
    for (bool complete = false; !complete;) {
      if (at_ == end_) return mask_fault::truncated;
      unsigned character = *at_++;
      if (character == '\\' && json_escapes_) character = read_json_escape(at_, end_);
      std::uint32_t const code = character - semantics::rle_text_first;
      if (code > semantics::rle_text_last - semantics::rle_text_first) return mask_fault::bad_character;
      if (number.groups == semantics::rle_text_max_groups) return mask_fault::overlong;
      complete = number.take(code);
    }
    return mask_fault::none;
  }

  unsigned char const* at_;
  unsigned char const* end_;
  bool json_escapes_;
};

/// Calls runs.leading(count), then runs.foreground(count) and runs.background(count) in turn, for every run of the
/// string. Differences are to the run two places back except in the first three numbers: after the leading run both
/// predecessors are 0, and rle_text_is_difference holds without a test.
/// @return the first fault met; the sum of the runs is the caller's to check
template <class Runs>
[[nodiscard]] mask_fault read_rle_text(std::string_view text, bool json_escapes, Runs& runs) {
  rle_text_cursor cursor(text, json_escapes);
  if (cursor.at_end()) return mask_fault::none;
  std::int64_t leading = 0;
  mask_fault fault = cursor.add_next(leading);
  if (fault != mask_fault::none) return fault;
  runs.leading(static_cast<std::uint32_t>(leading));
  std::int64_t foreground = 0;
  std::int64_t background = 0;
  while (!cursor.at_end()) {
    if (fault = cursor.add_next(foreground); fault != mask_fault::none) return fault;
    runs.foreground(static_cast<std::uint32_t>(foreground));
    if (cursor.at_end()) break;
    if (fault = cursor.add_next(background); fault != mask_fault::none) return fault;
    runs.background(static_cast<std::uint32_t>(background));
  }
  return mask_fault::none;
}

}  // namespace maskmetrics
