// Pairwise: overlaps of boxes, and from overlaps of all candidates the list of those that stay.
//
// In: boxes of detections [D] and ground truth [G], or IoUs of candidates; cells. Out: IoUs [num_candidates]; pairs
// that stay by detection, counted, then written.
//
// Mapping: boxes, one thread = one candidate; lists, one thread = one detection, whose candidates lie side by side. A
// cell is found by binary search in its offsets. No shared memory, no barrier, no atomics. Work: O(candidates log C).
#include <cmath>

#include <maskmetrics/pairwise.hpp>
#include <maskmetrics/semantics/iou.hpp>
#include <maskmetrics/semantics/matching.hpp>

#include "candidates.cuh"

namespace maskmetrics::MASKMETRICS_KERNELS {

namespace {

struct candidates_policy {
  static constexpr unsigned threads = 256;
  static constexpr unsigned most_blocks = 1U << 20U;
};

/// One thread = one candidate.
__global__ void __launch_bounds__(candidates_policy::threads)
    find_box_overlaps(candidate_cells cells, view<box const> detections, view<box const> ground_truths,
                      view<std::uint8_t const> flags, box_convention convention, view<double> ious) {
  std::uint64_t const stride = std::uint64_t{gridDim.x} * candidates_policy::threads;
  for (std::uint64_t at = std::uint64_t{blockIdx.x} * candidates_policy::threads + threadIdx.x;
       at < cells.num_candidates; at += stride) {
    candidate const pair = candidate_at(cells, at);
    bool const crowd = (flags[pair.ground_truth] & ground_truth_crowd) != 0;
    ious[at] = semantics::box_iou(detections[pair.detection], ground_truths[pair.ground_truth], crowd, convention);
  }
}

/// The candidates of one detection, and which of them stay.
struct detection_row {
  double const* ious;
  std::uint32_t count;
  double lowest;

  __device__ detection_row(candidate_cells const& cells, view<double const> all, std::uint32_t detection,
                           double lowest_iou)
      : lowest(lowest_iou) {
    std::size_t const c = group_of(cells.detection_begin, detection);
    count = cells.ground_truth_begin[c + 1] - cells.ground_truth_begin[c];
    ious = all.data() + cells.candidate_begin[c] + std::uint64_t{detection - cells.detection_begin[c]} * count;
    // The reference's search takes whatever follows a NaN, so beside one everything stays.
    for (std::uint32_t g = 0; g < count; ++g) {
      if (ious[g] != ious[g]) lowest = -INFINITY;
    }
  }
  [[nodiscard]] __device__ bool stays(std::uint32_t g) const { return semantics::suffices(ious[g], lowest); }
};

/// One thread = one detection.
__global__ void __launch_bounds__(candidates_policy::threads)
    count_staying(candidate_cells cells, view<double const> ious, double lowest, view<std::uint32_t> counts) {
  std::uint32_t const i = blockIdx.x * candidates_policy::threads + threadIdx.x;
  if (i >= cells.num_detections) return;
  detection_row const row(cells, ious, cells.first_detection + i, lowest);
  std::uint32_t staying = 0;
  for (std::uint32_t g = 0; g < row.count; ++g) staying += row.stays(g) ? 1U : 0U;
  counts[i] = staying;
}

/// One thread = one detection. @param begin  [num_detections + 1]; the chunk's pairs start at @p first
__global__ void __launch_bounds__(candidates_policy::threads)
    write_staying(candidate_cells cells, view<double const> ious, double lowest, view<std::uint64_t const> begin,
                  std::uint64_t first, view<std::uint32_t> pair_ground_truths, view<double> pair_ious) {
  std::uint32_t const i = blockIdx.x * candidates_policy::threads + threadIdx.x;
  if (i >= cells.num_detections) return;
  detection_row const row(cells, ious, cells.first_detection + i, lowest);
  std::uint64_t to = begin[i] - first;
  for (std::uint32_t g = 0; g < row.count; ++g) {
    if (!row.stays(g)) continue;
    pair_ground_truths[to] = g;
    pair_ious[to] = row.ious[g];
    ++to;
  }
}

}  // namespace

void box_overlaps(candidate_cells const& cells, view<box const> detections, view<box const> ground_truths,
                  view<std::uint8_t const> flags, box_convention convention, view<double> ious, stream_ref stream) {
  constexpr unsigned threads = candidates_policy::threads;
  unsigned const grid = blocks_for(cells.num_candidates, threads, candidates_policy::most_blocks);
  launch(&find_box_overlaps, grid, threads, 0, stream, cells, detections, ground_truths, flags, convention, ious);
}

void count_pairs(candidate_cells const& cells, view<double const> ious, double lowest, view<std::uint32_t> counts,
                 stream_ref stream) {
  constexpr unsigned threads = candidates_policy::threads;
  launch(&count_staying, ceil_div(cells.num_detections, threads), threads, 0, stream, cells, ious, lowest, counts);
}

void write_pairs(candidate_cells const& cells, view<double const> ious, double lowest, view<std::uint64_t const> begin,
                 std::uint64_t first, view<std::uint32_t> pair_ground_truths, view<double> pair_ious,
                 stream_ref stream) {
  constexpr unsigned threads = candidates_policy::threads;
  launch(&write_staying, ceil_div(cells.num_detections, threads), threads, 0, stream, cells, ious, lowest, begin, first,
         pair_ground_truths, pair_ious);
}

}  // namespace maskmetrics::MASKMETRICS_KERNELS
