#include "cpu/pixel_words.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <maskmetrics/semantics/dense.hpp>

#include "cpu/bit_words.hpp"

namespace maskmetrics::cpu {

namespace {

constexpr std::uint32_t word_px = 64;

/// Pixels in a row of memory to whole words of 64.
using pack_function = void (*)(unsigned char const* from, std::size_t num_words, float threshold, std::uint64_t* out);

void pack_bytes(unsigned char const* from, std::size_t num_words, float /*threshold*/, std::uint64_t* out) {
  for (std::size_t w = 0; w < num_words; ++w) {
    std::uint64_t bits = 0;
    for (unsigned i = 0; i < word_px; i += 4) {
      std::uint32_t four = 0;
      std::memcpy(&four, from + word_px * w + i, sizeof(four));
      bits |= std::uint64_t{semantics::pack_four_bytes(four)} << i;
    }
    out[w] = bits;
  }
}

template <pixel_format Format>
void pack_floats(unsigned char const* from, std::size_t num_words, float threshold, std::uint64_t* out) {
  constexpr std::size_t pixel = semantics::bytes_per_pixel(Format);
  for (std::size_t w = 0; w < num_words; ++w) {
    std::uint64_t bits = 0;
    for (unsigned i = 0; i < word_px; ++i, from += pixel) {
      bits |= std::uint64_t{semantics::above_threshold(semantics::read_float(from, Format), threshold)} << i;
    }
    out[w] = bits;
  }
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] void pack_bytes_avx2(unsigned char const* from, std::size_t num_words, float /*threshold*/,
                                             std::uint64_t* out) {
  __m256i const zero = _mm256_setzero_si256();
  for (std::size_t w = 0; w < num_words; ++w) {
    std::uint64_t background = 0;
    for (unsigned half = 0; half < 2; ++half) {
      __m256i const bytes = _mm256_loadu_si256(reinterpret_cast<__m256i const*>(from + word_px * w + 32 * half));
      auto const mask = static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, zero)));
      background |= std::uint64_t{mask} << (32 * half);
    }
    out[w] = ~background;
  }
}

[[gnu::target("avx2")]] void pack_float32_avx2(unsigned char const* from, std::size_t num_words, float threshold,
                                               std::uint64_t* out) {
  __m256 const limit = _mm256_set1_ps(threshold);
  for (std::size_t w = 0; w < num_words; ++w) {
    std::uint64_t bits = 0;
    for (unsigned i = 0; i < word_px; i += 8, from += 8 * sizeof(float)) {
      __m256 const values = _mm256_loadu_ps(reinterpret_cast<float const*>(from));
      auto const mask = static_cast<std::uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps(values, limit, _CMP_GT_OQ)));
      bits |= std::uint64_t{mask} << i;
    }
    out[w] = bits;
  }
}

bool has_avx2() {
  static bool const has = __builtin_cpu_supports("avx2") != 0;
  return has;
}
#endif

/// The fastest way to pack pixels that lie side by side; none for bits.
pack_function packer_of(pixel_format format) {
  switch (format) {
    case pixel_format::bits:
      return nullptr;
    case pixel_format::float16:
      return pack_floats<pixel_format::float16>;
    case pixel_format::bfloat16:
      return pack_floats<pixel_format::bfloat16>;
    case pixel_format::float32:
#if defined(__x86_64__)
      if (has_avx2()) return pack_float32_avx2;
#endif
      return pack_floats<pixel_format::float32>;
    case pixel_format::bytes:
      break;
  }
#if defined(__x86_64__)
  if (has_avx2()) return pack_bytes_avx2;
#endif
  return pack_bytes;
}

/// Up to 64 pixels of a row from column @p x on, the first in the lowest bit.
/// @param packer  of pixels that lie side by side, or nullptr
std::uint64_t row_bits(dense_masks const& masks, pack_function packer, unsigned char const* row, std::uint32_t x,
                       std::uint32_t count) {
  std::uint64_t bits = 0;
  if (masks.format == pixel_format::bits) {
    // x is a multiple of 64, so that the pixels start with a byte.
    std::memcpy(&bits, row + x / 8, (count + 7) / 8);
    return count == word_px ? bits : bits & ((std::uint64_t{1} << count) - 1);
  }
  if (count == word_px && packer != nullptr) {
    packer(row + x * masks.column_stride, 1, masks.threshold, &bits);
    return bits;
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    bool const set =
        semantics::is_foreground(row, std::int64_t{x} + i, masks.column_stride, masks.format, masks.threshold);
    bits |= std::uint64_t{set} << i;
  }
  return bits;
}

/// Where pixels lie side by side, what packs them.
pack_function packer_of(dense_masks const& masks) {
  bool const is_row = masks.column_stride == std::int64_t{semantics::bytes_per_pixel(masks.format)};
  return is_row ? packer_of(masks.format) : nullptr;
}

}  // namespace

