// Accumulate: precision and recall of every category at every recall threshold, for all T x A x M curves at once.
//
// In: order [D] by category and score; outcome words [D, A, W]; position of a detection in its cell [D]; ground truths
// that count [K, A]; thresholds. Out: precision and scores [T, R, K, A, M], recall and average precision [T, K, A, M].
//
// A curve's envelope at a recall threshold is the largest precision at any true positive from the one on that reaches
// it (needed_true_positives). So no curve is written out: every true positive raises the sample of the last recall
// threshold that it reaches (precision is positive, so its bits order as integers: atomicMax, the same bits in any
// order), and a maximum over the samples from the last threshold to the first is the envelope. The counts before a
// detection are a segmented scan over tiles of 256 ranked detections:
//   sort_recall_thresholds, find_needed   one thread = one (category, area range, recall threshold)
//   count_outcomes                        one warp = one tile; ballots count true and false positives of each column
//   scan_counts                           one block = one category, 32 columns; exclusive sums over the category's
//                                         tiles
//   mark_true_positives                   one warp = one tile; counts again from where the scan says, marks samples
//   finish_curves                         one thread = one curve
// The area under the envelope, where it is wanted, takes every true positive; accumulate_area.cu follows.
//
// Memory: counts, 4 B x (2 A M T + M) a tile; scan_counts has 2 KiB of shared memory. Work: O(D A M T / 32) warp steps.
#include <maskmetrics/accumulate.hpp>
#include <maskmetrics/semantics/accumulate.hpp>

#include "accumulate_area.cuh"
#include "accumulate_samples.cuh"
#include "accumulate_tiles.cuh"
#include "common/launch.cuh"
#include "common/shared_array.cuh"
#include "common/warp.cuh"
#include "common/workspace.cuh"
#include "stages.hpp"

