// Dense: intersections of all detections with all ground truth of their image, areas and tight boxes, from pixels.
//
// In: detection masks [N_d, H, W] of images, bytes or bits, any strides; bits of ground truth (dense_pack.cu). Out:
// intersections [N_d, N_g] of every image, areas and bounds [N_d].
//
// Mapping: one warp = one piece of 4,096 pixels of a detection. Every byte of a detection is read once. Where pixels
// are bytes in a row, by aligned loads of 16 bytes, whatever the mask's own alignment: the words that they make are
// shifted against the mask by up to 15 pixels, and ground-truth words are shifted to them (a funnel shift) instead. A
// lane packs 16 pixels of two loads into halves of words; one shuffle joins halves, so that each lane has four words in
// registers. Only the first and the last load of a mask may be short. Other layouts are packed by ballots
// (dense_pixels.cuh).
//
// Packed detections never leave registers: for each ground truth that reaches into the piece, which the lanes look for
// together, a lane ANDs and counts its four words, the warp adds up, and one atomic adds to the pair's count. Pieces
// without a pixel stop before that.
//
// No shared memory, no barrier. Floor: the bytes of the detections over the memory's bandwidth.
#include <algorithm>
#include <vector>

#include "common/transfer.cuh"
#include "common/workspace.cuh"
#include "dense.cuh"
#include "stages.hpp"

