// Dense boundaries: pixels that the boundaries of a detection and a ground truth have in common, of the pairs whose
// masks overlap enough.
//
// In: dense masks of images, what dense.cu found of them. Out: intersections of boundaries [N_d, N_g] of every image,
// areas of boundaries [N_d], [N_g].
//
// Steps, for as many images at a time as memory is given for: mark_detections, one thread = one pair, marks the
// detections that are needed; set_strips, one warp = 64 rows of 32 columns of a mask, a lane makes one word;
// erode_masks, one block = one mask: a thread erodes a column up and down, then a warp a strip sideways, and the mask
// loses what is left; count_pairs, one warp = one pair. No step needs to know on the host what is needed.
//
// No shared memory; one barrier in erode_masks. Work: O(pixels of the boxes) of the masks that are needed. Memory: 16 B
// for 64 pixels.
#include <algorithm>
#include <utility>

#include <maskmetrics/semantics/iou.hpp>

#include "boundary_words.cuh"
#include "common/workspace.cuh"
#include "dense.cuh"

namespace maskmetrics::MASKMETRICS_KERNELS {

namespace {

struct dense_boundary_policy {
  static constexpr unsigned threads = 256;
  /// Memory for the words of the images that are done together.
  static constexpr std::uint64_t most_bytes = std::uint64_t{256} << 20U;
  /// As much is taken without asking how much is free, which takes longer than an image.
  static constexpr std::uint64_t few_bytes = std::uint64_t{16} << 20U;
  /// Rows whose pixels a lane reads at a time.
  static constexpr std::uint32_t rows_at_a_time = 8;
};

constexpr unsigned warps_per_block = dense_boundary_policy::threads / warp_size;

/// The masks of one side of some images. Masks and words are counted over all images.
struct boundary_side {
  view<box const> boxes;
  view<std::uint32_t const> areas_px;
  view<std::uint32_t> boundary_areas_px;
  std::uint64_t first_mask = 0;
  std::uint64_t end_mask = 0;
  std::uint64_t first_word = 0;
  std::uint64_t* words = nullptr;   ///< those of the first mask
  std::uint64_t* shrunk = nullptr;  ///< scratch of the same size
  bool is_detection = false;
};

struct boundary_group {
  dense_job job;
  dense_boundaries boundaries;
  boundary_side detections;
  boundary_side ground_truths;
  view<std::uint32_t> needed;  ///< [detections of the group] 1: has a pair that suffices
  std::uint64_t first_pair = 0;
  std::uint64_t end_pair = 0;
};

/// A mask with its image.
struct located_mask {
  placed_image const& image;
  std::uint32_t index;       ///< in the image
  std::uint64_t first_word;  ///< from the side's words on
};

[[nodiscard]] __device__ located_mask locate(boundary_group const& group, boundary_side const& side,
                                             std::uint64_t mask) {
  view<placed_image const> const images = group.job.images;
  placed_image const& placed = images[side.is_detection ? image_of<&dense_offsets::detection>(images, mask)
                                                        : image_of<&dense_offsets::ground_truth>(images, mask)];
  dense_offsets const& begin = placed.begin;
  std::uint64_t const first = side.is_detection ? begin.detection : begin.ground_truth;
  std::uint64_t const word = side.is_detection ? begin.detection_strip_word : begin.ground_truth_strip_word;
  return {placed, static_cast<std::uint32_t>(mask - first),
          word - side.first_word + (mask - first) * strip_words_of(placed.masks)};
}

[[nodiscard]] __device__ std::uint32_t reach_of(boundary_group const& group, dense_image const& image) {
  return semantics::boundary_reach_px(image.height, image.width, group.boundaries.dilation_ratio);
}

/// Whether the boundary of a mask is asked for. Ground truth is few, and all of it has one.
[[nodiscard]] __device__ bool is_needed(boundary_group const& group, boundary_side const& side, std::uint64_t mask) {
  if (side.areas_px[mask] == 0) return false;
  return !side.is_detection || group.needed[mask - side.first_mask] != 0;
}

/// A pair of masks. @return whether their boundaries have to be compared
struct located_pair {
  std::uint64_t detection;
  std::uint64_t ground_truth;
  bool needs_boundary;