void packed_mask::pack(dense_masks const& masks, std::uint32_t index, std::uint32_t height, std::uint32_t width) {
  width_ = width;
  std::size_t const num_pixels = std::size_t{height} * width;
  words_.resize((num_pixels + word_px - 1) / word_px);
  auto const* const first = static_cast<unsigned char const*>(masks.data) + index * masks.mask_stride;
  pack_function const packer = packer_of(masks);
  if (masks.paste.kind != paste_kind::none) {
    pack_pasted(masks, index, height);
  } else if (packer != nullptr && masks.row_stride == width * masks.column_stride) {
    std::size_t const whole = num_pixels / word_px;
    packer(first, whole, masks.threshold, words_.data());
    if (whole < words_.size()) {
      unsigned char const* const rest = first + static_cast<std::int64_t>(whole * word_px) * masks.column_stride;
      words_[whole] = row_bits(masks, packer, rest, 0, static_cast<std::uint32_t>(num_pixels % word_px));
    }
  } else {
    pack_rows(masks, first, height);
  }
  measure();
}

void packed_mask::pack_rows(dense_masks const& masks, unsigned char const* first, std::uint32_t height) {
  pack_function const packer = packer_of(masks);
  std::fill(words_.begin(), words_.end(), 0);
  std::size_t at = 0;
  for (std::uint32_t y = 0; y < height; ++y) {
    unsigned char const* const row = first + y * masks.row_stride;
    for (std::uint32_t x = 0; x < width_; x += word_px) {
      std::uint32_t const count = std::min(width_ - x, word_px);
      put(at, row_bits(masks, packer, row, x, count), count);
      at += count;
    }
  }
}

/// Sets pixels from @p at on, counted row by row, that are 0 before.
void packed_mask::put(std::size_t at, std::uint64_t bits, std::uint32_t count) {
  words_[at / 64] |= bits << (at % 64);
  if (at % 64 + count > 64) words_[at / 64 + 1] |= bits >> (64 - at % 64);
}

void packed_mask::pack_pasted(dense_masks const& masks, std::uint32_t index, std::uint32_t height) {
  std::fill(words_.begin(), words_.end(), 0);
  paster_.start(masks, index, height, width_);
  semantics::paste_axis const& columns = paster_.frame().x;
  auto const num_columns = static_cast<std::uint32_t>(columns.end - columns.begin);
  dense_masks pixels;
  pixels.format = pixel_format::float32;
  pixels.column_stride = sizeof(float);
  pixels.threshold = masks.threshold;
  pack_function const packer = packer_of(pixels);
  for (std::int32_t y = paster_.frame().y.begin; y < paster_.frame().y.end; ++y) {
    auto const* const row = reinterpret_cast<unsigned char const*>(paster_.row(y));
    std::size_t const first = static_cast<std::size_t>(y) * width_ + static_cast<std::size_t>(columns.begin);
    for (std::uint32_t x = 0; x < num_columns; x += word_px) {
      std::uint32_t const count = std::min(num_columns - x, word_px);
      put(first + x, row_bits(pixels, packer, row, x, count), count);
    }
  }
}

void packed_mask::measure() {
  auto const is_set = [](std::uint64_t word) { return word != 0; };
  begin_ = static_cast<std::size_t>(std::find_if(words_.begin(), words_.end(), is_set) - words_.begin());
  end_ = static_cast<std::size_t>(words_.rend() - std::find_if(words_.rbegin(), words_.rend(), is_set));
  area_px_ = 0;
  bounds_ = {};
  if (begin_ >= end_) return;
  area_px_ = fastest_bit_word_loops().count_common(words_.data() + begin_, words_.data() + begin_, end_ - begin_);
  std::size_t const first_pixel = begin_ * word_px + static_cast<std::size_t>(std::countr_zero(words_[begin_]));
  std::size_t const last_pixel = end_ * word_px - 1 - static_cast<std::size_t>(std::countl_zero(words_[end_ - 1]));
  std::size_t const first_row = first_pixel / width_;
  std::size_t const last_row = last_pixel / width_;
  find_columns(first_row, last_row);
  auto const first_column = std::find_if(columns_.begin(), columns_.end(), is_set);
  auto const last_column = std::find_if(columns_.rbegin(), columns_.rend(), is_set);
  std::size_t const left = static_cast<std::size_t>(first_column - columns_.begin()) * word_px +
                           static_cast<std::size_t>(std::countr_zero(*first_column));
  std::size_t const right = static_cast<std::size_t>(columns_.rend() - last_column) * word_px - 1 -
                            static_cast<std::size_t>(std::countl_zero(*last_column));
  bounds_ = {static_cast<double>(left), static_cast<double>(first_row), static_cast<double>(right - left + 1),
             static_cast<double>(last_row - first_row + 1)};
}

/// Lays rows on top of one another: a column's bit is set where any row has a pixel in it.
void packed_mask::find_columns(std::size_t first_row, std::size_t last_row) {
  columns_.assign((width_ + word_px - 1) / word_px, 0);
  std::uint64_t const in_last_word = ~std::uint64_t{0} >> (word_px * columns_.size() - width_);
  for (std::size_t y = first_row; y <= last_row; ++y) {
    std::size_t const row = y * width_;
    for (std::size_t k = 0; k + 1 < columns_.size(); ++k) columns_[k] |= bits_at(row + k * word_px);
    // Behind the end of a row the next one begins.
    columns_.back() |= bits_at(row + (columns_.size() - 1) * word_px) & in_last_word;
  }
}

std::uint32_t packed_mask::common_px(packed_mask const& other) const {
  std::size_t const begin = std::max(begin_, other.begin_);
  std::size_t const end = std::min(end_, other.end_);
  if (begin >= end) return 0;
  return fastest_bit_word_loops().count_common(words_.data() + begin, other.words_.data() + begin, end - begin);
}

}  // namespace maskmetrics::cpu
