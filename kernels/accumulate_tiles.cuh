/// @file
/// Ranked detections in tiles, and the counts of a tile.
#pragma once

#include <cstdint>

#include <maskmetrics/accumulate.hpp>

#include "common/launch.cuh"
#include "common/warp.cuh"

namespace maskmetrics::MASKMETRICS_KERNELS {

struct accumulate_policy {
  static constexpr unsigned warps_per_block = 4;
  static constexpr unsigned steps = 8;  ///< detections of a tile that a lane holds
  static constexpr unsigned scan_columns = 32;
  static constexpr unsigned scan_slices = 16;
  static constexpr unsigned threads_per_block = 128;
  static constexpr std::uint32_t area_columns = 16;  ///< whose areas are found together
};

/// Detections of a tile, which belong to one category and follow each other in its order.
inline constexpr std::uint32_t tile_size = accumulate_policy::steps * warp_size;

/// The first tile of a category whose first detection is @p begin. Leaves every category one tile more than it fills,
/// so that the place of a tile follows from category_begin alone.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr std::size_t tile_begin(std::size_t category, std::uint32_t begin) {
  return begin / tile_size + category;
}

/// Axis lengths, and where a column stands. A column is one (area range, max_dets, threshold).
struct curve_shape {
  std::uint32_t num_categories;
  std::uint32_t num_area_ranges;
  std::uint32_t num_max_dets;
  std::uint32_t num_thresholds;
  std::uint32_t num_recall_thresholds;

  MASKMETRICS_HOST_DEVICE explicit curve_shape(accumulate_input const& in)
      : num_categories(static_cast<std::uint32_t>(in.category_begin.size() - 1)),
        num_area_ranges(in.num_area_ranges),
        num_max_dets(static_cast<std::uint32_t>(in.max_dets.size())),
        num_thresholds(in.num_thresholds),
        num_recall_thresholds(static_cast<std::uint32_t>(in.recall_thresholds.size())) {}

  [[nodiscard]] MASKMETRICS_HOST_DEVICE std::size_t num_tiles(std::size_t num_detections) const {
    return num_detections / tile_size + num_categories;
  }
  [[nodiscard]] MASKMETRICS_HOST_DEVICE std::size_t num_columns() const {
    return std::size_t{num_area_ranges} * num_max_dets * num_thresholds;
  }
  [[nodiscard]] MASKMETRICS_HOST_DEVICE std::size_t column(std::uint32_t a, std::uint32_t m, std::uint32_t t) const {
    return (std::size_t{a} * num_max_dets + m) * num_thresholds + t;
  }
  // A row of counts holds true positives [A, M, T], false positives [A, M, T] and detections within the cap [M].
  [[nodiscard]] MASKMETRICS_HOST_DEVICE std::size_t row_size() const { return 2 * num_columns() + num_max_dets; }

  /// [T, K, A, M]
  [[nodiscard]] MASKMETRICS_HOST_DEVICE std::size_t recall_at(std::uint32_t t, std::size_t k, std::uint32_t a,
                                                              std::uint32_t m) const {
    return ((t * std::size_t{num_categories} + k) * num_area_ranges + a) * num_max_dets + m;
  }
  /// [T, R, K, A, M]
  [[nodiscard]] MASKMETRICS_HOST_DEVICE std::size_t sample_at(std::uint32_t t, std::uint32_t r, std::size_t k,
                                                              std::uint32_t a, std::uint32_t m) const {
    return (((t * std::size_t{num_recall_thresholds} + r) * num_categories + k) * num_area_ranges + a) * num_max_dets +
           m;
  }
};

/// Scratch memory of the stage.
struct curve_scratch {
  view<std::uint32_t> recall_order;  ///< [R] recall thresholds, ascending, NaN last
  view<std::uint32_t> needed;        ///< [K, A, R] true positives, in that order
  view<std::uint32_t> counts;        ///< [tiles, row_size] of the tile; then of the tiles of the category before it
  view<std::uint32_t> totals;        ///< [K, row_size]
  view<double> first_scores;         ///< [K, M] of the best detection within the cap

  [[nodiscard]] __device__ view<std::uint32_t const> needed_of(curve_shape const& shape, std::size_t k,
                                                               std::uint32_t a) const {
    return needed.subview((k * shape.num_area_ranges + a) * shape.num_recall_thresholds, shape.num_recall_thresholds);
  }
};