  __device__ located_pair(boundary_group const& group, std::uint64_t pair) {
    dense_job const& job = group.job;
    placed_image const& placed = job.images[image_of<&dense_offsets::pair>(job.images, pair)];
    dense_image const& image = placed.masks;
    std::uint64_t const in_image = pair - placed.begin.pair;
    auto const d = static_cast<std::uint32_t>(in_image / image.ground_truths.count);
    auto const g = static_cast<std::uint32_t>(in_image % image.ground_truths.count);
    detection = placed.begin.detection + d;
    ground_truth = placed.begin.ground_truth + g;
    double const iou = semantics::mask_iou(job.out.intersections_px[pair], job.out.detection_areas_px[detection],
                                           job.out.ground_truth_areas_px[ground_truth], false);
    needs_boundary =
        is_pair(image, d, g) && semantics::needs_boundary(iou, false, group.boundaries.lowest_iou_threshold);
  }
};

/// One thread = one pair.
__global__ void __launch_bounds__(dense_boundary_policy::threads) mark_detections(boundary_group group) {
  std::uint64_t const pair =
      group.first_pair + std::uint64_t{blockIdx.x} * dense_boundary_policy::threads + threadIdx.x;
  if (pair >= group.end_pair) return;
  located_pair const found(group, pair);
  if (found.needs_boundary) atomicMax(&group.needed[found.detection - group.detections.first_mask], 1U);
}

/// Pixels of a mask that is packed already, row by row.
struct packed_pixels {
  std::uint32_t const* words;
  std::uint32_t width;

