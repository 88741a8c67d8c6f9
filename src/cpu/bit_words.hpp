/// @file
/// Loops over words of 64 pixels, compiled once for every machine and once for machines that do more at a time.
#pragma once

#include <cstddef>
#include <cstdint>

#include <maskmetrics/view.hpp>

namespace maskmetrics::cpu {

/// One compilation of the loops; all give the same bits.
struct bit_word_loops {
  char const* name;
  /// out[i] = in[i] & in[i + step] for i in [0, count). The arrays do not overlap.
  void (*and_ahead)(std::uint64_t const* in, std::size_t count, std::size_t step, std::uint64_t* out);
  /// Clears in @p words what is set in @p other; returns how many bits those are.
  std::uint32_t (*clear)(std::uint64_t* words, std::uint64_t const* other, std::size_t count);
  /// words[i] &= bits [shift, shift + 64) of low[i], then high[i], for shift in [0, 64). @p low may be @p words.
  void (*and_rows)(std::uint64_t* words, std::uint64_t const* low, std::uint64_t const* high, unsigned shift,
                   std::size_t count);
  /// Number of bits set in both.
  std::uint32_t (*count_common)(std::uint64_t const* a, std::uint64_t const* b, std::size_t count);
};

/// Those that this machine can run, the fastest last. Never empty.
[[nodiscard]] view<bit_word_loops const> usable_bit_word_loops();

[[nodiscard]] inline bit_word_loops const& fastest_bit_word_loops() {
  return usable_bit_word_loops()[usable_bit_word_loops().size() - 1];
}

}  // namespace maskmetrics::cpu