/// The category of a tile: the last one whose tiles do not begin behind it.
[[nodiscard]] __device__ inline std::uint32_t category_of_tile(view<std::uint32_t const> category_begin,
                                                               std::size_t tile) {
  std::uint32_t first = 0;
  auto last = static_cast<std::uint32_t>(category_begin.size() - 1);
  while (last - first > 1) {
    std::uint32_t const middle = first + (last - first) / 2;
    (tile_begin(middle, category_begin[middle]) <= tile ? first : last) = middle;
  }
  return first;
}

/// The detections of one tile in a warp's registers: lane l holds places l, l + 32, l + 64, ...
struct tile_lanes {
  static constexpr unsigned steps = accumulate_policy::steps;

  std::uint32_t category;
  std::uint32_t count;              ///< detections of the tile
  std::uint32_t detections[steps];  ///< 0 behind the end
  std::uint32_t ranks[steps];       ///< in the cell; no cap holds the largest value, which stands behind the end
  outcome_word outcomes[steps];     ///< of the area range and word at hand; ignored everywhere behind the end

  __device__ tile_lanes(accumulate_input const& in, std::size_t tile, unsigned lane)
      : category(category_of_tile(in.category_begin, tile)) {
    std::size_t const begin =
        in.category_begin[category] + (tile - tile_begin(category, in.category_begin[category])) * tile_size;
    std::size_t const end = in.category_begin[category + std::size_t{1}];
    count = begin >= end ? 0 : static_cast<std::uint32_t>(end - begin < tile_size ? end - begin : tile_size);
#pragma unroll
    for (unsigned s = 0; s < steps; ++s) {
      unsigned const place = s * warp_size + lane;
      detections[s] = place < count ? in.order[begin + place] : 0;
      ranks[s] = place < count ? in.ranks_in_cell[detections[s]] : ~std::uint32_t{0};
    }
  }

  __device__ void load_outcomes(accumulate_input const& in, std::uint32_t area_range, std::uint32_t word,
                                std::uint32_t num_words, unsigned lane) {
#pragma unroll
    for (unsigned s = 0; s < steps; ++s) {
      std::size_t const at = (std::size_t{detections[s]} * in.num_area_ranges + area_range) * num_words + word;
      outcomes[s] = s * warp_size + lane < count ? in.outcomes[at] : ~outcome_word{0} << thresholds_per_outcome;
    }
  }

  [[nodiscard]] __device__ bool is_within(unsigned step, std::uint32_t max_dets) const {
    return ranks[step] < max_dets;
  }
  [[nodiscard]] __device__ bool is_true_positive(unsigned step, unsigned bit, std::uint32_t max_dets) const {
    return is_within(step, max_dets) && (outcomes[step] >> bit & 1U) != 0;
  }
  [[nodiscard]] __device__ bool is_false_positive(unsigned step, unsigned bit, std::uint32_t max_dets) const {
    constexpr outcome_word either = 1U | 1U << thresholds_per_outcome;
    return is_within(step, max_dets) && (outcomes[step] >> bit & either) == 0;
  }
};

/// Calls action(step, its number, false positives before it) for every true positive of a column that the lane holds;
/// the number counts from 1. The whole warp.
/// @param true_positives, false_positives  before the tile
template <class Action>
__device__ void visit_true_positives(tile_lanes const& lanes, unsigned bit, std::uint32_t max_dets,
                                     std::uint32_t true_positives, std::uint32_t false_positives, Action action) {
#pragma unroll
  for (unsigned s = 0; s < tile_lanes::steps; ++s) {
    if (s * warp_size >= lanes.count) continue;
    bool const is_positive = lanes.is_true_positive(s, bit, max_dets);
    unsigned const positive = __ballot_sync(all_lanes, is_positive);
    unsigned const negative = __ballot_sync(all_lanes, lanes.is_false_positive(s, bit, max_dets));
    if (is_positive) action(s, true_positives + rank_in(positive) + 1, false_positives + rank_in(negative));
    true_positives += static_cast<std::uint32_t>(__popc(positive));
    false_positives += static_cast<std::uint32_t>(__popc(negative));
  }
}

}  // namespace maskmetrics::MASKMETRICS_KERNELS
