// Boundary: overlaps of boundaries, of the pairs that they can decide.
//
// In: decoded masks, IoUs of masks [num_candidates]. Out: the smaller of both overlaps, in place.
//
// Steps: find_pairs, one thread = one candidate, gathers the pairs whose masks overlap enough and notes how many words
// the boundaries of their masks take; CUB scans those numbers; the host waits for the totals and allocates;
// boundary_pack.cu makes the words; join_pairs, one warp = one pair, counts the bits in common.
//
// No shared memory, no barrier wider than a warp; one atomicAdd a warp of candidates, two atomicMax a pair. Work:
// O(candidates) + O(words of the pairs). Memory: 16 B a word of 64 rows within the boxes.
#include <maskmetrics/memory.hpp>
#include <maskmetrics/pairwise.hpp>
#include <maskmetrics/semantics/boundary.hpp>
#include <maskmetrics/semantics/iou.hpp>
#include <maskmetrics/semantics/runs.hpp>

#include "boundary.cuh"
#include "boundary_words.cuh"
#include "common/device_scan.cuh"
#include "common/transfer.cuh"

namespace maskmetrics::MASKMETRICS_KERNELS {

namespace {

struct boundary_policy {
  static constexpr unsigned threads = 256;
  static constexpr unsigned most_blocks = 1U << 16U;
};

struct boundary_job {
  mask_overlaps_input masks;
  double dilation_ratio;
  packed_boundaries detections;
  packed_boundaries ground_truths;
  view<double> ious;
  view<std::uint64_t> work;  ///< candidates whose boundaries must be compared
  std::uint64_t* num_work;
};

/// Settles a candidate without words where that can be done. @return true where words are needed
[[nodiscard]] __device__ bool needs_words(boundary_job const& job, std::uint64_t at) {
  mask_overlaps_input const& in = job.masks;
  candidate const pair = candidate_at(in.cells, at);
  bool const crowd = (in.ground_truth_flags[pair.ground_truth] & ground_truth_crowd) != 0;
  if (!semantics::needs_boundary(job.ious[at], crowd, in.lowest_iou_threshold)) return false;
  std::uint32_t const d_index = pair.detection - in.cells.first_detection;
  std::uint32_t const g_index = pair.ground_truth - in.cells.first_ground_truth;
  device_mask const& d = in.detections.masks[d_index];
  device_mask const& g = in.ground_truths.masks[g_index];
  std::uint32_t const reach_px = reach_of(d, job.dilation_ratio);
  if (has_interior(d, reach_px) || has_interior(g, reach_px)) {
    atomicMax(&job.detections.num_words[d_index],
              static_cast<std::uint32_t>(semantics::strip_grid(d.bounds).num_words()));
    atomicMax(&job.ground_truths.num_words[g_index],
              static_cast<std::uint32_t>(semantics::strip_grid(g.bounds).num_words()));
    return true;
  }
  // Both boundaries are the masks themselves.
  std::uint32_t const common =
      semantics::intersection_px(intervals_of(in.detections, d), intervals_of(in.ground_truths, g));
  job.ious[at] = semantics::joined_iou(job.ious[at], semantics::mask_iou(common, d.area_px, g.area_px, false));
  return false;
}

/// One thread = one candidate.
__global__ void __launch_bounds__(boundary_policy::threads) find_pairs(boundary_job job) {
  std::uint64_t const stride = std::uint64_t{gridDim.x} * boundary_policy::threads;
  std::uint64_t first = std::uint64_t{blockIdx.x} * boundary_policy::threads + threadIdx.x - lane_id();
  for (; first < job.masks.cells.num_candidates; first += stride) {
    std::uint64_t const at = first + lane_id();
    bool const has_work = at < job.masks.cells.num_candidates && needs_words(job, at);
    unsigned const workers = __ballot_sync(all_lanes, has_work);
    if (workers == 0) continue;
    unsigned long long to = 0;
    if (lane_id() == 0) to = atomicAdd(atomic_word(job.num_work), static_cast<unsigned long long>(__popc(workers)));
    to = __shfl_sync(all_lanes, to, 0);
    if (has_work) job.work[to + rank_in(workers)] = at;
  }
}

/// One warp = one pair of the list.
__global__ void __launch_bounds__(boundary_policy::threads) join_pairs(boundary_job job, std::uint64_t num_work) {
  constexpr unsigned warps_per_block = boundary_policy::threads / warp_size;
  mask_overlaps_input const& in = job.masks;
  std::uint64_t const stride = std::uint64_t{gridDim.x} * warps_per_block;
  std::uint64_t i = std::uint64_t{blockIdx.x} * warps_per_block + threadIdx.x / warp_size;
  for (; i < num_work; i += stride) {
    candidate const pair = candidate_at(in.cells, job.work[i]);
    std::uint32_t const d = pair.detection - in.cells.first_detection;
    std::uint32_t const g = pair.ground_truth - in.cells.first_ground_truth;
    semantics::strip_grid const d_grid(in.detections.masks[d].bounds);
    semantics::strip_grid const g_grid(in.ground_truths.masks[g].bounds);
    std::uint64_t const* const d_words = job.detections.words.data() + job.detections.word_begin[d];
    std::uint64_t const* const g_words = job.ground_truths.words.data() + job.ground_truths.word_begin[g];
    std::uint32_t const common = common_bits(d_grid, d_words, g_grid, g_words);
    if (lane_id() != 0) continue;
    double& iou = job.ious[job.work[i]];
    iou = semantics::joined_iou(
        iou, semantics::mask_iou(common, job.detections.areas_px[d], job.ground_truths.areas_px[g], false));
  }
}

/// Memory of one side's boundaries.
class boundary_memory {
public:
  boundary_memory(context const& ctx, std::size_t num_masks)
      : ctx_(ctx),
        num_words_(num_masks, *ctx.memory, ctx.stream),
        word_begin_(num_masks + 1, *ctx.memory, ctx.stream),
        areas_px_(num_masks, *ctx.memory, ctx.stream) {
    fill_bytes(num_words_.data(), 0, num_masks * sizeof(std::uint32_t), ctx.stream);
  }

