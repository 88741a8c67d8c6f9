// Geometry: run-length codes, as COCO text or as counts, to foreground intervals, areas and tight boxes.
//
// In: mask codes [M] with their text [bytes] and counts [elements]. Out: intervals, each mask's from its interval_begin
// on; measures [M]; one fault word.
//
// Mapping: one warp = one mask, 32 characters or counts a step. A lane whose character ends a number (no continuation
// bit) reads the number, at most seven characters back; ballots give its index. From the fourth number on, a number is
// the difference to the one two before, so counts are two running sums that take turns, over odd and over even indices:
// two warp scans. A third scan over the counts gives the pixel at which a run ends.
//
// The first fault in reading order wins, as on the CPU: faults are found by lane, a lane is a place in the text.
//
// No shared memory, no barrier wider than a warp; one atomicMin a faulty mask. Work: O(characters), 32 a warp step.
#include <maskmetrics/semantics/rle_text.hpp>
#include <maskmetrics/semantics/runs.hpp>

#include "common/mask_bounds.cuh"
#include "common/warp.cuh"
#include "geometry.cuh"

namespace maskmetrics::MASKMETRICS_KERNELS {

namespace {

struct geometry_policy {
  static constexpr unsigned warps_per_block = 4;
};

/// The counts of a mask as they come, up to 32 a step; all lanes hold the same.
struct run_walk {
  interval* intervals;
  std::uint32_t height;
  semantics::bounds_of_runs bounds;  // of this lane
  std::uint32_t lane_area_px = 0;
  std::uint64_t position = 0;
  std::uint32_t num_runs = 0;
  bool any_empty = false;  // of this lane

  __device__ run_walk(interval* to, mask_code const& code)
      : intervals(to), height(code.height), bounds(code.height, code.width) {}

  /// Takes the counts of the lanes in @p present; @p index is this lane's, in order of lanes.
  __device__ void take(unsigned present, std::uint32_t index, std::uint32_t count) {
    bool const has = (present >> lane_id() & 1U) != 0;
    std::uint64_t const up_to = warp_inclusive_sum(has ? std::uint64_t{count} : std::uint64_t{0});
    if (has) {
      auto const end = static_cast<std::uint32_t>(position + up_to);
      std::uint32_t const begin = end - count;
      if (index % 2 != 0) {
        intervals[index / 2] = {begin, end};
        bounds.take(begin, end, height);
        lane_area_px += count;
      }
      any_empty |= index > 0 && count == 0;
    }
    position += __shfl_sync(all_lanes, up_to, warp_size - 1);
    num_runs += static_cast<std::uint32_t>(__popc(present));
  }

