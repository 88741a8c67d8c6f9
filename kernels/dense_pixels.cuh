/// @file
/// How pixels become words of 32 bits, whatever the masks' layout.
///
/// A warp makes the words of one piece of a mask, dense_piece_px pixels, and every lane holds some of them in
/// registers. What counts is how many loads are under way at a time: all of a piece's where pixels are bytes in a row,
/// else eight for every lane.
#pragma once

#include <cstdint>
#include <cstring>

#include <maskmetrics/dense.hpp>
#include <maskmetrics/semantics/dense.hpp>
#include <maskmetrics/semantics/paste.hpp>

#include "common/warp.cuh"

namespace maskmetrics::MASKMETRICS_KERNELS {

/// Masks are cut into pieces of this many pixels, a warp each; a whole number of pieces a mask.
inline constexpr std::uint32_t dense_piece_px = 4096;
inline constexpr std::uint32_t words_per_lane = dense_piece_px / 32 / warp_size;

/// Words of 32 pixels that a packed mask takes.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr std::uint32_t words_of(std::uint32_t num_pixels) {
  return (num_pixels + 31) / 32;
}

[[nodiscard]] __device__ inline unsigned char const* mask_begin(dense_masks const& masks, std::uint32_t index) {
  return static_cast<unsigned char const*>(masks.data) + static_cast<std::int64_t>(index) * masks.mask_stride;
}

/// True where a mask's pixels are bytes that follow one another row by row.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr bool is_byte_stream(dense_masks const& masks, std::uint32_t width) {
  return masks.format == pixel_format::bytes && masks.column_stride == 1 && masks.row_stride == std::int64_t{width};
}

/// Bytes from a multiple of 16 to a mask.
[[nodiscard]] __device__ inline std::uint32_t shift_of(unsigned char const* mask) {
  return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(mask) % 16);
}

/// 16 bytes of a stream. @param at  of the first byte, from the mask's first pixel, so that the address is a multiple
/// of 16; bytes outside of the mask are 0
[[nodiscard]] __device__ inline uint4 load_16_pixels(unsigned char const* mask, std::int64_t at,
                                                     std::uint32_t num_pixels) {
  if (at >= 0 && at + 16 <= num_pixels) return __ldg(reinterpret_cast<uint4 const*>(mask + at));
  std::uint32_t four[4] = {0, 0, 0, 0};
#pragma unroll
  for (int i = 0; i < 16; ++i) {
    if (at + i >= 0 && at + i < num_pixels) four[i / 4] |= std::uint32_t{mask[at + i]} << (8 * (i % 4));
  }
  return make_uint4(four[0], four[1], four[2], four[3]);
}

[[nodiscard]] __device__ inline std::uint32_t pack_16_pixels(uint4 const& pixels) {
  return semantics::pack_four_bytes(pixels.x) | semantics::pack_four_bytes(pixels.y) << 4U |
         semantics::pack_four_bytes(pixels.z) << 8U | semantics::pack_four_bytes(pixels.w) << 12U;
}

// What reads the pixels of one mask: load(y, x), then is_set() of what was loaded, so that many loads can be under way
// before the first is looked at.

/// Bytes with any strides.
struct byte_pixels {
  unsigned char const* first;
  std::int64_t row_stride;
  std::int64_t column_stride;

  [[nodiscard]] __device__ std::uint32_t load(std::uint32_t y, std::uint32_t x) const {
    return first[y * row_stride + x * column_stride];
  }
  [[nodiscard]] __device__ bool is_set(std::uint32_t byte) const { return byte != 0; }
};

struct bit_pixels {
  unsigned char const* first;
  std::int64_t row_stride;

  [[nodiscard]] __device__ std::uint32_t load(std::uint32_t y, std::uint32_t x) const {
    return std::uint32_t{first[y * row_stride + x / 8]} >> (x % 8);
  }
  [[nodiscard]] __device__ bool is_set(std::uint32_t bits) const { return (bits & 1U) != 0; }
};

/// Floating-point numbers. @tparam Bits  an unsigned integer of their size
/// @tparam Aligned  whether they are aligned to it
template <class Bits, bool Aligned>
struct number_pixels {
  unsigned char const* first;
  std::int64_t row_stride;
  std::int64_t column_stride;
  pixel_format format;
  float threshold;

  [[nodiscard]] __device__ std::uint32_t load(std::uint32_t y, std::uint32_t x) const {
    unsigned char const* const at = first + y * row_stride + x * column_stride;
    if constexpr (Aligned) return *reinterpret_cast<Bits const*>(at);
    Bits bits = 0;
    std::memcpy(&bits, at, sizeof bits);
    return bits;
  }
  [[nodiscard]] __device__ bool is_set(std::uint32_t bits) const {
    return semantics::above_threshold(semantics::number_of_bits(bits, format), threshold);
  }
};

/// Masks that are made of a map on the way.
class pasted_pixels {
public:
  __device__ pasted_pixels(dense_masks const& masks, std::uint32_t index, std::uint32_t height, std::uint32_t width)
      : first_(mask_begin(masks, index)),
        row_stride_(masks.row_stride),
        column_stride_(masks.column_stride),
        format_(masks.format),
        threshold_(masks.threshold) {
    float const* const box = masks.paste.boxes == nullptr ? nullptr : masks.paste.boxes + 4 * std::size_t{index};
    frame_ = semantics::make_paste_frame(masks.paste.kind, masks.paste.map_height, masks.paste.map_width, height, width,
                                         box, masks.threshold < 0);
  }

