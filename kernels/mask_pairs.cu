// Pairwise of masks: IoU of the candidates that can matter.
//
// In: decoded masks of detections and ground truth, cells. Out: IoUs [num_candidates]; areas [D].
//
// Mapping: look_at_pairs, one thread = one candidate: tight boxes, sizes and areas decide most. The others are
// gathered, a warp at a time, into a list of work; its order is no part of the result. intersect_pairs, one thread =
// one entry of that list, walks both masks' intervals: neighbours in the list mostly share their detection, so a warp
// reads few masks.
//
// No shared memory, no barrier wider than a warp; one atomicAdd a warp. Work: O(candidates) + O(intervals of both
// masks) for those that can matter.
#include <maskmetrics/pairwise.hpp>
#include <maskmetrics/semantics/iou.hpp>
#include <maskmetrics/semantics/matching.hpp>
#include <maskmetrics/semantics/runs.hpp>

#include "candidates.cuh"
#include "common/warp.cuh"

namespace maskmetrics::MASKMETRICS_KERNELS {

namespace {

struct mask_pairs_policy {
  static constexpr unsigned look_threads = 256;
  static constexpr unsigned intersect_threads = 128;
  static constexpr unsigned most_blocks = 1U << 16U;
};

[[nodiscard]] __device__ semantics::mask_measures measures_of(device_mask const& mask) {
  return {mask.bounds, mask.height, mask.width, mask.area_px, mask.has_empty_runs != 0};
}

[[nodiscard]] __device__ semantics::runs_of_intervals runs_of(decoded_masks const& masks, device_mask const& mask) {
  return {intervals_of(masks, mask), mask.height * mask.width, mask.num_runs};
}

/// A candidate with its masks.
struct mask_candidate {
  device_mask const& d;
  device_mask const& g;
  bool crowd;

  __device__ mask_candidate(mask_overlaps_input const& in, candidate const& pair)
      : d(in.detections.masks[pair.detection - in.cells.first_detection]),
        g(in.ground_truths.masks[pair.ground_truth - in.cells.first_ground_truth]),
        crowd((in.ground_truth_flags[pair.ground_truth] & ground_truth_crowd) != 0) {}

  [[nodiscard]] __device__ semantics::mask_pair look(double lowest) const {
    return semantics::look_at_pair(measures_of(d), measures_of(g), crowd, lowest);
  }
};

/// One thread = one candidate.
__global__ void __launch_bounds__(mask_pairs_policy::look_threads)
    look_at_pairs(mask_overlaps_input in, view<double> ious, view<std::uint64_t> work, std::uint64_t* num_work) {
  std::uint64_t const stride = std::uint64_t{gridDim.x} * mask_pairs_policy::look_threads;
  std::uint64_t first = std::uint64_t{blockIdx.x} * mask_pairs_policy::look_threads + threadIdx.x - lane_id();
  for (; first < in.cells.num_candidates; first += stride) {
    std::uint64_t const at = first + lane_id();
    bool has_work = false;
    if (at < in.cells.num_candidates) {
      semantics::mask_pair const found = mask_candidate(in, candidate_at(in.cells, at)).look(in.lowest_iou_threshold);
      has_work = found.work == semantics::mask_pair_work::intersect || found.work == semantics::mask_pair_work::merge;
      if (!has_work) ious[at] = found.work == semantics::mask_pair_work::below ? overlap_left_out() : found.iou;
    }
    unsigned const workers = __ballot_sync(all_lanes, has_work);
    if (workers == 0) continue;
    unsigned long long to = 0;
    if (lane_id() == 0) to = atomicAdd(atomic_word(num_work), static_cast<unsigned long long>(__popc(workers)));
    to = __shfl_sync(all_lanes, to, 0);
    if (has_work) work[to + rank_in(workers)] = at;
  }
}

[[nodiscard]] __device__ double iou_of(mask_overlaps_input const& in, mask_candidate const& pair) {
  if (pair.look(in.lowest_iou_threshold).work == semantics::mask_pair_work::merge) {
    semantics::merged_counts const counts =
        semantics::merge_runs(runs_of(in.detections, pair.d), runs_of(in.ground_truths, pair.g));
    return semantics::merged_iou(counts.intersection_px, counts.union_px, pair.d.area_px, pair.crowd);
  }
  std::uint32_t const shared =
      semantics::intersection_px(intervals_of(in.detections, pair.d), intervals_of(in.ground_truths, pair.g));
  return semantics::mask_iou(shared, pair.d.area_px, pair.g.area_px, pair.crowd);
}

/// One thread = one entry of the list. The number of entries is known to the device only.
__global__ void __launch_bounds__(mask_pairs_policy::intersect_threads)
    intersect_pairs(mask_overlaps_input in, view<double> ious, view<std::uint64_t const> work,
                    std::uint64_t const* num_work) {
  std::uint64_t const count = *num_work;
  std::uint64_t const stride = std::uint64_t{gridDim.x} * mask_pairs_policy::intersect_threads;
  std::uint64_t i = std::uint64_t{blockIdx.x} * mask_pairs_policy::intersect_threads + threadIdx.x;
  for (; i < count; i += stride) {
    std::uint64_t const at = work[i];
    ious[at] = iou_of(in, mask_candidate(in, candidate_at(in.cells, at)));
  }
}

__global__ void __launch_bounds__(mask_pairs_policy::look_threads)
    write_areas(view<device_mask const> masks, view<double> areas) {
  std::size_t const m = std::size_t{blockIdx.x} * mask_pairs_policy::look_threads + threadIdx.x;
  if (m < masks.size()) areas[m] = masks[m].area_px;
}

}  // namespace

void mask_overlaps(mask_overlaps_input const& in, view<double> ious, view<std::uint64_t> work, std::uint64_t* num_work,
                   stream_ref stream) {
  fill_bytes(num_work, 0, sizeof(*num_work), stream);
  std::uint64_t const count = in.cells.num_candidates;
  launch(&look_at_pairs, blocks_for(count, mask_pairs_policy::look_threads, mask_pairs_policy::most_blocks),
         mask_pairs_policy::look_threads, 0, stream, in, ious, work, num_work);
  launch(&intersect_pairs, blocks_for(count, mask_pairs_policy::intersect_threads, mask_pairs_policy::most_blocks),
         mask_pairs_policy::intersect_threads, 0, stream, in, ious, view<std::uint64_t const>(work),
         static_cast<std::uint64_t const*>(num_work));
}

void mask_areas(view<device_mask const> masks, view<double> areas, stream_ref stream) {
  launch(&write_areas, ceil_div(masks.size(), mask_pairs_policy::look_threads), mask_pairs_policy::look_threads, 0,
         stream, masks, areas);
}

}  // namespace maskmetrics::MASKMETRICS_KERNELS
