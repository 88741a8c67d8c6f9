// Accumulate: the area under the envelope, one a curve.
//
// In: outcome words, order and scanned counts, see accumulate.cu. Out: average precision [T, K, A, M].
//
// Additions go one by one, by ascending recall, so a curve's true positives are written out: the precisions of up to 16
// columns at a time, the nth of category k at [column, category_begin[k] + n - 1].
//   list_precisions  one warp = one tile of ranked detections; counts from where the scan says
//   sum_areas        one warp = one (column, category): from the last 32 true positives to the first they become the
//                    envelope, by shuffles; then summands are made 32 at a time, and added by every lane in their order
//
// No shared memory, no atomics. Memory: 128 B a detection at most. Work: O(D A M T / 32) warp steps, and as many
// additions in a row as a curve has true positives.
#include "accumulate_area.cuh"

#include <maskmetrics/semantics/accumulate.hpp>

#include "common/launch.cuh"
#include "common/warp.cuh"

namespace maskmetrics::MASKMETRICS_KERNELS {

namespace {

/// Columns that are worked on together, and their axes.
struct column_range {
  std::size_t begin;
  std::size_t end;

  [[nodiscard]] MASKMETRICS_HOST_DEVICE std::size_t size() const { return end - begin; }
};

struct column_axes {
  std::uint32_t a;
  std::uint32_t m;
  std::uint32_t t;

  __device__ column_axes(curve_shape const& shape, std::size_t column)
      : a(static_cast<std::uint32_t>(column / shape.num_thresholds / shape.num_max_dets)),
        m(static_cast<std::uint32_t>(column / shape.num_thresholds % shape.num_max_dets)),
        t(static_cast<std::uint32_t>(column % shape.num_thresholds)) {}
};

__global__ void __launch_bounds__(accumulate_policy::warps_per_block* warp_size)
    list_precisions(accumulate_input in, curve_shape shape, curve_scratch scratch, column_range columns,
                    view<double> precisions) {
  unsigned const lane = lane_id();
  std::size_t const tile = std::size_t{blockIdx.x} * accumulate_policy::warps_per_block + threadIdx.x / warp_size;
  if (tile >= shape.num_tiles(in.order.size())) return;
  view<std::uint32_t const> const row = scratch.counts.subview(tile * shape.row_size(), shape.row_size());
  tile_lanes lanes(in, tile, lane);
  std::uint32_t const num_words = outcome_words(shape.num_thresholds);
  for (std::size_t column = columns.begin; column < columns.end; ++column) {
    column_axes const axes(shape, column);
    std::uint32_t const word = axes.t / thresholds_per_outcome;
    unsigned const bit = axes.t % thresholds_per_outcome;
    if (bit == 0 || column == columns.begin) lanes.load_outcomes(in, axes.a, word, num_words, lane);
    double* const to =
        precisions.data() + (column - columns.begin) * in.order.size() + in.category_begin[lanes.category];
    visit_true_positives(lanes, bit, in.max_dets[axes.m], row[column], row[shape.num_columns() + column],
                         [&](unsigned, std::uint32_t true_positives, std::uint32_t false_positives) {
                           to[true_positives - 1] =
                               semantics::precision_at(true_positives, false_positives, in.precision_epsilon);
                         });
  }
}

/// Replaces every precision by the largest from there to the end; the whole warp. A lane keeps to its places.
__device__ void raise_to_envelope(double* precisions, std::uint32_t count, unsigned lane) {
  double behind = 0;
  for (std::uint32_t first = (count + warp_size - 1) / warp_size * warp_size; first > 0;) {
    first -= warp_size;
    bool const is_there = first + lane < count;
    double envelope = is_there ? precisions[first + lane] : 0;
    for (unsigned step = 1; step < warp_size; step *= 2) {
      double const other = __shfl_down_sync(all_lanes, envelope, step);
      if (lane + step < warp_size) envelope = semantics::envelope_step(envelope, other);
    }
    envelope = semantics::envelope_step(envelope, behind);
    if (is_there) precisions[first + lane] = envelope;
    behind = __shfl_sync(all_lanes, envelope, 0);
  }
}

[[nodiscard]] __device__ double sum_in_order(double const* envelope, std::uint32_t count, std::uint32_t positives,
                                             unsigned lane) {
  double sum = 0;
  for (std::uint32_t first = 0; first < count; first += warp_size) {
    std::uint32_t const n = first + lane + 1;
    double const summand = n <= count ? semantics::area_step(n, positives, envelope[n - 1]) : 0;
    int const here = static_cast<int>(min(count - first, warp_size));
    for (int i = 0; i < here; ++i) sum += __shfl_sync(all_lanes, summand, i);
  }
  return sum;
}

__global__ void __launch_bounds__(accumulate_policy::warps_per_block* warp_size)
    sum_areas(accumulate_input in, accumulate_output out, curve_shape shape, curve_scratch scratch,
              column_range columns, view<double> precisions) {
  unsigned const lane = lane_id();
  std::size_t const item = std::size_t{blockIdx.x} * accumulate_policy::warps_per_block + threadIdx.x / warp_size;
  if (item >= columns.size() * shape.num_categories) return;
  std::size_t const k = item % shape.num_categories;
  std::size_t const column = columns.begin + item / shape.num_categories;
  column_axes const axes(shape, column);
  std::uint32_t const positives = in.num_ground_truths[k * shape.num_area_ranges + axes.a];
  double area = -1;
  if (positives != 0) {
    std::uint32_t const found = scratch.totals[k * shape.row_size() + column];
    double* const of_curve = precisions.data() + (column - columns.begin) * in.order.size() + in.category_begin[k];
    raise_to_envelope(of_curve, found, lane);
    area = sum_in_order(of_curve, found, positives, lane);
  }
  if (lane == 0) out.average_precision[shape.recall_at(axes.t, k, axes.a, axes.m)] = area;
}

[[nodiscard]] std::size_t columns_at_once(curve_shape const& shape) {
  std::size_t const all = shape.num_columns();
  return all < accumulate_policy::area_columns ? all : accumulate_policy::area_columns;
}

}  // namespace

std::size_t precisions_for_areas(accumulate_input const& in, accumulate_output const& out, curve_shape const& shape) {
  return out.average_precision.empty() ? 0 : columns_at_once(shape) * in.order.size();
}

void find_areas(accumulate_input const& in, accumulate_output const& out, curve_shape const& shape,
                curve_scratch const& scratch, view<double> precisions, stream_ref stream) {
  constexpr unsigned warps = accumulate_policy::warps_per_block;
  std::size_t const num_tiles = shape.num_tiles(in.order.size());
  for (std::size_t begin = 0; begin < shape.num_columns(); begin += columns_at_once(shape)) {
    std::size_t const rest = shape.num_columns() - begin;
    std::size_t const here = rest < columns_at_once(shape) ? rest : columns_at_once(shape);
    column_range const columns{begin, begin + here};
    launch(list_precisions, ceil_div(num_tiles, warps), warps * warp_size, 0, stream, in, shape, scratch, columns,
           precisions);
    launch(sum_areas, ceil_div(here * shape.num_categories, warps), warps * warp_size, 0, stream, in, out, shape,
           scratch, columns, precisions);
  }
}

}  // namespace maskmetrics::MASKMETRICS_KERNELS
