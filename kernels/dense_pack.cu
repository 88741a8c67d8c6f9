// Dense: what comes before and after the fused pass of dense.cu. Totals to nothing, ground truth to bits, bounds to
// boxes.
//
// In: ground-truth masks [N_g, H, W] of images. Out: their bits, areas, bounds; boxes of both sides.
//
// Mapping: clear_totals, one thread = one element of each array; pack_ground_truths, one warp = one piece of 4,096
// pixels of a mask, whose words are made as dense_pixels.cuh says, and written; write_boxes, one thread = one mask. No
// shared memory; five atomics a warp that saw a pixel.
#include <algorithm>

#include "dense.cuh"

namespace maskmetrics::MASKMETRICS_KERNELS {

namespace {

struct dense_pack_policy {
  static constexpr unsigned warps_per_block = 8;
  static constexpr unsigned threads = 256;
};

template <class T>
__device__ void clear(view<T> values, std::uint64_t at) {
  if (at < values.size()) values[at] = {};
}

__global__ void __launch_bounds__(dense_pack_policy::threads) clear_totals(dense_job job) {
  std::uint64_t const at = std::uint64_t{blockIdx.x} * dense_pack_policy::threads + threadIdx.x;
  clear(job.out.intersections_px, at);
  clear(job.out.detection_areas_px, at);
  clear(job.out.ground_truth_areas_px, at);
  clear(job.out.boundary_intersections_px, at);
  clear(job.out.detection_boundary_areas_px, at);
  clear(job.out.ground_truth_boundary_areas_px, at);
  clear(job.detection_bounds, at);
  clear(job.ground_truth_bounds, at);
}

/// One warp = one piece of a mask.
__global__ void __launch_bounds__(dense_pack_policy::warps_per_block* warp_size)
    pack_ground_truths(dense_job job, std::uint64_t num_pieces) {
  std::uint64_t const at = std::uint64_t{blockIdx.x} * dense_pack_policy::warps_per_block + threadIdx.x / warp_size;
  if (at >= num_pieces) return;
  placed_image const& placed = job.images[image_of<&dense_offsets::ground_truth_piece>(job.images, at)];
  dense_image const& image = placed.masks;
  std::uint32_t const num_pixels = pixels_of(image);
  std::uint32_t const pieces = pieces_of(image);
  auto const in_image = static_cast<std::uint32_t>(at - placed.begin.ground_truth_piece);
  std::uint32_t const g = in_image / pieces;
  std::uint32_t const piece = in_image - g * pieces;
  if (std::uint64_t{piece} * dense_piece_px >= num_pixels) return;
  std::uint32_t words[words_per_lane];
  if (is_byte_stream(image.ground_truths, image.width)) {
    load_stream_piece(mask_begin(image.ground_truths, g), num_pixels, piece, words);
  } else {
    load_piece(image.ground_truths, g, image.height, image.width, piece, words);
  }
  std::uint32_t const num_words = words_of(num_pixels);
  std::uint32_t* const packed =
      job.ground_truth_words.data() + placed.begin.ground_truth_word + std::uint64_t{g} * num_words;
  dense_tally tally;
#pragma unroll
  for (std::uint32_t k = 0; k < words_per_lane; ++k) {
    std::uint32_t const w = piece * (dense_piece_px / 32) + k * warp_size + lane_id();
    if (w < num_words) packed[w] = words[k];
    tally.take(words[k], std::int64_t{w} * 32, image.width);
  }
  if (__any_sync(all_lanes, tally.lane_area_px != 0) == 0) return;
  std::uint64_t const total = placed.begin.ground_truth + g;
  tally.add_to(job.out.ground_truth_areas_px[total], job.ground_truth_bounds[total]);
}

/// One thread = one mask, detections first.
__global__ void __launch_bounds__(dense_pack_policy::threads) write_boxes(dense_job job) {
  std::uint64_t const at = std::uint64_t{blockIdx.x} * dense_pack_policy::threads + threadIdx.x;
  view<box> const of_detections = job.out.detection_boxes;
  view<box> const of_ground_truths = job.out.ground_truth_boxes;
  if (at < of_detections.size()) {
    std::size_t const i = image_of<&dense_offsets::detection>(job.images, at);
    of_detections[at] = job.detection_bounds[at].bounds(job.images[i].masks.width);
  } else if (std::uint64_t const g = at - of_detections.size(); g < of_ground_truths.size()) {
    std::size_t const i = image_of<&dense_offsets::ground_truth>(job.images, g);
    of_ground_truths[g] = job.ground_truth_bounds[g].bounds(job.images[i].masks.width);
  }
}

}  // namespace

void prepare_dense(dense_job const& job, std::uint64_t num_ground_truth_pieces, stream_ref stream) {
  constexpr unsigned threads = dense_pack_policy::threads;
  // No other array is longer than these.
  std::uint64_t const longest =
      std::max({job.out.intersections_px.size(), job.detection_bounds.size(), job.ground_truth_bounds.size()});
  launch(&clear_totals, ceil_div(longest, threads), threads, 0, stream, job);
  launch(&pack_ground_truths, ceil_div(num_ground_truth_pieces, dense_pack_policy::warps_per_block),
         dense_pack_policy::warps_per_block * warp_size, 0, stream, job, num_ground_truth_pieces);
}

void finish_dense(dense_job const& job, stream_ref stream) {
  constexpr unsigned threads = dense_pack_policy::threads;
  launch(&write_boxes, ceil_div(job.out.detection_boxes.size() + job.out.ground_truth_boxes.size(), threads), threads,
         0, stream, job);
}

}  // namespace maskmetrics::MASKMETRICS_KERNELS