namespace maskmetrics::MASKMETRICS_KERNELS {

namespace {

__global__ void count_outcomes(accumulate_input in, curve_shape shape, curve_scratch scratch) {
  unsigned const lane = lane_id();
  std::size_t const tile = std::size_t{blockIdx.x} * accumulate_policy::warps_per_block + threadIdx.x / warp_size;
  if (tile >= shape.num_tiles(in.order.size())) return;
  view<std::uint32_t> const row = scratch.counts.subview(tile * shape.row_size(), shape.row_size());
  tile_lanes lanes(in, tile, lane);
  for (std::uint32_t m = 0; m < shape.num_max_dets; ++m) {
    int within = 0;
#pragma unroll
    for (unsigned s = 0; s < tile_lanes::steps; ++s) {
      if (s * warp_size < lanes.count) within += __popc(__ballot_sync(all_lanes, lanes.is_within(s, in.max_dets[m])));
    }
    if (lane == 0) row[2 * shape.num_columns() + m] = static_cast<std::uint32_t>(within);
  }
  std::uint32_t const num_words = outcome_words(shape.num_thresholds);
  for (std::uint32_t a = 0; a < shape.num_area_ranges; ++a) {
    for (std::uint32_t t = 0; t < shape.num_thresholds; ++t) {
      unsigned const bit = t % thresholds_per_outcome;
      if (bit == 0) lanes.load_outcomes(in, a, t / thresholds_per_outcome, num_words, lane);
      for (std::uint32_t m = 0; m < shape.num_max_dets; ++m) {
        std::uint32_t const cap = in.max_dets[m];
        int true_positives = 0;
        int false_positives = 0;
#pragma unroll
        for (unsigned s = 0; s < tile_lanes::steps; ++s) {
          if (s * warp_size >= lanes.count) continue;
          true_positives += __popc(__ballot_sync(all_lanes, lanes.is_true_positive(s, bit, cap)));
          false_positives += __popc(__ballot_sync(all_lanes, lanes.is_false_positive(s, bit, cap)));
        }
        if (lane == 0) {
          row[shape.column(a, m, t)] = static_cast<std::uint32_t>(true_positives);
          row[shape.num_columns() + shape.column(a, m, t)] = static_cast<std::uint32_t>(false_positives);
        }
      }
    }
  }
}

__global__ void scan_counts(accumulate_input in, curve_shape shape, curve_scratch scratch) {
  constexpr unsigned columns = accumulate_policy::scan_columns;
  constexpr unsigned slices = accumulate_policy::scan_slices;
  __shared__ shared_array<std::uint32_t, columns * slices> sums;
  unsigned const x = threadIdx.x % columns;
  unsigned const slice = threadIdx.x / columns;
  std::size_t const k = blockIdx.x;
  std::size_t const column = std::size_t{blockIdx.y} * columns + x;
  std::size_t const stride = shape.row_size();
  std::size_t const first = tile_begin(k, in.category_begin[k]);
  std::size_t const last = tile_begin(k + 1, in.category_begin[k + 1]);
  std::size_t const per_slice = (last - first + slices - 1) / slices;
  std::size_t const begin = min(first + slice * per_slice, last);
  std::size_t const end = column < stride ? min(begin + per_slice, last) : begin;
  std::uint32_t sum = 0;
  for (std::size_t tile = begin; tile < end; ++tile) sum += scratch.counts[tile * stride + column];
  sums[slice * columns + x] = sum;
  __syncthreads();
  std::uint32_t before = 0;
  for (unsigned i = 0; i < slice; ++i) before += sums[i * columns + x];
  for (std::size_t tile = begin; tile < end; ++tile) {
    std::uint32_t const here = scratch.counts[tile * stride + column];
    scratch.counts[tile * stride + column] = before;
    before += here;
  }
  if (slice == slices - 1 && column < stride) scratch.totals[k * stride + column] = before;
}

/// A true positive raises the sample of the last recall threshold that it reaches, and leaves its score where it is the
/// one that is needed.
__device__ void mark(accumulate_output const& out, curve_shape const& shape, curve_scratch const& scratch,
                     std::size_t k, std::uint32_t a, std::uint32_t m, std::uint32_t t, std::uint32_t true_positives,
                     double precision, double score) {
  view<std::uint32_t const> const needed = scratch.needed_of(shape, k, a);
  std::size_t reached = 0;
  for (std::size_t behind = needed.size(); reached < behind;) {
    std::size_t const middle = reached + (behind - reached) / 2;
    if (needed[middle] <= true_positives) {
      reached = middle + 1;
    } else {
      behind = middle;
    }
  }
  if (reached == 0) return;
  raise_sample(&out.precision[shape.sample_at(t, scratch.recall_order[reached - 1], k, a, m)], precision);
  if (out.scores.empty()) return;
  for (std::size_t i = reached; i-- > 0 && needed[i] == true_positives;) {
    out.scores[shape.sample_at(t, scratch.recall_order[i], k, a, m)] = score;
  }
}

__global__ void mark_true_positives(accumulate_input in, accumulate_output out, curve_shape shape,
                                    curve_scratch scratch) {
  unsigned const lane = lane_id();
  std::size_t const tile = std::size_t{blockIdx.x} * accumulate_policy::warps_per_block + threadIdx.x / warp_size;
  if (tile >= shape.num_tiles(in.order.size())) return;
  view<std::uint32_t const> const row = scratch.counts.subview(tile * shape.row_size(), shape.row_size());
  tile_lanes lanes(in, tile, lane);
  std::size_t const k = lanes.category;
  for (std::uint32_t m = 0; m < shape.num_max_dets; ++m) {
    bool open = row[2 * shape.num_columns() + m] == 0;
#pragma unroll
    for (unsigned s = 0; s < tile_lanes::steps; ++s) {
      if (!open || s * warp_size >= lanes.count) continue;
      unsigned const within = __ballot_sync(all_lanes, lanes.is_within(s, in.max_dets[m]));
      open = within == 0;
      if (!open && static_cast<int>(lane) == __ffs(static_cast<int>(within)) - 1) {
        scratch.first_scores[k * shape.num_max_dets + m] = in.scores[lanes.detections[s]];
      }
    }
  }
  std::uint32_t const num_words = outcome_words(shape.num_thresholds);
  for (std::uint32_t a = 0; a < shape.num_area_ranges; ++a) {
    if (in.num_ground_truths[k * shape.num_area_ranges + a] == 0) continue;
    for (std::uint32_t t = 0; t < shape.num_thresholds; ++t) {
      unsigned const bit = t % thresholds_per_outcome;
      if (bit == 0) lanes.load_outcomes(in, a, t / thresholds_per_outcome, num_words, lane);
      for (std::uint32_t m = 0; m < shape.num_max_dets; ++m) {
        std::uint32_t const cap = in.max_dets[m];
        bool any = false;
#pragma unroll
        for (unsigned s = 0; s < tile_lanes::steps; ++s) any = any || lanes.is_true_positive(s, bit, cap);
        if (__any_sync(all_lanes, any) == 0) continue;
        std::size_t const column = shape.column(a, m, t);
        visit_true_positives(
            lanes, bit, cap, row[column], row[shape.num_columns() + column],
            [&](unsigned s, std::uint32_t true_positives, std::uint32_t false_positives) {
              double const precision = semantics::precision_at(true_positives, false_positives, in.precision_epsilon);
              mark(out, shape, scratch, k, a, m, t, true_positives, precision, in.scores[lanes.detections[s]]);
            });
      }
    }
  }
}

__global__ void finish_curves(accumulate_input in, accumulate_output out, curve_shape shape, curve_scratch scratch) {
  std::size_t i = std::size_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= out.recall.size()) return;
  double& recall = out.recall[i];
  auto const m = static_cast<std::uint32_t>(i % shape.num_max_dets);
  i /= shape.num_max_dets;
  auto const a = static_cast<std::uint32_t>(i % shape.num_area_ranges);
  i /= shape.num_area_ranges;
  std::size_t const k = i % shape.num_categories;
  auto const t = static_cast<std::uint32_t>(i / shape.num_categories);

