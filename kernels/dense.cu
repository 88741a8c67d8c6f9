// Dense: intersections of all detections with all ground truth of their image, areas and tight boxes, from pixels.
//
// In: detection masks [N_d, H, W] of images, bytes or bits, any strides; bits of ground truth (dense_pack.cu). Out:
// intersections [N_d, N_g] of every image, areas and bounds [N_d].
//
// Mapping: one warp = one piece of 4,096 pixels of a detection. Every byte of a detection is read once. Where pixels
// are bytes in a row, by aligned loads of 16 bytes, whatever the mask's own alignment: the words that they make are
// shifted against the mask by up to 15 pixels, and ground-truth words are shifted to them (a funnel shift) instead. A
// lane packs 16 pixels of two loads into halves of words; one shuffle joins halves, so that each lane has four words in
// registers. Only the first and the last load of a mask may be short. Other layouts are packed by ballots.
//
// Packed detections never leave registers: for each ground truth that reaches into the piece, a lane ANDs and counts
// its four words, the warp adds up, and one atomic adds to the pair's count. Pieces without a pixel stop before that.
//
// No shared memory, no barrier. Floor: the bytes of the detections over the memory's bandwidth.
#include <utility>
#include <vector>

#include "common/search.cuh"
#include "common/transfer.cuh"
#include "dense.cuh"
#include "stages.hpp"