  [[nodiscard]] __device__ std::uint32_t load(std::uint32_t y, std::uint32_t x) const {
    std::uint32_t const pixel = y * width + x;
    return words[pixel / 32] >> (pixel % 32);
  }
  [[nodiscard]] __device__ bool is_set(std::uint32_t bits) const { return (bits & 1U) != 0; }
};

/// Calls visit(pixels) with what reads a mask of a side: bits where there are some.
template <class Visit>
__device__ void with_pixels_of(boundary_group const& group, boundary_side const& side, located_mask const& at,
                               Visit visit) {
  dense_image const& image = at.image.masks;
  if (side.is_detection) return with_pixels(image.detections, at.index, image.height, image.width, visit);
  std::uint64_t const first = at.image.begin.ground_truth_word + std::uint64_t{at.index} * words_of(pixels_of(image));
  visit(packed_pixels{group.job.ground_truth_words.data() + first, image.width});
}

/// Rows [begin, end) of a column as bits, row @p zero being bit 0. @pre begin < end
template <class Pixels>
[[nodiscard]] __device__ std::uint64_t column_bits(Pixels const& pixels, std::uint32_t x, std::uint32_t zero,
                                                   std::uint32_t begin, std::uint32_t end) {
  constexpr std::uint32_t at_a_time = dense_boundary_policy::rows_at_a_time;
  std::uint64_t bits = 0;
  for (std::uint32_t first = begin; first < end; first += at_a_time) {
    std::uint32_t loaded[at_a_time];
#pragma unroll
    for (std::uint32_t u = 0; u < at_a_time; ++u) loaded[u] = pixels.load(min(first + u, end - 1), x);
#pragma unroll
    for (std::uint32_t u = 0; u < at_a_time; ++u) {
      if (first + u < end && pixels.is_set(loaded[u])) bits |= std::uint64_t{1} << (first + u - zero);
    }
  }
  return bits;
}

/// blockIdx.x = mask; one warp = 64 rows of 32 columns after another of it.
__global__ void __launch_bounds__(dense_boundary_policy::threads) set_strips(boundary_group group, boundary_side side) {
  std::uint64_t const mask = side.first_mask + blockIdx.x;
  if (!is_needed(group, side, mask)) return;
  located_mask const at = locate(group, side, mask);
  semantics::strip_grid const grid(side.boxes[mask]);
  auto const first_row = static_cast<std::uint32_t>(side.boxes[mask].y);
  std::uint32_t const end_row = first_row + static_cast<std::uint32_t>(side.boxes[mask].height);
  std::uint32_t const groups_of_columns = (grid.num_columns + warp_size - 1) / warp_size;
  std::uint32_t const num_items = groups_of_columns * grid.num_strips;
  with_pixels_of(group, side, at, [&](auto const& pixels) {
    std::uint32_t item = blockIdx.y * warps_per_block + threadIdx.x / warp_size;
    for (; item < num_items; item += gridDim.y * warps_per_block) {
      std::uint32_t const strip = item / groups_of_columns;
      std::uint32_t const x = item % groups_of_columns * warp_size + lane_id();
      if (x >= grid.num_columns) continue;
      std::uint32_t const strip_begin = (grid.first_strip + strip) * semantics::strip_rows;
      std::uint32_t const row_begin = max(first_row, strip_begin);
      std::uint32_t const row_end = min(end_row, strip_begin + semantics::strip_rows);
      side.words[at.first_word + std::uint64_t{strip} * grid.num_columns + x] =
          column_bits(pixels, grid.first_column + x, strip_begin, row_begin, row_end);
    }
  });
}

/// One block = one mask.
__global__ void __launch_bounds__(dense_boundary_policy::threads)
    erode_masks(boundary_group group, boundary_side side) {
  std::uint64_t const mask = side.first_mask + blockIdx.x;
  if (!is_needed(group, side, mask)) return;
  located_mask const at = locate(group, side, mask);
  box const& bounds = side.boxes[mask];
  semantics::strip_grid const grid(bounds);
  std::uint32_t const reach_px = reach_of(group, at.image.masks);
  std::uint64_t* const words = side.words + at.first_word;
  std::uint64_t* const shrunk = side.shrunk + at.first_word;
  if (threadIdx.x == 0) side.boundary_areas_px[mask] = side.areas_px[mask];
  if (!semantics::may_have_interior(bounds.width, bounds.height, reach_px)) return;
  for (std::uint32_t x = threadIdx.x; x < grid.num_columns; x += dense_boundary_policy::threads) {
    for (std::uint32_t strip = 0; strip < grid.num_strips; ++strip) {
      std::uint64_t const w = std::uint64_t{strip} * grid.num_columns + x;
      shrunk[w] = words[w];
    }
    semantics::erode_column(shrunk + x, grid.num_strips, grid.num_columns, reach_px);
  }
  __syncthreads();
  std::uint32_t removed = 0;
  for (std::uint32_t strip = threadIdx.x / warp_size; strip < grid.num_strips; strip += warps_per_block) {
    std::uint64_t const first = std::uint64_t{strip} * grid.num_columns;
    removed += clear_interior(words + first, shrunk + first, grid.num_columns, reach_px);
  }
  removed = warp_sum(removed);
  if (lane_id() == 0 && removed != 0) atomicSub(&side.boundary_areas_px[mask], removed);
}

/// One warp = one pair.
__global__ void __launch_bounds__(dense_boundary_policy::threads) count_pairs_in_common(boundary_group group) {
  std::uint64_t const pair = group.first_pair + std::uint64_t{blockIdx.x} * warps_per_block + threadIdx.x / warp_size;
  if (pair >= group.end_pair) return;
  located_pair const found(group, pair);
  if (!found.needs_boundary) return;
  located_mask const d = locate(group, group.detections, found.detection);
  located_mask const g = locate(group, group.ground_truths, found.ground_truth);
  std::uint32_t const common = common_bits(
      semantics::strip_grid(group.detections.boxes[found.detection]), group.detections.words + d.first_word,
      semantics::strip_grid(group.ground_truths.boxes[found.ground_truth]), group.ground_truths.words + g.first_word);
  if (lane_id() == 0) group.job.out.boundary_intersections_px[pair] = common;
}

[[nodiscard]] std::uint64_t group_bytes(dense_offsets const& begin, dense_offsets const& end) {
  std::uint64_t const words = end.detection_strip_word - begin.detection_strip_word + end.ground_truth_strip_word -
                              begin.ground_truth_strip_word;
  return words * 2 * sizeof(std::uint64_t);
}

void run_side(boundary_group const& group, boundary_side const& side, std::uint64_t most_words, stream_ref stream) {
  auto const num_masks = static_cast<unsigned>(side.end_mask - side.first_mask);
  std::uint64_t const items = (most_words + warp_size - 1) / warp_size;
  // Few blocks for masks that are mostly small boxes; each goes on until its mask is done.
  auto const blocks_per_mask = static_cast<unsigned>(std::min<std::uint64_t>(items / (8 * warps_per_block) + 1, 16));
  launch(&set_strips, dim3(num_masks, blocks_per_mask), dense_boundary_policy::threads, 0, stream, group, side);
  launch(&erode_masks, num_masks, dense_boundary_policy::threads, 0, stream, group, side);
}

}  // namespace

void dense_boundary_overlaps(context const& ctx, dense_job const& job, view<placed_image const> host_images,
                             dense_boundaries const& boundaries) {
  dense_output const& out = job.out;
  std::size_t const num_images = host_images.size() - 1;
  std::uint64_t most_bytes = group_bytes(host_images[0].begin, host_images[num_images].begin);
  if (most_bytes > dense_boundary_policy::few_bytes) {
    most_bytes = std::min<std::uint64_t>(dense_boundary_policy::most_bytes, ctx.memory->available() / 2);
  }
  for (std::size_t first = 0; first < num_images;) {
    std::size_t end = first + 1;
    std::uint64_t most_words = strip_words_of(host_images[first].masks);
    while (end < num_images && group_bytes(host_images[first].begin, host_images[end + 1].begin) <= most_bytes) {
      most_words = std::max(most_words, strip_words_of(host_images[end].masks));
      ++end;
    }
    dense_offsets const& from = host_images[first].begin;
    dense_offsets const& to = host_images[end].begin;
    first = end;
    if (to.pair == from.pair && to.ground_truth == from.ground_truth) continue;
    std::uint64_t const d_words = to.detection_strip_word - from.detection_strip_word;
    std::uint64_t const g_words = to.ground_truth_strip_word - from.ground_truth_strip_word;
    workspace_plan plan;
    auto const words_part = plan.add<std::uint64_t>(d_words + g_words);
    auto const shrunk_part = plan.add<std::uint64_t>(d_words + g_words);
    auto const needed_part = plan.add<std::uint32_t>(to.detection - from.detection);
    stage_workspace const memory(ctx, plan);
    view<std::uint64_t> const words = memory[words_part];
    view<std::uint64_t> const shrunk = memory[shrunk_part];
    view<std::uint32_t> const needed = memory[needed_part];
    fill_bytes(needed.data(), 0, needed.size() * sizeof(std::uint32_t), ctx.stream);
    boundary_group group{job, boundaries, {}, {}, needed, from.pair, to.pair};
    group.detections = {out.detection_boxes, out.detection_areas_px, out.detection_boundary_areas_px,
                        from.detection,      to.detection,           from.detection_strip_word,
                        words.data(),        shrunk.data(),          true};
    group.ground_truths = {out.ground_truth_boxes, out.ground_truth_areas_px, out.ground_truth_boundary_areas_px,
                           from.ground_truth,      to.ground_truth,           from.ground_truth_strip_word,
                           words.data() + d_words, shrunk.data() + d_words,   false};
    constexpr unsigned threads = dense_boundary_policy::threads;
    launch(&mark_detections, ceil_div(to.pair - from.pair, threads), threads, 0, ctx.stream, group);
    run_side(group, group.detections, most_words, ctx.stream);
    run_side(group, group.ground_truths, most_words, ctx.stream);
    launch(&count_pairs_in_common, ceil_div(to.pair - from.pair, warps_per_block), threads, 0, ctx.stream, group);
  }
}

}  // namespace maskmetrics::MASKMETRICS_KERNELS
