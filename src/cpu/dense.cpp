#include <maskmetrics/dense.hpp>

#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <maskmetrics/semantics/dense.hpp>

#include "core/parallel.hpp"
#include "cpu/stages.hpp"

namespace maskmetrics::cpu {

namespace {

/// 64 bytes to 64 bits.
std::uint64_t pack_bytes(unsigned char const* from) {
  std::uint64_t bits = 0;
  for (unsigned i = 0; i < 64; i += 4) {
    std::uint32_t four = 0;
    std::memcpy(&four, from + i, sizeof(four));
    bits |= std::uint64_t{semantics::pack_four_bytes(four)} << i;
  }
  return bits;
}

void pack_words(unsigned char const* from, std::size_t num_words, std::uint64_t* out) {
  for (std::size_t w = 0; w < num_words; ++w) out[w] = pack_bytes(from + 64 * w);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) void pack_words_avx2(unsigned char const* from, std::size_t num_words,
                                                     std::uint64_t* out) {
  __m256i const zero = _mm256_setzero_si256();
  for (std::size_t w = 0; w < num_words; ++w) {
    std::uint64_t background = 0;
    for (unsigned half = 0; half < 2; ++half) {
      __m256i const bytes = _mm256_loadu_si256(reinterpret_cast<__m256i const*>(from + 64 * w + 32 * half));
      auto const mask = static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, zero)));
      background |= std::uint64_t{mask} << (32 * half);
    }
    out[w] = ~background;
  }
}
auto const fastest_pack_words = __builtin_cpu_supports("avx2") ? pack_words_avx2 : pack_words;

__attribute__((target("popcnt"))) std::uint32_t count_common_popcnt(std::uint64_t const* a, std::uint64_t const* b,
                                                                    std::size_t count) {
  std::uint64_t common = 0;
  for (std::size_t w = 0; w < count; ++w) common += static_cast<std::uint64_t>(__builtin_popcountll(a[w] & b[w]));
  return static_cast<std::uint32_t>(common);
}
#else
auto const fastest_pack_words = pack_words;
#endif

std::uint32_t count_common_plain(std::uint64_t const* a, std::uint64_t const* b, std::size_t count) {
  std::uint64_t common = 0;
  for (std::size_t w = 0; w < count; ++w) common += static_cast<std::uint64_t>(std::popcount(a[w] & b[w]));
  return static_cast<std::uint32_t>(common);
}

#if defined(__x86_64__)
auto const count_common = __builtin_cpu_supports("popcnt") ? count_common_popcnt : count_common_plain;
#else
auto const count_common = count_common_plain;
#endif

/// Up to 64 pixels of a row, the first in the lowest bit.
std::uint64_t row_bits(dense_masks const& masks, unsigned char const* row, std::uint32_t x, std::uint32_t count) {
  std::uint64_t bits = 0;
  if (masks.format == pixel_format::bits) {
    // x is a multiple of 64, so that the pixels start with a byte.
    std::memcpy(&bits, row + x / 8, (count + 7) / 8);
    return count == 64 ? bits : bits & ((std::uint64_t{1} << count) - 1);
  }
  if (count == 64 && masks.column_stride == 1) return pack_bytes(row + x);
  for (std::uint32_t i = 0; i < count; ++i) {
    bits |= std::uint64_t{row[(std::int64_t{x} + i) * masks.column_stride] != 0} << i;
  }
  return bits;
}

/// A mask as words of 64 pixels, row-major without gaps between rows, with its measures.
struct packed_mask {
  std::vector<std::uint64_t> words;
  std::size_t begin = 0;  ///< words outside of [begin, end) are 0
  std::size_t end = 0;
  std::uint32_t area_px = 0;
  box bounds;

