#include "cpu/bit_words.hpp"

#include <bit>

namespace maskmetrics::cpu {

namespace {

// Always inlined, so that each is compiled with the instructions of the function it stands in.
#define MASKMETRICS_INLINED [[gnu::always_inline]] inline

// Words that are read are not those that are written.
#if defined(__clang__)
#define MASKMETRICS_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define MASKMETRICS_INDEPENDENT _Pragma("GCC ivdep")
#endif

MASKMETRICS_INLINED void and_ahead(std::uint64_t const* __restrict in, std::size_t count, std::size_t step,
                                   std::uint64_t* __restrict out) {
  for (std::size_t i = 0; i < count; ++i) out[i] = in[i] & in[i + step];
}

MASKMETRICS_INLINED std::uint32_t clear(std::uint64_t* __restrict words, std::uint64_t const* __restrict other,
                                        std::size_t count) {
  std::uint32_t cleared = 0;
  for (std::size_t i = 0; i < count; ++i) {
    cleared += static_cast<std::uint32_t>(std::popcount(words[i] & other[i]));
    words[i] &= ~other[i];
  }
  return cleared;
}

MASKMETRICS_INLINED void and_rows(std::uint64_t* words, std::uint64_t const* low, std::uint64_t const* high,
                                  unsigned shift, std::size_t count) {
  if (shift == 0) {
    MASKMETRICS_INDEPENDENT
    for (std::size_t i = 0; i < count; ++i) words[i] &= low[i];
    return;
  }
  MASKMETRICS_INDEPENDENT
  for (std::size_t i = 0; i < count; ++i) words[i] &= low[i] >> shift | high[i] << (64 - shift);
}

MASKMETRICS_INLINED std::uint32_t count_common(std::uint64_t const* a, std::uint64_t const* b, std::size_t count) {
  std::uint32_t common = 0;
  for (std::size_t i = 0; i < count; ++i) common += static_cast<std::uint32_t>(std::popcount(a[i] & b[i]));
  return common;
}

// One compilation: TARGET is an attribute, or nothing.
// NOLINTBEGIN(bugprone-macro-parentheses): an attribute stands in no parentheses
#define MASKMETRICS_BIT_WORD_LOOPS(NAME, TARGET)                                                                   \
  TARGET void and_ahead_##NAME(std::uint64_t const* in, std::size_t count, std::size_t step, std::uint64_t* out) { \
    and_ahead(in, count, step, out);                                                                               \
  }                                                                                                                \
  TARGET std::uint32_t clear_##NAME(std::uint64_t* words, std::uint64_t const* other, std::size_t count) {         \
    return clear(words, other, count);                                                                             \
  }                                                                                                                \
  TARGET void and_rows_##NAME(std::uint64_t* words, std::uint64_t const* low, std::uint64_t const* high,           \
                              unsigned shift, std::size_t count) {                                                 \
    and_rows(words, low, high, shift, count);                                                                      \
  }                                                                                                                \
  TARGET std::uint32_t count_common_##NAME(std::uint64_t const* a, std::uint64_t const* b, std::size_t count) {    \
    return count_common(a, b, count);                                                                              \
  }                                                                                                                \
  constexpr bit_word_loops loops_##NAME{#NAME, and_ahead_##NAME, clear_##NAME, and_rows_##NAME, count_common_##NAME};
// NOLINTEND(bugprone-macro-parentheses)

#if defined(__x86_64__) && defined(__GNUC__)
MASKMETRICS_BIT_WORD_LOOPS(portable, )
MASKMETRICS_BIT_WORD_LOOPS(avx2, [[gnu::target("avx2,popcnt")]])
constexpr bit_word_loops all_loops[] = {loops_portable, loops_avx2};

std::size_t count_usable() {
  return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("popcnt") != 0 ? 2 : 1;
}
#else
MASKMETRICS_BIT_WORD_LOOPS(portable, )
constexpr bit_word_loops all_loops[] = {loops_portable};

std::size_t count_usable() {
  return 1;
}
#endif

}  // namespace

view<bit_word_loops const> usable_bit_word_loops() {
  static std::size_t const count = count_usable();
  return {all_loops, count};
}

}  // namespace maskmetrics::cpu
