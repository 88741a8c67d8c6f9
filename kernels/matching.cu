// Matching: greedy assignment inside every cell, for all IoU thresholds and area ranges.
//
// In: cells [C]; pairs as CSR by detection [D+1], [P]; areas and flags of detections [D] and ground truth [G]; IoU
// thresholds [T]; area ranges [A]. Out: outcome words [D, A, W], W = ceil(T / 16); ground truths that count [K, A].
//
// Mapping: thresholds and area ranges do not see each other, so a cell is split along them. An outcome word (16
// thresholds of one area range) is half a warp, a lane is one threshold; one warp = two words of one cell, and walks
// the cell's detections in their order. A lane searches as semantics::match_search says, over the kept pairs: ground
// truth that counts first, then what is ignored, each in file order; under match_rule::best_only as
// semantics::best_search says. Two ballots make the outcome words.
//
// Memory: which ground truths are taken is a bit matrix [G of the cell / 32, lane], so that every lane has its words
// and its bank for itself: no barrier, no atomic. It lies in shared memory (1 KiB a warp); cells with more ground
// truths than that holds use global memory. Lanes read the same pairs at the same time.
//
// Work: every pair is looked at once or twice a threshold and area range. Integer atomics count the ground truths.
#include <maskmetrics/matching.hpp>
#include <maskmetrics/semantics/area_range.hpp>
#include <maskmetrics/semantics/matching.hpp>

#include "common/launch.cuh"
#include "common/shared_array.cuh"
#include "common/warp.cuh"
#include "common/workspace.cuh"
#include "stages.hpp"

namespace maskmetrics::MASKMETRICS_KERNELS {

namespace {

struct matching_policy {
  static constexpr unsigned warps_per_block = 4;
  /// Ground truths of a cell whose state fits into shared memory; a multiple of 32.
  static constexpr std::uint32_t near_ground_truths = 256;
  static constexpr unsigned most_blocks = 1U << 20U;
};

constexpr unsigned words_per_warp = warp_size / thresholds_per_outcome;

/// Where the state of a cell whose first ground truth is @p g_begin starts in global memory. A cell takes its ground
/// truths rounded up to 32; only cells of near_ground_truths or more come here, which pays for the rounding.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr std::size_t far_offset(std::size_t g_begin) {
  return g_begin + g_begin / matching_policy::near_ground_truths * warp_size;
}

using near_state = shared_array<std::uint32_t, matching_policy::warps_per_block * matching_policy::near_ground_truths>;

/// The ground truths that one lane has taken.
struct taken_bits {
  near_state* near;
  view<std::uint32_t> far;
  std::size_t first;  ///< the lane's first word
  bool is_near;

  [[nodiscard]] __device__ std::uint32_t& word(std::uint32_t ground_truth) const {
    std::size_t const at = first + ground_truth / warp_size * warp_size;
    return is_near ? (*near)[at] : far[at];
  }
  [[nodiscard]] __device__ bool has(std::uint32_t ground_truth) const {
    return (word(ground_truth) >> (ground_truth % warp_size) & 1U) != 0;
  }
  __device__ void add(std::uint32_t ground_truth) const {
    word(ground_truth) |= std::uint32_t{1} << (ground_truth % warp_size);
  }
  __device__ void clear(std::uint32_t num_ground_truths) const {
    for (std::uint32_t g = 0; g < num_ground_truths; g += warp_size) word(g) = 0;
  }
};

/// One lane's part of a cell: one threshold in one area range.
struct lane_matcher {
  matching_input const& in;
  taken_bits taken;
  area_bounds range;
  double iou_threshold;
  std::uint32_t g_begin;
  bool cell_unmatched_ignored;

  [[nodiscard]] __device__ bool outside(double area_px) const {
    return semantics::outside_area_range(area_px, range.low_px, range.high_px);
  }
  [[nodiscard]] __device__ bool is_ignored(std::uint32_t ground_truth) const {
    std::size_t const g = std::size_t{g_begin} + ground_truth;
    return (in.ground_truth_flags[g] & ground_truth_ignore) != 0 || outside(in.ground_truth_areas[g]);
  }
  [[nodiscard]] __device__ bool has_flag(std::uint32_t ground_truth, ground_truth_flag flag) const {
    return (in.ground_truth_flags[std::size_t{g_begin} + ground_truth] & flag) != 0;
  }