namespace maskmetrics::MASKMETRICS_KERNELS {

namespace {

struct dense_policy {
  static constexpr unsigned warps_per_block = 8;
};

constexpr std::uint32_t words_per_lane = dense_piece_px / 32 / warp_size;

/// A lane's part of a piece: words of 32 pixels and the pixel at which each starts, which may lie before the mask.
struct piece_words {
  std::uint32_t word[words_per_lane];
  std::int64_t pixel[words_per_lane];
};

/// 16 bytes of a mask. @param at  of the first byte, from the mask's first pixel; bytes outside of the mask are 0
[[nodiscard]] __device__ uint4 load_pixels(unsigned char const* mask, std::int64_t at, std::uint32_t num_pixels) {
  if (at >= 0 && at + 16 <= num_pixels) return __ldg(reinterpret_cast<uint4 const*>(mask + at));
  std::uint32_t four[4] = {0, 0, 0, 0};
#pragma unroll
  for (int i = 0; i < 16; ++i) {
    if (at + i >= 0 && at + i < num_pixels) four[i / 4] |= std::uint32_t{mask[at + i]} << (8 * (i % 4));
  }
  return make_uint4(four[0], four[1], four[2], four[3]);
}

[[nodiscard]] __device__ std::uint32_t pack(uint4 const& pixels) {
  return semantics::pack_four_bytes(pixels.x) | semantics::pack_four_bytes(pixels.y) << 4U |
         semantics::pack_four_bytes(pixels.z) << 8U | semantics::pack_four_bytes(pixels.w) << 12U;
}

/// Bytes in a row. @param shift  bytes from a multiple of 16 to the mask
__device__ void load_stream(unsigned char const* mask, std::uint32_t shift, std::uint32_t num_pixels,
                            std::uint32_t piece, piece_words& out) {
  constexpr std::uint32_t step_px = 16 * warp_size;  // of one load of the warp
  std::int64_t const first = std::int64_t{piece} * dense_piece_px - shift;
  uint4 loaded[2 * words_per_lane];
#pragma unroll
  for (std::uint32_t i = 0; i < 2 * words_per_lane; ++i) {
    loaded[i] = load_pixels(mask, first + i * step_px + 16 * lane_id(), num_pixels);
  }
  bool const odd = lane_id() % 2 != 0;
#pragma unroll
  for (std::uint32_t k = 0; k < words_per_lane; ++k) {
    // Of two loads the even lane joins the halves of the first one, the odd lane those of the second.
    std::uint32_t const a = pack(loaded[2 * k]);
    std::uint32_t const b = pack(loaded[2 * k + 1]);
    std::uint32_t const other = __shfl_xor_sync(all_lanes, odd ? a : b, 1);
    out.word[k] = odd ? other | b << 16U : a | other << 16U;
    out.pixel[k] = first + (2 * k + (odd ? 1U : 0U)) * step_px + lane_id() / 2 * 32;
  }
}

/// Any layout.
__device__ void load_any(dense_image const& image, std::uint32_t d, std::uint32_t piece, piece_words& out) {
  constexpr std::uint32_t step_px = warp_size * warp_size;
  mask_pixels const mask(image.detections, d, image.height, image.width);
  bool const is_stream = is_pixel_stream(image.detections, image.width);
#pragma unroll
  for (std::uint32_t k = 0; k < words_per_lane; ++k) {
    std::uint32_t const first = piece * dense_piece_px + k * step_px;
    out.word[k] = ballot_words(mask, is_stream, image.width, image.height * image.width, first);
    out.pixel[k] = std::int64_t{first} + 32 * lane_id();
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
__global__ void __launch_bounds__(dense_policy::warps_per_block* warp_size)
    intersect(dense_job job, std::uint64_t num_pieces) {
  std::uint64_t const at = std::uint64_t{blockIdx.x} * dense_policy::warps_per_block + threadIdx.x / warp_size;
  if (at >= num_pieces) return;
  std::size_t const i = group_of(job.detection_piece_begin, at);
  dense_image const& image = job.images[i];
  dense_offsets const& offsets = job.offsets[i];
  std::uint32_t const num_pixels = image.height * image.width;
  std::uint32_t const pieces = pieces_of(num_pixels);
  // 32 bits count the pieces of an image of 17 TB.
  auto const in_image = static_cast<std::uint32_t>(at - job.detection_piece_begin[i]);
  std::uint32_t const d = in_image / pieces;
  std::uint32_t const piece = in_image - d * pieces;
  piece_words words;
  std::uint32_t shift = 0;
  if (is_byte_stream(image.detections, image.width)) {
    unsigned char const* const mask = mask_begin(image.detections, d);
    shift = static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(mask) % 16);
    load_stream(mask, shift, num_pixels, piece, words);
  } else {
    load_any(image, d, piece, words);
  }

  dense_tally tally;
#pragma unroll
  for (std::uint32_t k = 0; k < words_per_lane; ++k) tally.take(words.word[k], words.pixel[k], image.width);
  if (__any_sync(all_lanes, tally.lane_area_px != 0) == 0) return;
  tally.add_to(job.out.detection_areas_px[offsets.detection + d], job.detection_bounds[offsets.detection + d]);

  std::int64_t const piece_begin = std::int64_t{piece} * dense_piece_px - shift;
  std::uint32_t const num_ground_truths = image.ground_truths.count;
  std::uint32_t const num_words = words_of(num_pixels);
  std::uint32_t const word_shift = (32 - shift) % 32;
  for (std::uint32_t g = 0; g < num_ground_truths; ++g) {
    if (!is_pair(image, d, g)) continue;
    semantics::bounds_of_words const& bounds = job.ground_truth_bounds[offsets.ground_truth + g];
    if (bounds.first_pixel >= piece_begin + dense_piece_px || bounds.last_pixel < piece_begin) continue;
    std::uint32_t const* const other =
        job.ground_truth_words.data() + offsets.ground_truth_word + std::uint64_t{g} * num_words;
    std::uint32_t common = 0;
#pragma unroll
    for (std::uint32_t k = 0; k < words_per_lane; ++k) {
      common +=
          static_cast<std::uint32_t>(__popc(words.word[k] & bits_at(other, num_words, words.pixel[k], word_shift)));
    }
    common = warp_sum(common);
    if (lane_id() == 0 && common != 0) {
      atomicAdd(&job.out.intersections_px[offsets.pair + std::uint64_t{d} * num_ground_truths + g], common);
    }
  }
}

/// Where images start, on the host.
struct dense_plan {
  std::vector<dense_offsets> offsets;  // [I+1]
  std::vector<std::uint64_t> detection_piece_begin;
  std::vector<std::uint64_t> ground_truth_piece_begin;

  explicit dense_plan(view<dense_image const> images) : offsets(1) {
    for (dense_image const& image : images) {
      dense_offsets next = offsets.back();
      std::uint32_t const num_pixels = image.height * image.width;
      std::uint64_t const num_detections = image.detections.count;
      std::uint64_t const num_ground_truths = image.ground_truths.count;
      next.pair += num_detections * num_ground_truths;
      next.detection += num_detections;
      next.ground_truth += num_ground_truths;
      next.ground_truth_word += num_ground_truths * words_of(num_pixels);
      next.detection_piece += num_detections * pieces_of(num_pixels);
      next.ground_truth_piece += num_ground_truths * pieces_of(num_pixels);
      next.detection_strip_word += num_detections * strip_words_of(image);
      next.ground_truth_strip_word += num_ground_truths * strip_words_of(image);
      offsets.push_back(next);
    }
    for (dense_offsets const& at : offsets) {
      detection_piece_begin.push_back(at.detection_piece);
      ground_truth_piece_begin.push_back(at.ground_truth_piece);
    }
  }
};

template <class T>
[[nodiscard]] buffer<T> room_for(context const& ctx, std::size_t count) {
  return buffer<T>(count, *ctx.memory, ctx.stream);
}

}  // namespace

void dense_overlaps(context const& ctx, view<dense_image const> const& images, dense_boundaries const& boundaries,
                    dense_output const& out) {
  if (images.empty()) return;
  dense_plan const plan(images);
  dense_offsets const& total = plan.offsets.back();
  auto const images_there = room_for<dense_image>(ctx, images.size());
  auto const offsets_there = room_for<dense_offsets>(ctx, plan.offsets.size());
  auto const detection_pieces = room_for<std::uint64_t>(ctx, plan.offsets.size());
  auto const ground_truth_pieces = room_for<std::uint64_t>(ctx, plan.offsets.size());
  auto const ground_truth_words = room_for<std::uint32_t>(ctx, total.ground_truth_word);
  auto const detection_bounds = room_for<semantics::bounds_of_words>(ctx, total.detection);
  auto const ground_truth_bounds = room_for<semantics::bounds_of_words>(ctx, total.ground_truth);
  upload_scope upload(ctx);
  upload.copy(images_there.data(), images.data(), images.size() * sizeof(dense_image));
  upload.copy(offsets_there.data(), plan.offsets.data(), plan.offsets.size() * sizeof(dense_offsets));
  upload.copy(detection_pieces.data(), plan.detection_piece_begin.data(), plan.offsets.size() * sizeof(std::uint64_t));
  upload.copy(ground_truth_pieces.data(), plan.ground_truth_piece_begin.data(),
              plan.offsets.size() * sizeof(std::uint64_t));
  upload.end();

  dense_job const job{
      images_there.all(),       offsets_there.all(),    detection_pieces.all(),    ground_truth_pieces.all(),
      ground_truth_words.all(), detection_bounds.all(), ground_truth_bounds.all(), out};
  prepare_dense(job, total.ground_truth_piece, ctx.stream);
  launch(&intersect, ceil_div(total.detection_piece, dense_policy::warps_per_block),
         dense_policy::warps_per_block * warp_size, 0, ctx.stream, job, total.detection_piece);
  finish_dense(job, ctx.stream);
  if (boundaries.wanted()) {
    dense_boundary_overlaps(ctx, job, images, {plan.offsets.data(), plan.offsets.size()}, boundaries);
  }
}

}  // namespace maskmetrics::MASKMETRICS_KERNELS
