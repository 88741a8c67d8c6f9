/// @file
/// What the kernels of stage dense share.
#pragma once

#include <cstdint>

#include <maskmetrics/dense.hpp>
#include <maskmetrics/semantics/boundary.hpp>

#include "common/search.cuh"
#include "dense_pixels.cuh"

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

/// An image and where its part of everything starts.
struct placed_image {
  dense_image masks;
  dense_offsets begin;
};

/// One call's input and scratch in device memory.
struct dense_job {
  view<placed_image const> images;                       ///< [I+1]; of the last one there is only where it would start
  view<std::uint32_t> ground_truth_words;                ///< bits of ground truth, row-major, words_of() a mask
  view<semantics::bounds_of_words> detection_bounds;     ///< [sum of N_d]
  view<semantics::bounds_of_words> ground_truth_bounds;  ///< [sum of N_g]
  dense_output out;
};

[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr std::uint32_t pixels_of(dense_image const& image) {
  return image.height * image.width;
}

/// Pieces of a mask. Those of a byte stream are cut where addresses are multiples of 16, so that the first one may be
/// up to 15 pixels shorter.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr std::uint32_t pieces_of(dense_image const& image) {
  constexpr std::uint32_t max_shift = 15;
  std::uint32_t const num_pixels = pixels_of(image);
  return num_pixels == 0 ? 0U : (num_pixels + max_shift + dense_piece_px - 1) / dense_piece_px;
}

/// Pairs of two categories are left out.
[[nodiscard]] __device__ inline bool is_pair(dense_image const& image, std::uint32_t detection,
                                             std::uint32_t ground_truth) {
  return image.detection_labels == nullptr ||
         image.detection_labels[detection] == image.ground_truth_labels[ground_truth];
}

/// The image that element @p at belongs to, where elements are counted by a member of dense_offsets. Images may be
/// empty.
template <std::uint64_t dense_offsets::*Begin>
[[nodiscard]] __device__ std::size_t image_of(view<placed_image const> images, std::uint64_t at) {
  return group_of(images, at, [](placed_image const& image) { return image.begin.*Begin; });
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
/// Turns bounds into boxes, of those sides that have some (dense_pack.cu).
void finish_dense(dense_job const& job, stream_ref stream);

/// Words of 64 rows that a whole mask takes.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr std::uint64_t strip_words_of(dense_image const& image) {
  return std::uint64_t{(image.height + semantics::strip_rows - 1) / semantics::strip_rows} * image.width;
}

/// Boundaries of the pairs whose masks suffice (dense_boundary.cu); after finish_dense(). Does not wait.
/// @param host_images  the same as the job's, on the host
void dense_boundary_overlaps(context const& ctx, dense_job const& job, view<placed_image const> host_images,
                             dense_boundaries const& boundaries);

}  // namespace maskmetrics::MASKMETRICS_KERNELS