  [[nodiscard]] packed_boundaries all() const {
    return {num_words_.all(), word_begin_.all(), words_.all(), shrunk_words_.all(), areas_px_.all()};
  }
  void place_words() const { exclusive_sums(ctx_, view<std::uint32_t const>(num_words_.all()), 0, word_begin_.all()); }
  [[nodiscard]] std::uint64_t const* total() const { return word_begin_.data() + num_words_.size(); }
  void pack(decoded_masks const& masks, double dilation_ratio, std::uint64_t total) {
    words_ = buffer<std::uint64_t>(total, *ctx_.memory, ctx_.stream);
    shrunk_words_ = buffer<std::uint64_t>(total, *ctx_.memory, ctx_.stream);
    fill_bytes(words_.data(), 0, total * sizeof(std::uint64_t), ctx_.stream);
    fill_bytes(shrunk_words_.data(), 0, total * sizeof(std::uint64_t), ctx_.stream);
    pack_boundaries(masks, dilation_ratio, all(), ctx_.stream);
  }

private:
  context const& ctx_;
  buffer<std::uint32_t> num_words_;
  buffer<std::uint64_t> word_begin_;
  buffer<std::uint32_t> areas_px_;
  buffer<std::uint64_t> words_;
  buffer<std::uint64_t> shrunk_words_;
};

struct boundary_totals {
  std::uint64_t num_work;
  std::uint64_t detection_words;
  std::uint64_t ground_truth_words;
};

}  // namespace

void join_boundaries(context const& ctx, mask_overlaps_input const& in, double dilation_ratio, view<double> ious,
                     view<std::uint64_t> work) {
  boundary_memory detections(ctx, in.detections.masks.size());
  boundary_memory ground_truths(ctx, in.ground_truths.masks.size());
  buffer<boundary_totals> const totals_there(1, *ctx.memory, ctx.stream);
  boundary_totals* const there = totals_there.data();
  fill_bytes(there, 0, sizeof(boundary_totals), ctx.stream);
  boundary_job job{in, dilation_ratio, detections.all(), ground_truths.all(), ious, work, &there->num_work};
  launch(&find_pairs, blocks_for(in.cells.num_candidates, boundary_policy::threads, boundary_policy::most_blocks),
         boundary_policy::threads, 0, ctx.stream, job);
  detections.place_words();
  ground_truths.place_words();
  copy_bytes(&there->detection_words, detections.total(), sizeof(std::uint64_t), ctx.stream);
  copy_bytes(&there->ground_truth_words, ground_truths.total(), sizeof(std::uint64_t), ctx.stream);
  boundary_totals totals{};
  download_and_wait(ctx, &totals, there, sizeof(totals));
  if (totals.num_work == 0) return;
  detections.pack(in.detections, dilation_ratio, totals.detection_words);
  ground_truths.pack(in.ground_truths, dilation_ratio, totals.ground_truth_words);
  job.detections = detections.all();
  job.ground_truths = ground_truths.all();
  launch(&join_pairs, blocks_for(totals.num_work, boundary_policy::threads / warp_size, boundary_policy::most_blocks),
         boundary_policy::threads, 0, ctx.stream, job, totals.num_work);
}

std::uint64_t boundary_bytes_of(std::uint32_t height, std::uint32_t width) {
  return (std::uint64_t{height} / semantics::strip_rows + 1) * width * 2 * sizeof(std::uint64_t);
}

}  // namespace maskmetrics::MASKMETRICS_KERNELS