  std::uint32_t const positives = in.num_ground_truths[k * shape.num_area_ranges + a];
  view<std::uint32_t const> const totals = scratch.totals.subview(k * shape.row_size(), shape.row_size());
  bool const any_detection = totals[2 * shape.num_columns() + m] != 0;
  std::uint32_t const found = totals[shape.column(a, m, t)];
  recall = positives == 0 ? -1 : any_detection ? semantics::recall_at(found, positives) : 0;

  view<std::uint32_t const> const needed = scratch.needed_of(shape, k, a);
  // The reference stops at the first recall threshold out of reach, so even easier ones behind it stay 0.
  std::uint32_t first_out_of_reach = any_detection ? unreachable : 0;
  double envelope = 0;
  for (std::size_t p = needed.size(); p-- > 0;) {
    std::uint32_t const r = scratch.recall_order[p];
    std::size_t const at = shape.sample_at(t, r, k, a, m);
    if (needed[p] > found) first_out_of_reach = min(first_out_of_reach, r);
    envelope = semantics::envelope_step(read_sample(&out.precision[at]), envelope);
    bool const reachable = r < first_out_of_reach;
    out.precision[at] = positives == 0 ? -1 : reachable ? envelope : 0;
    if (out.scores.empty()) continue;
    if (positives == 0) {
      out.scores[at] = -1;
    } else if (!reachable) {
      out.scores[at] = 0;
    } else if (needed[p] == 0) {
      out.scores[at] = scratch.first_scores[k * shape.num_max_dets + m];
    }
  }
}

}  // namespace

void accumulate(context const& ctx, accumulate_input const& in, accumulate_output const& out) {
  curve_shape const shape(in);
  std::size_t const num_tiles = shape.num_tiles(in.order.size());
  workspace_plan plan;
  auto const recall_order = plan.add<std::uint32_t>(shape.num_recall_thresholds);
  auto const needed = plan.add<std::uint32_t>(in.num_ground_truths.size() * shape.num_recall_thresholds);
  auto const counts = plan.add<std::uint32_t>(num_tiles * shape.row_size());
  auto const totals = plan.add<std::uint32_t>(shape.num_categories * shape.row_size());
  auto const first_scores = plan.add<double>(std::size_t{shape.num_categories} * shape.num_max_dets);
  auto const precisions = plan.add<double>(precisions_for_areas(in, out, shape));
  stage_workspace const memory(ctx, plan);
  curve_scratch const scratch{memory[recall_order], memory[needed], memory[counts], memory[totals],
                              memory[first_scores]};

  unsigned const threads = accumulate_policy::threads_per_block;
  unsigned const tile_threads = accumulate_policy::warps_per_block * warp_size;
  unsigned const tile_blocks = ceil_div(num_tiles, accumulate_policy::warps_per_block);
  fill_bytes(out.precision.data(), 0, out.precision.size() * sizeof(double), ctx.stream);
  launch(sort_recall_thresholds, ceil_div(scratch.recall_order.size(), threads), threads, 0, ctx.stream,
         in.recall_thresholds, scratch.recall_order);
  launch(find_needed, ceil_div(scratch.needed.size(), threads), threads, 0, ctx.stream, in, shape, scratch);
  launch(count_outcomes, tile_blocks, tile_threads, 0, ctx.stream, in, shape, scratch);
  launch(scan_counts, {shape.num_categories, ceil_div(shape.row_size(), accumulate_policy::scan_columns)},
         accumulate_policy::scan_columns * accumulate_policy::scan_slices, 0, ctx.stream, in, shape, scratch);
  launch(mark_true_positives, tile_blocks, tile_threads, 0, ctx.stream, in, out, shape, scratch);
  launch(finish_curves, ceil_div(out.recall.size(), threads), threads, 0, ctx.stream, in, out, shape, scratch);
  if (!out.average_precision.empty()) find_areas(in, out, shape, scratch, memory[precisions], ctx.stream);
}

}  // namespace maskmetrics::MASKMETRICS_KERNELS