  [[nodiscard]] __device__ std::uint32_t load(std::uint32_t row_px, std::uint32_t column_px) const {
    auto const y = static_cast<std::int32_t>(row_px);
    auto const x = static_cast<std::int32_t>(column_px);
    if (y < frame_.y.begin || y >= frame_.y.end || x < frame_.x.begin || x >= frame_.x.end) return 0;
    semantics::paste_tap const row = frame_.y.tap(y);
    semantics::paste_tap const column = frame_.x.tap(x);
    float const low = semantics::paste_mix(column, number(row.low, column.low), number(row.low, column.high));
    float const high = semantics::paste_mix(column, number(row.high, column.low), number(row.high, column.high));
    return semantics::above_threshold(semantics::paste_mix(row, low, high), threshold_) ? 1 : 0;
  }
  [[nodiscard]] __device__ bool is_set(std::uint32_t pixel) const { return pixel != 0; }

private:
  [[nodiscard]] __device__ float number(std::int32_t row, std::int32_t column) const {
    if (row < 0 || row >= frame_.y.size || column < 0 || column >= frame_.x.size) return 0;
    return semantics::read_float(first_ + row * row_stride_ + column * column_stride_, format_);
  }

  unsigned char const* first_;
  std::int64_t row_stride_;
  std::int64_t column_stride_;
  pixel_format format_;
  float threshold_;
  semantics::paste_frame frame_;
};

/// Calls visit(pixels) with what reads the pixels of a mask. Its layout is looked at once, here.
template <class Visit>
__device__ void with_pixels(dense_masks const& masks, std::uint32_t index, std::uint32_t height, std::uint32_t width,
                            Visit visit) {
  unsigned char const* const first = mask_begin(masks, index);
  if (masks.paste.kind != paste_kind::none) return visit(pasted_pixels(masks, index, height, width));
  if (masks.format == pixel_format::bytes) return visit(byte_pixels{first, masks.row_stride, masks.column_stride});
  if (masks.format == pixel_format::bits) return visit(bit_pixels{first, masks.row_stride});
  std::uint64_t const places = reinterpret_cast<std::uintptr_t>(first) | static_cast<std::uint64_t>(masks.row_stride) |
                               static_cast<std::uint64_t>(masks.column_stride);
  auto const visit_numbers = [&]<class Bits>(Bits) {
    if (places % sizeof(Bits) == 0) {
      visit(number_pixels<Bits, true>{first, masks.row_stride, masks.column_stride, masks.format, masks.threshold});
    } else {
      visit(number_pixels<Bits, false>{first, masks.row_stride, masks.column_stride, masks.format, masks.threshold});
    }
  };
  if (masks.format == pixel_format::float32) return visit_numbers(std::uint32_t{});
  visit_numbers(std::uint16_t{});
}

/// The words [first_word, first_word + 32) of a mask, whose bits are row by row: lane j gets word j. A lane reads a
/// pixel of each, and a ballot makes it a word.
template <class Pixels>
[[nodiscard]] __device__ std::uint32_t ballot_words(Pixels const& pixels, std::uint32_t width, std::uint32_t num_pixels,
                                                    std::uint32_t first_word) {
  constexpr unsigned at_a_time = 8;
  std::uint32_t own = 0;
  for (unsigned j = 0; j < warp_size && (first_word + j) * 32 < num_pixels; j += at_a_time) {
    std::uint32_t const first_pixel = (first_word + j) * 32 + lane_id();
    std::uint32_t loaded[at_a_time];
#pragma unroll
    for (unsigned u = 0; u < at_a_time; ++u) {
      // Behind the last pixel that one is read again, so that no load waits for a decision.
      std::uint32_t const pixel = min(first_pixel + u * 32, num_pixels - 1);
      loaded[u] = pixels.load(pixel / width, pixel % width);
    }
#pragma unroll
    for (unsigned u = 0; u < at_a_time; ++u) {
      bool const set = first_pixel + u * 32 < num_pixels && pixels.is_set(loaded[u]);
      unsigned const word = __ballot_sync(all_lanes, set);
      if (lane_id() == j + u) own = word;
    }
  }
  return own;
}

/// The words of a piece of any layout: lane j gets words j, 32 + j, ... of it.
__device__ inline void load_piece(dense_masks const& masks, std::uint32_t index, std::uint32_t height,
                                  std::uint32_t width, std::uint32_t piece, std::uint32_t (&words)[words_per_lane]) {
  with_pixels(masks, index, height, width, [&](auto const& pixels) {
#pragma unroll
    for (std::uint32_t k = 0; k < words_per_lane; ++k) {
      words[k] = ballot_words(pixels, width, height * width, piece * (dense_piece_px / 32) + k * warp_size);
    }
  });
}

/// The same of bytes in a row.
__device__ inline void load_stream_piece(unsigned char const* mask, std::uint32_t num_pixels, std::uint32_t piece,
                                         std::uint32_t (&words)[words_per_lane]) {
  std::uint32_t const shift = shift_of(mask);
  uint4 loaded[words_per_lane][3];
#pragma unroll
  for (std::uint32_t k = 0; k < words_per_lane; ++k) {
    std::int64_t const at = std::int64_t{piece} * dense_piece_px + (k * warp_size + lane_id()) * 32 - shift;
    loaded[k][0] = load_16_pixels(mask, at, num_pixels);
    loaded[k][1] = load_16_pixels(mask, at + 16, num_pixels);
    loaded[k][2] = shift == 0 ? make_uint4(0, 0, 0, 0) : load_16_pixels(mask, at + 32, num_pixels);
  }
#pragma unroll
  for (std::uint32_t k = 0; k < words_per_lane; ++k) {
    std::uint32_t const low = pack_16_pixels(loaded[k][0]) | pack_16_pixels(loaded[k][1]) << 16U;
    words[k] = __funnelshift_r(low, pack_16_pixels(loaded[k][2]), shift);
  }
}

}  // namespace maskmetrics::MASKMETRICS_KERNELS