namespace maskmetrics::MASKMETRICS_KERNELS {

namespace {

struct dense_policy {
  static constexpr unsigned warps_per_block = 8;
};

/// A lane's part of a piece: words of 32 pixels and the pixel at which each starts, which may lie before the mask.
struct piece_words {
  std::uint32_t word[words_per_lane];
  std::int64_t pixel[words_per_lane];
};

/// Bytes in a row, each read by one lane alone. @param first  pixel of the piece
__device__ void load_once(unsigned char const* mask, std::int64_t first, std::uint32_t num_pixels, piece_words& out) {
  constexpr std::uint32_t step_px = 16 * warp_size;  // of one load of the warp
  uint4 loaded[2 * words_per_lane];
#pragma unroll
  for (std::uint32_t i = 0; i < 2 * words_per_lane; ++i) {
    loaded[i] = load_16_pixels(mask, first + i * step_px + 16 * lane_id(), num_pixels);
  }
  bool const odd = lane_id() % 2 != 0;
#pragma unroll
  for (std::uint32_t k = 0; k < words_per_lane; ++k) {
    // Of two loads the even lane joins the halves of the first one, the odd lane those of the second.
    std::uint32_t const a = pack_16_pixels(loaded[2 * k]);
    std::uint32_t const b = pack_16_pixels(loaded[2 * k + 1]);
    std::uint32_t const other = __shfl_xor_sync(all_lanes, odd ? a : b, 1);
    out.word[k] = odd ? other | b << 16U : a | other << 16U;
    out.pixel[k] = first + (2 * k + (odd ? 1U : 0U)) * step_px + lane_id() / 2 * 32;
  }
}

/// Any layout.
__device__ void load_any(dense_image const& image, std::uint32_t d, std::uint32_t piece, piece_words& out) {
  load_piece(image.detections, d, image.height, image.width, piece, out.word);
#pragma unroll
  for (std::uint32_t k = 0; k < words_per_lane; ++k) {
    out.pixel[k] = std::int64_t{piece} * dense_piece_px + (k * warp_size + lane_id()) * 32;
  }
}

/// The ground truth's pixels [pixel, pixel + 32). @param shift  pixel mod 32, the same for all words of a mask
[[nodiscard]] __device__ std::uint32_t bits_at(std::uint32_t const* words, std::int64_t num_words, std::int64_t pixel,
                                               std::uint32_t shift) {
  std::int64_t const w = (pixel - shift) / 32;
  std::uint32_t const low = w >= 0 && w < num_words ? words[w] : 0U;
  if (shift == 0) return low;
  std::uint32_t const high = w + 1 < num_words ? words[w + 1] : 0U;
  return __funnelshift_r(low, high, shift);
}

/// One warp = one piece of a detection.
/// @tparam Streams  all detections are bytes in a row, which takes fewer registers
template <bool Streams>
__global__ void __launch_bounds__(dense_policy::warps_per_block* warp_size)
    intersect(dense_job job, std::uint64_t num_pieces) {
  std::uint64_t const at = std::uint64_t{blockIdx.x} * dense_policy::warps_per_block + threadIdx.x / warp_size;
  if (at >= num_pieces) return;
  placed_image const& placed = job.images[image_of<&dense_offsets::detection_piece>(job.images, at)];
  dense_image const& image = placed.masks;
  std::uint32_t const num_pixels = pixels_of(image);
  std::uint32_t const pieces = pieces_of(image);
  // 32 bits count the pieces of an image of 17 TB.
  auto const in_image = static_cast<std::uint32_t>(at - placed.begin.detection_piece);
  std::uint32_t const d = in_image / pieces;
  std::uint32_t const piece = in_image - d * pieces;
  unsigned char const* const mask = mask_begin(image.detections, d);
  bool const is_stream = Streams || is_byte_stream(image.detections, image.width);
  std::uint32_t const shift = is_stream ? shift_of(mask) : 0;
  std::int64_t const piece_begin = std::int64_t{piece} * dense_piece_px - shift;
  if (piece_begin >= num_pixels) return;
  piece_words words;
  if (is_stream) {
    load_once(mask, piece_begin, num_pixels, words);
  } else {
    load_any(image, d, piece, words);
  }

  dense_tally tally;
#pragma unroll
  for (std::uint32_t k = 0; k < words_per_lane; ++k) tally.take(words.word[k], words.pixel[k], image.width);
  if (__any_sync(all_lanes, tally.lane_area_px != 0) == 0) return;
  std::uint64_t const total = placed.begin.detection + d;
  tally.add_to(job.out.detection_areas_px[total], job.detection_bounds[total]);

  std::uint32_t const num_ground_truths = image.ground_truths.count;
  std::uint32_t const num_words = words_of(num_pixels);
  std::uint32_t const word_shift = (32 - shift) % 32;
  std::uint32_t const* const ground_truth_words = job.ground_truth_words.data() + placed.begin.ground_truth_word;
  semantics::bounds_of_words const* const bounds = job.ground_truth_bounds.data() + placed.begin.ground_truth;
  std::uint32_t* const common_px =
      job.out.intersections_px.data() + placed.begin.pair + std::uint64_t{d} * num_ground_truths;
  for (std::uint32_t first = 0; first < num_ground_truths; first += warp_size) {
    std::uint32_t const own = first + lane_id();
    bool const reaches = own < num_ground_truths && bounds[own].first_pixel < piece_begin + dense_piece_px &&
                         bounds[own].last_pixel >= piece_begin && is_pair(image, d, own);
    for (unsigned left = __ballot_sync(all_lanes, reaches); left != 0; left &= left - 1) {
      std::uint32_t const g = first + static_cast<std::uint32_t>(__ffs(static_cast<int>(left)) - 1);
      std::uint32_t const* const other = ground_truth_words + std::uint64_t{g} * num_words;
      std::uint32_t common = 0;
#pragma unroll
      for (std::uint32_t k = 0; k < words_per_lane; ++k) {
        common +=
            static_cast<std::uint32_t>(__popc(words.word[k] & bits_at(other, num_words, words.pixel[k], word_shift)));
      }
      common = warp_sum(common);
      if (lane_id() == 0 && common != 0) atomicAdd(&common_px[g], common);
    }
  }
}

/// The images with where their parts start, on the host. [I+1]
[[nodiscard]] std::vector<placed_image> place_images(view<dense_image const> images) {
  std::vector<placed_image> placed(images.size() + 1);
  for (std::size_t i = 0; i < images.size(); ++i) {
    dense_image const& image = images[i];
    std::uint64_t const num_detections = image.detections.count;
    std::uint64_t const num_ground_truths = image.ground_truths.count;
    placed[i].masks = image;
    dense_offsets next = placed[i].begin;
    next.pair += num_detections * num_ground_truths;
    next.detection += num_detections;
    next.ground_truth += num_ground_truths;
    next.ground_truth_word += num_ground_truths * words_of(pixels_of(image));
    next.detection_piece += num_detections * pieces_of(image);
    next.ground_truth_piece += num_ground_truths * pieces_of(image);
    next.detection_strip_word += num_detections * strip_words_of(image);
    next.ground_truth_strip_word += num_ground_truths * strip_words_of(image);
    placed[i + 1].begin = next;
  }
  return placed;
}

}  // namespace

void dense_overlaps(context const& ctx, view<dense_image const> const& images, dense_boundaries const& boundaries,
                    dense_output const& out) {
  if (images.empty()) return;
  std::vector<placed_image> const placed = place_images(images);
  dense_offsets const& total = placed.back().begin;
  // Boundaries are looked for inside of boxes.
  auto const own_boxes = [&](view<box> given, std::uint64_t count) {
    return boundaries.wanted() && given.empty() ? count : 0;
  };
  workspace_plan plan;
  auto const images_there = plan.add<placed_image>(placed.size());
  auto const ground_truth_words = plan.add<std::uint32_t>(total.ground_truth_word);
  auto const detection_bounds = plan.add<semantics::bounds_of_words>(total.detection);
  auto const ground_truth_bounds = plan.add<semantics::bounds_of_words>(total.ground_truth);
  auto const detection_boxes = plan.add<box>(own_boxes(out.detection_boxes, total.detection));
  auto const ground_truth_boxes = plan.add<box>(own_boxes(out.ground_truth_boxes, total.ground_truth));
  stage_workspace const memory(ctx, plan);
  upload_in_order(ctx, memory[images_there].data(), placed.data(), placed.size() * sizeof(placed_image));
  dense_job job{memory[images_there], memory[ground_truth_words], memory[detection_bounds], memory[ground_truth_bounds],
                out};
  if (detection_boxes.count != 0) job.out.detection_boxes = memory[detection_boxes];
  if (ground_truth_boxes.count != 0) job.out.ground_truth_boxes = memory[ground_truth_boxes];
  prepare_dense(job, total.ground_truth_piece, ctx.stream);
  bool const streams = std::all_of(images.begin(), images.end(), [](dense_image const& image) {
    return image.detections.count == 0 || is_byte_stream(image.detections, image.width);
  });
  launch(streams ? &intersect<true> : &intersect<false>, ceil_div(total.detection_piece, dense_policy::warps_per_block),
         dense_policy::warps_per_block * warp_size, 0, ctx.stream, job, total.detection_piece);
  finish_dense(job, ctx.stream);
  if (boundaries.wanted()) dense_boundary_overlaps(ctx, job, {placed.data(), placed.size()}, boundaries);
}

}  // namespace maskmetrics::MASKMETRICS_KERNELS