  /// Considers the pairs that are (not) ignored. @return false where the search is over
  __device__ bool consider(semantics::match_search& search, std::uint64_t p_begin, std::uint64_t p_end, bool ignored,
                           bool& others) const {
    for (std::uint64_t p = p_begin; p < p_end; ++p) {
      std::uint32_t const g = in.pair_ground_truths[p];
      if (is_ignored(g) != ignored) {
        others = true;
        continue;
      }
      if (!search.consider(g, in.pair_ious[p], ignored, taken.has(g), has_flag(g, ground_truth_crowd))) return false;
    }
    return true;
  }

  /// Matches a detection and says what it counts as.
  [[nodiscard]] __device__ semantics::outcome match(std::uint64_t p_begin, std::uint64_t p_end, double area_px,
                                                    bool takes) const {
    return in.rule == match_rule::best_only ? match_best(p_begin, p_end, area_px)
                                            : match_greedily(p_begin, p_end, area_px, takes);
  }

  [[nodiscard]] __device__ semantics::outcome match_best(std::uint64_t p_begin, std::uint64_t p_end,
                                                         double area_px) const {
    bool const unmatched_ignored = cell_unmatched_ignored || outside(area_px);
    semantics::best_search search;
    for (std::uint64_t p = p_begin; p < p_end; ++p) search.consider(in.pair_ground_truths[p], in.pair_ious[p]);
    if (!search.matches(iou_threshold)) return semantics::outcome_of_best(false, false, false, unmatched_ignored);
    auto const best = static_cast<std::uint32_t>(search.best);
    bool const was_taken = taken.has(best);
    taken.add(best);
    return semantics::outcome_of_best(true, was_taken, is_ignored(best), unmatched_ignored);
  }

  [[nodiscard]] __device__ semantics::outcome match_greedily(std::uint64_t p_begin, std::uint64_t p_end, double area_px,
                                                             bool takes) const {
    bool const unmatched_ignored = cell_unmatched_ignored || outside(area_px);
    semantics::match_search search(iou_threshold);
    bool any_ignored = false;
    if (consider(search, p_begin, p_end, false, any_ignored) && any_ignored) {
      bool any_counting = false;
      consider(search, p_begin, p_end, true, any_counting);
    }
    if (search.best < 0) return semantics::outcome_of(false, false, false, unmatched_ignored);
    auto const best = static_cast<std::uint32_t>(search.best);
    if (takes) taken.add(best);
    return semantics::outcome_of(true, !has_flag(best, ground_truth_id_zero), search.best_ignored, unmatched_ignored);
  }
};

/// Adds the ground truths of a cell that count to those of its category; the whole warp.
__device__ void count_ground_truths(matching_input const& in, matching_output const& out, std::size_t cell,
                                    unsigned lane) {
  std::uint32_t const g_end = in.cells.ground_truth_begin[cell + 1];
  for (std::size_t a = 0; a < in.area_ranges.size(); ++a) {
    area_bounds const range = in.area_ranges[a];
    unsigned counted = 0;
    for (std::uint32_t first = in.cells.ground_truth_begin[cell]; first < g_end; first += warp_size) {
      std::uint32_t const g = first + lane;
      bool const counts = g < g_end && (in.ground_truth_flags[g] & ground_truth_ignore) == 0 &&
                          !semantics::outside_area_range(in.ground_truth_areas[g], range.low_px, range.high_px);
      counted += static_cast<unsigned>(__popc(__ballot_sync(all_lanes, counts)));
      if (g_end - first <= warp_size) break;
    }
    if (lane == 0 && counted != 0) {
      atomicAdd(&out.num_ground_truths[in.cells.categories[cell] * in.area_ranges.size() + a], counted);
    }
  }
}

/// What a warp loads of 32 detections at once, one a lane.
struct detection_lanes {
  std::uint64_t p_begin = 0;
  std::uint64_t p_end = 0;
  double area_px = 0;
  int takes = 0;

