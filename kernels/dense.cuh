/// @file
/// What the kernels of stage dense share.
#pragma once

#include <cstdint>

#include <maskmetrics/dense.hpp>
#include <maskmetrics/semantics/boundary.hpp>
#include <maskmetrics/semantics/dense.hpp>
#include <maskmetrics/semantics/paste.hpp>

#include "common/warp.cuh"

namespace maskmetrics::MASKMETRICS_KERNELS {

/// Where the results and the work of an image start.
struct dense_offsets {
  std::uint64_t pair = 0;
  std::uint64_t detection = 0;
  std::uint64_t ground_truth = 0;
  std::uint64_t ground_truth_word = 0;
  std::uint64_t detection_piece = 0;          ///< pieces of detection masks in the images before
  std::uint64_t ground_truth_piece = 0;       ///< the same of ground truth
  std::uint64_t detection_strip_word = 0;     ///< words of 64 rows of all detections in the images before
  std::uint64_t ground_truth_strip_word = 0;  ///< the same of ground truth
};

/// Masks of one side are cut into pieces of this many pixels, a warp each; a whole number of pieces a mask.
inline constexpr std::uint32_t dense_piece_px = 4096;

/// One call's input and scratch in device memory.
struct dense_job {
  view<dense_image const> images;                        ///< [I]
  view<dense_offsets const> offsets;                     ///< [I+1]
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

/// True where a mask's pixels follow one another row by row.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr bool is_pixel_stream(dense_masks const& masks, std::uint32_t width) {
  std::int64_t const pixel = semantics::bytes_per_pixel(masks.format);
  return masks.format != pixel_format::bits && masks.paste.kind == paste_kind::none && masks.column_stride == pixel &&
         masks.row_stride == pixel * width;
}
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr bool is_byte_stream(dense_masks const& masks, std::uint32_t width) {
  return masks.format == pixel_format::bytes && is_pixel_stream(masks, width);
}

[[nodiscard]] __device__ inline unsigned char const* mask_begin(dense_masks const& masks, std::uint32_t index) {
  return static_cast<unsigned char const*>(masks.data) + static_cast<std::int64_t>(index) * masks.mask_stride;
}

/// Pairs of two categories are left out.
[[nodiscard]] __device__ inline bool is_pair(dense_image const& image, std::uint32_t detection,
                                             std::uint32_t ground_truth) {
  return image.detection_labels == nullptr ||
         image.detection_labels[detection] == image.ground_truth_labels[ground_truth];
}

/// One mask of any layout, pixel by pixel.
class mask_pixels {
public:
  __device__ mask_pixels(dense_masks const& masks, std::uint32_t index, std::uint32_t height, std::uint32_t width)
      : masks_(masks), first_(mask_begin(masks, index)) {
    if (masks.paste.kind == paste_kind::none) return;
    float const* const box = masks.paste.boxes == nullptr ? nullptr : masks.paste.boxes + 4 * std::size_t{index};
    frame_ = semantics::make_paste_frame(masks.paste.kind, masks.paste.map_height, masks.paste.map_width, height, width,
                                         box, masks.threshold < 0);
  }

  [[nodiscard]] __device__ bool at(std::uint32_t y, std::uint32_t x) const {
    if (masks_.paste.kind != paste_kind::none)
      return pasted(static_cast<std::int32_t>(y), static_cast<std::int32_t>(x));
    return semantics::is_foreground(first_ + y * masks_.row_stride, x, masks_.column_stride, masks_.format,
                                    masks_.threshold);
  }
  /// Of a pixel stream. @param pixel  row by row
  [[nodiscard]] __device__ bool in_stream(std::uint32_t pixel) const {
    return semantics::is_foreground(first_, pixel, masks_.column_stride, masks_.format, masks_.threshold);
  }

private:
  [[nodiscard]] __device__ float number(std::int32_t row, std::int32_t column) const {
    if (row < 0 || row >= frame_.y.size || column < 0 || column >= frame_.x.size) return 0;
    return semantics::read_float(first_ + row * masks_.row_stride + column * masks_.column_stride, masks_.format);
  }
  [[nodiscard]] __device__ bool pasted(std::int32_t y, std::int32_t x) const {
    if (y < frame_.y.begin || y >= frame_.y.end || x < frame_.x.begin || x >= frame_.x.end) return false;
    semantics::paste_tap const row = frame_.y.tap(y);
    semantics::paste_tap const column = frame_.x.tap(x);
    float const low = semantics::paste_mix(column, number(row.low, column.low), number(row.low, column.high));
    float const high = semantics::paste_mix(column, number(row.high, column.low), number(row.high, column.high));
    return semantics::above_threshold(semantics::paste_mix(row, low, high), masks_.threshold);
  }

  dense_masks const& masks_;
  unsigned char const* first_;
  semantics::paste_frame frame_;
};

/// Words of 32 pixels from masks of any layout: a lane reads a pixel, a ballot makes a word; lane j gets word j.
/// @param first_pixel  of lane 0's word; pixels from @p num_pixels on count as background
[[nodiscard]] __device__ inline std::uint32_t ballot_words(mask_pixels const& mask, bool is_stream, std::uint32_t width,
                                                           std::uint32_t num_pixels, std::uint32_t first_pixel) {
  std::uint32_t own = 0;
  for (unsigned j = 0; j < warp_size && first_pixel + j * warp_size < num_pixels; ++j) {
    std::uint32_t const pixel = first_pixel + j * warp_size + lane_id();
    bool set = false;
    if (pixel < num_pixels) set = is_stream ? mask.in_stream(pixel) : mask.at(pixel / width, pixel % width);
    unsigned const word = __ballot_sync(all_lanes, set);
    if (lane_id() == j) own = word;
  }
  return own;
}

/// The image that element @p at belongs to, where elements are counted by a member of dense_offsets. Images may be
/// empty.
template <std::uint64_t dense_offsets::*Begin>
[[nodiscard]] __device__ std::size_t image_of(view<dense_offsets const> offsets, std::uint64_t at) {
  std::size_t low = 0;
  std::size_t high = offsets.size() - 1;
  while (high - low > 1) {
    std::size_t const middle = low + (high - low) / 2;
    (offsets[middle].*Begin <= at ? low : high) = middle;
  }
  return low;
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

/// Words of 64 rows that a whole mask takes.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr std::uint64_t strip_words_of(dense_image const& image) {
  return std::uint64_t{(image.height + semantics::strip_rows - 1) / semantics::strip_rows} * image.width;
}

/// Boundaries of the pairs whose masks suffice (dense_boundary.cu); after finish_dense(). Does not wait.
/// @param host_images, host_offsets  the same as the job's, on the host
void dense_boundary_overlaps(context const& ctx, dense_job const& job, view<dense_image const> host_images,
                             view<dense_offsets const> host_offsets, dense_boundaries const& boundaries);

}  // namespace maskmetrics::MASKMETRICS_KERNELS