  void pack(dense_masks const& masks, std::uint32_t index, std::uint32_t height, std::uint32_t width) {
    std::size_t const num_pixels = std::size_t{height} * width;
    words.resize((num_pixels + 63) / 64);
    auto const* const first = static_cast<unsigned char const*>(masks.data) + index * masks.mask_stride;
    bool const is_stream = masks.format == pixel_format::bytes && masks.column_stride == 1 && masks.row_stride == width;
    if (is_stream) {
      std::size_t const whole = num_pixels / 64;
      fastest_pack_words(first, whole, words.data());
      if (whole < words.size()) {
        words[whole] = row_bits(masks, first + 64 * whole, 0, static_cast<std::uint32_t>(num_pixels % 64));
      }
    } else {
      pack_rows(masks, first, height, width);
    }
    measure(width);
  }

private:
  void pack_rows(dense_masks const& masks, unsigned char const* first, std::uint32_t height, std::uint32_t width) {
    std::fill(words.begin(), words.end(), 0);
    std::size_t at = 0;
    for (std::uint32_t y = 0; y < height; ++y) {
      unsigned char const* const row = first + y * masks.row_stride;
      for (std::uint32_t x = 0; x < width; x += 64) {
        std::uint32_t const count = std::min(width - x, 64U);
        std::uint64_t const bits = row_bits(masks, row, x, count);
        words[at / 64] |= bits << (at % 64);
        if (at % 64 + count > 64) words[at / 64 + 1] |= bits >> (64 - at % 64);
        at += count;
      }
    }
  }

  void measure(std::uint32_t width) {
    semantics::bounds_of_words all;
    std::uint32_t area = 0;
    begin = words.size();
    end = 0;
    for (std::size_t w = 0; w < words.size(); ++w) {
      if (words[w] == 0) continue;
      if (begin > w) begin = w;
      end = w + 1;
      area += static_cast<std::uint32_t>(std::popcount(words[w]));
      for (unsigned half = 0; half < 2; ++half) {
        auto const bits = static_cast<std::uint32_t>(words[w] >> (32 * half));
        if (bits == 0) continue;
        all.take(bits, static_cast<std::int64_t>(64 * w + 32 * half),
                 static_cast<std::uint32_t>(std::countr_zero(bits)),
                 31U - static_cast<std::uint32_t>(std::countl_zero(bits)), width);
      }
    }
    begin = std::min(begin, end);
    area_px = area;
    bounds = all.bounds(width);
  }
};

/// Where an image's results start.
struct image_offsets {
  std::size_t pair = 0;
  std::size_t detection = 0;
  std::size_t ground_truth = 0;
};

void overlaps_of_image(dense_image const& image, image_offsets const& at, dense_output const& out,
                       tbb::enumerable_thread_specific<packed_mask>& scratch) {
  std::uint32_t const num_ground_truths = image.ground_truths.count;
  std::vector<packed_mask> ground_truths(num_ground_truths);
  tbb::parallel_for(std::uint32_t{0}, num_ground_truths, [&](std::uint32_t g) {
    ground_truths[g].pack(image.ground_truths, g, image.height, image.width);
    out.ground_truth_areas_px[at.ground_truth + g] = ground_truths[g].area_px;
    out.ground_truth_boxes[at.ground_truth + g] = ground_truths[g].bounds;
  });
  tbb::parallel_for(std::uint32_t{0}, image.detections.count, [&](std::uint32_t d) {
    packed_mask& mask = scratch.local();
    mask.pack(image.detections, d, image.height, image.width);
    out.detection_areas_px[at.detection + d] = mask.area_px;
    out.detection_boxes[at.detection + d] = mask.bounds;
    for (std::uint32_t g = 0; g < num_ground_truths; ++g) {
      packed_mask const& other = ground_truths[g];
      std::size_t const begin = std::max(mask.begin, other.begin);
      std::size_t const end = std::min(mask.end, other.end);
      out.intersections_px[at.pair + std::size_t{d} * num_ground_truths + g] =
          begin < end ? count_common(mask.words.data() + begin, other.words.data() + begin, end - begin) : 0U;
    }
  });
}

}  // namespace

void dense_overlaps(context const& ctx, view<dense_image const> const& images, dense_output const& out) {
  std::vector<image_offsets> offsets(images.size() + 1);
  for (std::size_t i = 0; i < images.size(); ++i) {
    dense_sizes const here = sizes_of(images.subview(i, 1));
    offsets[i + 1] = {offsets[i].pair + here.num_pairs, offsets[i].detection + here.num_detections,
                      offsets[i].ground_truth + here.num_ground_truths};
  }
  in_arena(ctx, [&] {
    tbb::enumerable_thread_specific<packed_mask> scratch;
    tbb::parallel_for(std::size_t{0}, images.size(),
                      [&](std::size_t i) { overlaps_of_image(images[i], offsets[i], out, scratch); });
  });
}

}  // namespace maskmetrics::cpu