  __device__ detection_lanes(matching_input const& in, std::uint32_t d, std::uint32_t d_end) {
    if (d >= d_end) return;
    p_begin = in.pair_begin[d];
    p_end = in.pair_begin[d + std::size_t{1}];
    area_px = in.detection_areas[d];
    takes = in.detection_never_takes.empty() || in.detection_never_takes[d] == 0 ? 1 : 0;
  }
};

/// One warp = two outcome words of one cell.
__global__ void __launch_bounds__(matching_policy::warps_per_block* warp_size)
    match_cells(matching_input in, matching_output out, view<std::uint32_t> far, std::uint32_t groups) {
  __shared__ near_state near;
  unsigned const lane = lane_id();
  unsigned const warp = threadIdx.x / warp_size;
  std::size_t const num_areas = in.area_ranges.size();
  std::uint32_t const num_words = outcome_words(in.iou_thresholds.size());
  std::size_t const words_per_detection = num_areas * num_words;
  std::size_t const num_items = in.cells.categories.size() * groups;
  std::size_t const stride = std::size_t{gridDim.x} * matching_policy::warps_per_block;

  for (std::size_t item = std::size_t{blockIdx.x} * matching_policy::warps_per_block + warp; item < num_items;
       item += stride) {
    std::size_t const cell = item / groups;
    std::size_t const group = item % groups;
    std::uint32_t const g_begin = in.cells.ground_truth_begin[cell];
    std::uint32_t const num_ground_truths = in.cells.ground_truth_begin[cell + 1] - g_begin;
    if (group == 0) count_ground_truths(in, out, cell, lane);

    std::size_t const word = group * words_per_warp + lane / thresholds_per_outcome;  // of the detection's A x W
    std::size_t const t = word % num_words * thresholds_per_outcome + lane % thresholds_per_outcome;
    bool const is_word = word < words_per_detection;
    bool const is_threshold = is_word && t < in.iou_thresholds.size();
    bool const is_near = num_ground_truths <= matching_policy::near_ground_truths;
    std::size_t const first = is_near ? std::size_t{warp} * matching_policy::near_ground_truths
                                      : far.size() / groups * group + far_offset(g_begin);
    lane_matcher const matcher{in,
                               {&near, far, first + lane, is_near},
                               is_word ? in.area_ranges[word / num_words] : area_bounds{},
                               is_threshold ? in.iou_thresholds[t] : 0,
                               g_begin,
                               (in.cells.flags[cell] & cell_unmatched_ignored) != 0};
    matcher.taken.clear(num_ground_truths);

    std::uint32_t const d_end = in.cells.detection_begin[cell + 1];
    for (std::uint32_t d_first = in.cells.detection_begin[cell]; d_first < d_end;) {
      std::uint32_t const here = min(d_end - d_first, warp_size);
      detection_lanes const loaded(in, d_first + lane, d_first + here);
      for (std::uint32_t i = 0; i < here; ++i) {
        int const source = static_cast<int>(i);
        std::uint64_t const p_begin = __shfl_sync(all_lanes, loaded.p_begin, source);
        std::uint64_t const p_end = __shfl_sync(all_lanes, loaded.p_end, source);
        double const area_px = __shfl_sync(all_lanes, loaded.area_px, source);
        bool const takes = __shfl_sync(all_lanes, loaded.takes, source) != 0;
        semantics::outcome outcome = semantics::outcome::false_positive;
        if (is_threshold) outcome = matcher.match(p_begin, p_end, area_px, takes);
        unsigned const positive = __ballot_sync(all_lanes, outcome == semantics::outcome::true_positive);
        unsigned const ignored = __ballot_sync(all_lanes, outcome == semantics::outcome::ignored);
        if (is_word && lane % thresholds_per_outcome == 0) {
          constexpr outcome_word half = 0xFFFFU;
          out.outcomes[std::size_t{d_first + i} * words_per_detection + word] =
              (positive >> lane & half) | (ignored >> lane & half) << thresholds_per_outcome;
        }
      }
      d_first += here;
    }
  }
}

}  // namespace

void matching(context const& ctx, matching_input const& in, matching_output const& out) {
  fill_bytes(out.num_ground_truths.data(), 0, out.num_ground_truths.size() * sizeof(std::uint32_t), ctx.stream);
  std::size_t const words = in.area_ranges.size() * outcome_words(in.iou_thresholds.size());
  auto const groups = ceil_div(words, words_per_warp);
  std::size_t const num_ground_truths = in.ground_truth_areas.size();
  bool const may_be_far = num_ground_truths > matching_policy::near_ground_truths;
  workspace_plan plan;
  auto const far = plan.add<std::uint32_t>(may_be_far ? groups * (far_offset(num_ground_truths) + warp_size) : 0);
  stage_workspace const memory(ctx, plan);

  unsigned const blocks = blocks_for(in.cells.categories.size() * std::uint64_t{groups},
                                     matching_policy::warps_per_block, matching_policy::most_blocks);
  launch(match_cells, blocks, matching_policy::warps_per_block * warp_size, 0, ctx.stream, in, out, memory[far],
         groups);
}

}  // namespace maskmetrics::MASKMETRICS_KERNELS
