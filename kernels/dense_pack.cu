// Dense: what comes before and after the fused pass of dense.cu. Ground truth to bits, bounds to boxes.
//
// In: ground-truth masks [N_g, H, W] of images. Out: their bits, areas, bounds; boxes of both sides.
//
// Mapping: pack_ground_truths, one warp = one piece of 4,096 pixels of a mask, in four steps of 1,024; a ballot packs
// 32 pixels, a lane keeps and writes one word a step. Ground truth is few beside detections, so one path serves all
// layouts. No shared memory; five atomics a warp that saw a pixel.
#include "common/search.cuh"
#include "dense.cuh"

namespace maskmetrics::MASKMETRICS_KERNELS {

namespace {

struct dense_pack_policy {
  static constexpr unsigned warps_per_block = 8;
  static constexpr unsigned threads = 256;
};

/// One warp = one piece of a mask.
__global__ void __launch_bounds__(dense_pack_policy::warps_per_block* warp_size)
    pack_ground_truths(dense_job job, std::uint64_t num_pieces) {
  std::uint64_t const at = std::uint64_t{blockIdx.x} * dense_pack_policy::warps_per_block + threadIdx.x / warp_size;
  if (at >= num_pieces) return;
  std::size_t const i = group_of(job.ground_truth_piece_begin, at);
  dense_image const& image = job.images[i];
  std::uint32_t const num_pixels = image.height * image.width;
  std::uint32_t const pieces = pieces_of(num_pixels);
  auto const in_image = static_cast<std::uint32_t>(at - job.ground_truth_piece_begin[i]);
  std::uint32_t const g = in_image / pieces;
  std::uint32_t const first_pixel = (in_image - g * pieces) * dense_piece_px;
  std::uint32_t const num_words = words_of(num_pixels);
  std::uint32_t* const words =
      job.ground_truth_words.data() + job.offsets[i].ground_truth_word + std::uint64_t{g} * num_words;
  mask_pixels const mask(image.ground_truths, g, image.height, image.width);
  bool const is_stream = is_pixel_stream(image.ground_truths, image.width);
  dense_tally tally;
  for (std::uint32_t step = 0; step < dense_piece_px; step += warp_size * warp_size) {
    if (first_pixel + step >= num_pixels) break;
    std::uint32_t const word = ballot_words(mask, is_stream, image.width, num_pixels, first_pixel + step);
    std::uint32_t const w = (first_pixel + step) / 32 + lane_id();
    if (w < num_words) words[w] = word;
    tally.take(word, std::int64_t{w} * 32, image.width);
  }
  if (__any_sync(all_lanes, tally.lane_area_px != 0) == 0) return;
  std::uint64_t const total = job.offsets[i].ground_truth + g;
  tally.add_to(job.out.ground_truth_areas_px[total], job.ground_truth_bounds[total]);
}

__global__ void __launch_bounds__(dense_pack_policy::threads) clear_bounds(view<semantics::bounds_of_words> bounds) {
  std::size_t const m = std::size_t{blockIdx.x} * dense_pack_policy::threads + threadIdx.x;
  if (m < bounds.size()) bounds[m] = {};
}

/// One thread = one mask. @param is_detection  else ground truth
__global__ void __launch_bounds__(dense_pack_policy::threads) write_boxes(dense_job job, bool is_detection) {
  view<box> const boxes = is_detection ? job.out.detection_boxes : job.out.ground_truth_boxes;
  std::uint64_t const m = std::uint64_t{blockIdx.x} * dense_pack_policy::threads + threadIdx.x;
  if (m >= boxes.size()) return;
  std::size_t const i = is_detection ? image_of<&dense_offsets::detection>(job.offsets, m)
                                     : image_of<&dense_offsets::ground_truth>(job.offsets, m);
  boxes[m] = (is_detection ? job.detection_bounds : job.ground_truth_bounds)[m].bounds(job.images[i].width);
}

template <class T>
void clear(view<T> values, stream_ref stream) {
  fill_bytes(values.data(), 0, values.size() * sizeof(T), stream);
}

}  // namespace

void prepare_dense(dense_job const& job, std::uint64_t num_ground_truth_pieces, stream_ref stream) {
  clear(job.out.intersections_px, stream);
  clear(job.out.detection_areas_px, stream);
  clear(job.out.ground_truth_areas_px, stream);
  constexpr unsigned threads = dense_pack_policy::threads;
  launch(&clear_bounds, ceil_div(job.detection_bounds.size(), threads), threads, 0, stream, job.detection_bounds);
  launch(&clear_bounds, ceil_div(job.ground_truth_bounds.size(), threads), threads, 0, stream, job.ground_truth_bounds);
  launch(&pack_ground_truths, ceil_div(num_ground_truth_pieces, dense_pack_policy::warps_per_block),
         dense_pack_policy::warps_per_block * warp_size, 0, stream, job, num_ground_truth_pieces);
}

void finish_dense(dense_job const& job, stream_ref stream) {
  constexpr unsigned threads = dense_pack_policy::threads;
  launch(&write_boxes, ceil_div(job.out.detection_boxes.size(), threads), threads, 0, stream, job, true);
  launch(&write_boxes, ceil_div(job.out.ground_truth_boxes.size(), threads), threads, 0, stream, job, false);
}

}  // namespace maskmetrics::MASKMETRICS_KERNELS
