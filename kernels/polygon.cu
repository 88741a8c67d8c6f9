// Geometry: polygons to foreground intervals.
//
// In: polygon codes among mask codes [M], rings, coordinates [px]. Out: as geometry.cu.
//
// Mapping: one warp = one mask. Edges in turn, lanes over the pixel columns that an edge crosses: each crossing is a
// pixel at which the ring toggles. The crossings of a ring are sorted; of those that stand at one pixel an even number
// cancels. What remains alternates between begin and end. Several rings are united: their begins and ends are sorted
// together, begins first where both stand at one pixel, and a running sum counts the rings that cover a pixel.
//
// Memory: everything happens in the place where the intervals go, an interval being two words; no shared memory, no
// barrier wider than a warp, no atomics. Work: O(n log^2 n / 32) warp steps for n crossings, O(edges) more.
#include <maskmetrics/semantics/polygon.hpp>
#include <maskmetrics/semantics/runs.hpp>

#include "common/mask_bounds.cuh"
#include "common/warp.cuh"
#include "common/warp_sort.cuh"
#include "geometry.cuh"

namespace maskmetrics::MASKMETRICS_KERNELS {

namespace {

struct polygon_policy {
  static constexpr unsigned warps_per_block = 4;
};

/// Writes the pixels at which a ring toggles, in the order of its edges. @return how many
[[nodiscard]] __device__ std::uint32_t write_crossings(double const* ring, std::uint32_t num_points,
                                                       mask_code const& mask, std::uint32_t* out) {
  std::uint32_t count = 0;
  if (num_points == 0) return count;
  int x0 = semantics::polygon_grid_point(ring[2 * (num_points - 1)]);
  int y0 = semantics::polygon_grid_point(ring[2 * (num_points - 1) + 1]);
  for (std::uint32_t i = 0; i < num_points; ++i) {
    int const x1 = semantics::polygon_grid_point(ring[2 * i]);
    int const y1 = semantics::polygon_grid_point(ring[2 * i + 1]);
    semantics::polygon_crossings const crossings(semantics::polygon_edge(x0, y0, x1, y1), mask.width);
    for (std::uint32_t column = crossings.begin + lane_id(); column < crossings.end; column += warp_size) {
      out[count + column - crossings.begin] = column * mask.height + crossings.row(column, mask.height);
    }
    count += crossings.end - crossings.begin;
    x0 = x1;
    y0 = y1;
  }
  return count;
}

/// Leaves of sorted pixels those that stand there an odd number of times, as pixel * 2 + (0 where the mask begins, 1
/// where it ends); in place. @return how many
[[nodiscard]] __device__ std::uint32_t toggles_of(std::uint32_t* pixels, std::uint32_t count) {
  std::uint32_t kept = 0;
  std::uint32_t group_begin = 0;  // of the last pixel of the step before
  std::uint32_t previous = 0;
  for (std::uint32_t step = 0; step < count; step += warp_size) {
    std::uint32_t const i = step + lane_id();
    bool const there = i < count;
    std::uint32_t const pixel = there ? pixels[i] : 0U;
    std::uint32_t const next = i + 1 < count ? pixels[i + 1] : 0U;
    std::uint32_t const shifted = __shfl_up_sync(all_lanes, pixel, 1);
    std::uint32_t const before = lane_id() == 0 ? previous : shifted;
    unsigned const heads = __ballot_sync(all_lanes, there && (i == 0 || before != pixel));
    unsigned const own_heads = heads & (lanes_below() | 1U << lane_id());
    std::uint32_t const begin = own_heads == 0 ? group_begin : step + highest_bit(own_heads);
    bool const last = there && (i + 1 == count || next != pixel);
    bool const toggles = last && (i - begin) % 2 == 0;
    unsigned const all_toggles = __ballot_sync(all_lanes, toggles);
    std::uint32_t const to = kept + rank_in(all_toggles);
    __syncwarp();  // writes go to places that all lanes have read
    if (toggles) pixels[to] = pixel * 2U + to % 2U;
    kept += static_cast<std::uint32_t>(__popc(all_toggles));
    if (heads != 0) group_begin = step + highest_bit(heads);
    previous = __shfl_sync(all_lanes, pixel, warp_size - 1);
    __syncwarp();
  }
  return kept;
}

/// Leaves of the sorted toggles of several rings those where their union begins or ends; in place. @return how many
[[nodiscard]] __device__ std::uint32_t unite(std::uint32_t* toggles, std::uint32_t count) {
  std::uint32_t kept = 0;
  std::uint32_t covering = 0;  // rings that cover the pixel before this step
  for (std::uint32_t step = 0; step < count; step += warp_size) {
    std::uint32_t const i = step + lane_id();
    std::uint32_t const toggle = i < count ? toggles[i] : 0U;
    bool const begins = i < count && toggle % 2 == 0;
    bool const ends = i < count && toggle % 2 != 0;
    unsigned const up_to_here = lanes_below() | 1U << lane_id();
    std::uint32_t const after = covering +
                                static_cast<std::uint32_t>(__popc(__ballot_sync(all_lanes, begins) & up_to_here)) -
                                static_cast<std::uint32_t>(__popc(__ballot_sync(all_lanes, ends) & up_to_here));
    bool const keep = (begins && after == 1) || (ends && after == 0);
    unsigned const all_kept = __ballot_sync(all_lanes, keep);
    __syncwarp();  // writes go to places that all lanes have read
    if (keep) toggles[kept + rank_in(all_kept)] = toggle;
    kept += static_cast<std::uint32_t>(__popc(all_kept));
    covering = __shfl_sync(all_lanes, after, warp_size - 1);
    __syncwarp();
  }
  return kept;
}

/// The toggles of all rings. @return how many
[[nodiscard]] __device__ std::uint32_t write_toggles(mask_codes const& codes, mask_code const& mask,
                                                     std::uint32_t* toggles) {
  std::uint32_t count = 0;
  for (std::uint32_t r = 0; r < mask.length; ++r) {
    polygon_ring const ring = codes.rings[mask.begin + r];
    std::uint32_t* const pixels = toggles + count;
    std::uint32_t crossings = write_crossings(codes.coordinates.data() + ring.begin, ring.num_values / 2, mask, pixels);
    // A ring that does not close before the last pixel ends with it.
    if (crossings % 2 != 0) {
      if (lane_id() == 0) pixels[crossings] = mask.height * mask.width;
      ++crossings;
    }
    warp_sort(pixels, crossings);
    count += toggles_of(pixels, crossings);
  }
  if (mask.length > 1) {
    warp_sort(toggles, count);
    count = unite(toggles, count);
  }
  return count;
}

/// One warp = one mask.
__global__ void __launch_bounds__(polygon_policy::warps_per_block* warp_size)
    rasterize(mask_codes codes, decoded_masks out) {
  std::size_t const m = std::size_t{blockIdx.x} * polygon_policy::warps_per_block + threadIdx.x / warp_size;
  if (m >= codes.masks.size()) return;
  mask_code const code = codes.masks[m];
  if (code.form != mask_form::polygons) return;
  interval* const intervals = out.intervals.data() + code.interval_begin;
  static_assert(sizeof(interval) == 2 * sizeof(std::uint32_t));
  std::uint32_t const num_intervals = write_toggles(codes, code, &intervals->begin) / 2;
  semantics::bounds_of_runs bounds(code.height, code.width);
  std::uint32_t area_px = 0;
  for (std::uint32_t i = lane_id(); i < num_intervals; i += warp_size) {
    interval const run{intervals[i].begin / 2, intervals[i].end / 2};
    intervals[i] = run;
    bounds.take(run.begin, run.end, code.height);
    area_px += run.end - run.begin;
  }
  box const tight = warp_bounds(bounds, num_intervals > 0);
  area_px = warp_sum(area_px);
  if (lane_id() == 0) {
    out.masks[m] = {tight, code.interval_begin, num_intervals, 2 * num_intervals, area_px, code.height, code.width, 0};
  }
}

}  // namespace

void rasterize_polygons(mask_codes const& codes, decoded_masks const& out, stream_ref stream) {
  launch(&rasterize, ceil_div(codes.masks.size(), polygon_policy::warps_per_block),
         polygon_policy::warps_per_block * warp_size, 0, stream, codes, out);
}

}  // namespace maskmetrics::MASKMETRICS_KERNELS