  /// The whole mask, or the fault that its runs do not fill it.
  [[nodiscard]] __device__ mask_fault finish(mask_code const& code, device_mask& out) const {
    out.bounds = warp_bounds(bounds, num_runs > 1);
    out.area_px = warp_sum(lane_area_px);
    out.has_empty_runs = __any_sync(all_lanes, any_empty) != 0 ? 1U : 0U;
    out.num_runs = num_runs;
    out.num_intervals = num_runs / 2;
    bool const fills = position == std::uint64_t{code.height} * code.width;
    return fills ? mask_fault::none : mask_fault::sum_mismatch;
  }
};

/// Decodes COCO's text. @return the first fault, the same on all lanes
[[nodiscard]] __device__ mask_fault walk_text(unsigned char const* text, std::uint32_t length, run_walk& runs) {
  std::uint32_t number_begin = 0;    // of the first number that has not ended
  std::int64_t running[2] = {0, 0};  // the last counts of even and of odd index
  // Wider than 32 bits, so that the last step cannot wrap.
  for (std::uint64_t step = 0; step < length; step += warp_size) {
    std::uint64_t const at = step + lane_id();
    bool const there = at < length;
    std::uint32_t const code = there ? static_cast<std::uint32_t>(text[at]) - semantics::rle_text_first : 0U;
    bool const bad = code > semantics::rle_text_last - semantics::rle_text_first;
    bool const ends = there && !bad && (code & 0x20U) == 0;
    unsigned const present = __ballot_sync(all_lanes, ends);
    unsigned const before = present & lanes_below();
    std::uint32_t const begin = before == 0 ? number_begin : static_cast<std::uint32_t>(step) + highest_bit(before) + 1;
    mask_fault fault = mask_fault::none;
    if (there && bad) {
      fault = mask_fault::bad_character;
    } else if (there && at - begin >= semantics::rle_text_max_groups) {
      fault = mask_fault::overlong;
    }

    semantics::rle_text_number number;
    if (ends && fault == mask_fault::none) {
      for (std::uint64_t i = begin; i <= at; ++i)
        number.take(static_cast<std::uint32_t>(text[i]) - semantics::rle_text_first);
    }
    // Numbers that are no differences start their chain anew; of the chain of even indices the second one does.
    std::uint32_t const index = runs.num_runs + static_cast<std::uint32_t>(__popc(before));
    bool const chained = ends && (index % 2 != 0 || index >= 2);
    std::int64_t const even = warp_inclusive_sum(chained && index % 2 == 0 ? number.value : std::int64_t{0});
    std::int64_t const odd = warp_inclusive_sum(chained && index % 2 != 0 ? number.value : std::int64_t{0});
    std::int64_t const count = !chained ? number.value : index % 2 != 0 ? running[1] + odd : running[0] + even;
    if (ends && fault == mask_fault::none && (count < 0 || count > 0xFFFFFFFFLL))
      fault = mask_fault::count_out_of_range;
    unsigned const faulty = __ballot_sync(all_lanes, fault != mask_fault::none);
    if (faulty != 0) {
      return static_cast<mask_fault>(
          __shfl_sync(all_lanes, static_cast<int>(fault), __ffs(static_cast<int>(faulty)) - 1));
    }
    running[0] += __shfl_sync(all_lanes, even, warp_size - 1);
    running[1] += __shfl_sync(all_lanes, odd, warp_size - 1);
    if (present != 0) number_begin = static_cast<std::uint32_t>(step) + highest_bit(present) + 1;
    runs.take(present, index, static_cast<std::uint32_t>(count));
  }
  return number_begin == length ? mask_fault::none : mask_fault::truncated;
}

__device__ void walk_counts(std::uint32_t const* counts, std::uint32_t length, run_walk& runs) {
  for (std::uint64_t step = 0; step < length; step += warp_size) {
    std::uint64_t const at = step + lane_id();
    bool const there = at < length;
    runs.take(__ballot_sync(all_lanes, there), static_cast<std::uint32_t>(at), there ? counts[at] : 0U);
  }
}

/// One warp = one mask.
__global__ void __launch_bounds__(geometry_policy::warps_per_block* warp_size)
    decode_runs(mask_codes codes, decoded_masks out, std::uint64_t* fault_word) {
  std::size_t const m = std::size_t{blockIdx.x} * geometry_policy::warps_per_block + threadIdx.x / warp_size;
  if (m >= codes.masks.size()) return;
  mask_code const code = codes.masks[m];
  if (code.form == mask_form::polygons) return;
  device_mask mask{{}, code.interval_begin, 0, 0, 0, code.height, code.width, 0};
  if (code.form == mask_form::text || code.form == mask_form::counts) {
    run_walk runs(out.intervals.data() + code.interval_begin, code);
    mask_fault fault = mask_fault::none;
    if (code.form == mask_form::text) {
      fault = walk_text(codes.text.data() + code.begin, code.length, runs);
    } else {
      walk_counts(codes.counts.data() + code.begin, code.length, runs);
    }
    if (fault == mask_fault::none) fault = runs.finish(code, mask);
    if (fault != mask_fault::none) {
      mask = {{}, code.interval_begin, 0, 0, 0, code.height, code.width, 0};
      if (lane_id() == 0)
        atomicMin(atomic_word(fault_word), std::uint64_t{m} << 8U | static_cast<std::uint64_t>(fault));
    }
  }
  if (lane_id() == 0) out.masks[m] = mask;
}

}  // namespace

void decode_masks(mask_codes const& codes, decoded_masks const& out, std::uint64_t* fault, stream_ref stream) {
  launch(&decode_runs, ceil_div(codes.masks.size(), geometry_policy::warps_per_block),
         geometry_policy::warps_per_block * warp_size, 0, stream, codes, out, fault);
  if (codes.any_polygons) rasterize_polygons(codes, out, stream);
}

}  // namespace maskmetrics::MASKMETRICS_KERNELS
