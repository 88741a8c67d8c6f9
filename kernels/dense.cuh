/// @file
/// What the kernels of stage dense share.
#pragma once

#include <cstdint>

#include <maskmetrics/dense.hpp>
#include <maskmetrics/semantics/dense.hpp>

#include "common/warp.cuh"

namespace maskmetrics::MASKMETRICS_KERNELS {

/// Where the results and the work of an image start.
struct dense_offsets {
  std::uint64_t pair = 0;
  std::uint64_t detection = 0;
  std::uint64_t ground_truth = 0;
  std::uint64_t ground_truth_word = 0;
  std::uint64_t detection_piece = 0;     ///< pieces of detection masks in the images before
  std::uint64_t ground_truth_piece = 0;  ///< the same of ground truth
};

/// Masks of one side are cut into pieces of this many pixels, a warp each; a whole number of pieces a mask.
inline constexpr std::uint32_t dense_piece_px = 4096;

/// One call's input and scratch in device memory.
struct dense_job {
  view<dense_image const> images;                        ///< [I]
  view<dense_offsets const> offsets;                     ///< [I]
  view<std::uint64_t const> detection_piece_begin;       ///< [I+1]
  view<std::uint64_t const> ground_truth_piece_begin;    ///< [I+1]
  view<std::uint32_t> ground_truth_words;                ///< bits of ground truth, row-major, words_of() a mask
  view<semantics::bounds_of_words> detection_bounds;     ///< [sum of N_d]
  view<semantics::bounds_of_words> ground_truth_bounds;  ///< [sum of N_g]
  dense_output out;
};

/// Words of 32 pixels that a packed mask takes.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr std::uint32_t words_of(std::uint32_t num_pixels) {
  return (num_pixels + 31) / 32;
}

/// Bytes by which a mask may start behind a multiple of 16; pieces are cut at multiples.
inline constexpr std::uint32_t dense_max_shift = 15;

[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr std::uint32_t pieces_of(std::uint32_t num_pixels) {
  return num_pixels == 0 ? 0U : (num_pixels + dense_max_shift + dense_piece_px - 1) / dense_piece_px;
}

/// True where a mask's pixels are bytes that follow one another row by row.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr bool is_byte_stream(dense_masks const& masks, std::uint32_t width) {
  return masks.format == pixel_format::bytes && masks.column_stride == 1 && masks.row_stride == std::int64_t{width};
}

[[nodiscard]] __device__ inline unsigned char const* mask_begin(dense_masks const& masks, std::uint32_t index) {
  return static_cast<unsigned char const*>(masks.data) + static_cast<std::int64_t>(index) * masks.mask_stride;
}

/// Words of 32 pixels from masks of any layout: a lane reads a pixel, a ballot makes a word; lane j gets word j.
/// @param first_pixel  of lane 0's word; pixels from @p num_pixels on count as background
[[nodiscard]] __device__ inline std::uint32_t ballot_words(dense_masks const& masks, unsigned char const* mask,
                                                           std::uint32_t width, std::uint32_t num_pixels,
                                                           std::uint32_t first_pixel) {
  bool const is_stream = is_byte_stream(masks, width);
  std::uint32_t own = 0;
  for (unsigned j = 0; j < warp_size && first_pixel + j * warp_size < num_pixels; ++j) {
    std::uint32_t const pixel = first_pixel + j * warp_size + lane_id();
    bool set = false;
    if (pixel < num_pixels) {
      if (is_stream) {
        set = mask[pixel] != 0;
      } else {
        std::int64_t const y = pixel / width;
        std::int64_t const x = pixel % width;
        set = masks.format == pixel_format::bits ? (mask[y * masks.row_stride + x / 8] >> (x % 8) & 1) != 0
                                                 : mask[y * masks.row_stride + x * masks.column_stride] != 0;
      }
    }
    unsigned const word = __ballot_sync(all_lanes, set);
    if (lane_id() == j) own = word;
  }
  return own;
}

/// What a warp learns of one mask from some of its words; added to the mask's totals by atomics.
struct dense_tally {
  std::uint32_t lane_area_px = 0;
  semantics::bounds_of_words lane_bounds;

  __device__ void take(std::uint32_t word, std::int64_t pixel, std::uint32_t width) {
    if (word == 0) return;
    lane_area_px += static_cast<std::uint32_t>(__popc(word));
    lane_bounds.take(word, pixel, static_cast<std::uint32_t>(__ffs(static_cast<int>(word)) - 1), highest_bit(word),
                     width);
  }

  /// All lanes. @pre some lane has taken a pixel
  __device__ void add_to(std::uint32_t& area_px, semantics::bounds_of_words& bounds) const {
    std::uint32_t const area = warp_sum(lane_area_px);
    std::uint32_t const first_pixel = warp_min(lane_bounds.first_pixel);
    std::uint32_t const last_pixel = warp_max(lane_bounds.last_pixel);
    std::uint32_t const x_begin = warp_min(lane_bounds.x_begin);
    std::uint32_t const x_last = warp_max(lane_bounds.x_last);
    if (lane_id() != 0) return;
    atomicAdd(&area_px, area);
    atomicMin(&bounds.first_pixel, first_pixel);
    atomicMax(&bounds.last_pixel, last_pixel);
    atomicMin(&bounds.x_begin, x_begin);
    atomicMax(&bounds.x_last, x_last);
  }
};

/// Sets totals to nothing and packs the ground truth, with its areas and bounds (dense_pack.cu).
void prepare_dense(dense_job const& job, std::uint64_t num_ground_truth_pieces, stream_ref stream);
/// Turns bounds into boxes (dense_pack.cu).
void finish_dense(dense_job const& job, stream_ref stream);

}  // namespace maskmetrics::MASKMETRICS_KERNELS
