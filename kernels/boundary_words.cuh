/// @file
/// Boundaries of masks as words of 64 rows: what a warp does with a strip, and with a pair.
#pragma once

#include <cstdint>

#include <maskmetrics/semantics/boundary.hpp>

#include "common/warp.cuh"

namespace maskmetrics::MASKMETRICS_KERNELS {

/// Erodes a strip of a mask sideways, after it was eroded up and down, and clears in the mask's own words what is left
/// of it: its interior. All lanes, with a strip for themselves.
/// @param own, shrunk  the strip's words, [num_columns]
/// @return pixels removed by this lane
[[nodiscard]] __device__ inline std::uint32_t clear_interior(std::uint64_t* own, std::uint64_t* shrunk,
                                                             std::uint32_t num_columns, std::uint32_t reach_px) {
  std::uint64_t const length = 2 * std::uint64_t{reach_px} + 1;
  for (std::uint64_t covered = 1; covered < length;) {
    std::uint64_t const step = semantics::doubling_step(covered, length);
    covered += step;
    // In place: what lies ahead is read before any lane writes to it.
    for (std::uint64_t first = 0; first + covered <= num_columns; first += warp_size) {
      std::uint64_t const x = first + lane_id();
      bool const there = x + covered <= num_columns;
      std::uint64_t const both = there ? shrunk[x] & shrunk[x + step] : 0;
      __syncwarp();
      if (there) shrunk[x] = both;
      __syncwarp();
    }
  }
  std::uint32_t removed = 0;
  for (std::uint64_t x = lane_id(); x + length <= num_columns; x += warp_size) {
    own[reach_px + x] &= ~shrunk[x];
    removed += static_cast<std::uint32_t>(__popcll(shrunk[x]));
  }
  return removed;
}

/// Number of bits that two masks have in common, on all lanes. All lanes.
[[nodiscard]] __device__ inline std::uint32_t common_bits(semantics::strip_grid const& a_grid,
                                                          std::uint64_t const* a_words,
                                                          semantics::strip_grid const& b_grid,
                                                          std::uint64_t const* b_words) {
  semantics::common_strips const both(a_grid, b_grid);
  std::uint32_t common = 0;
  for (std::uint32_t strip = both.first_strip; strip < both.end_strip; ++strip) {
    for (std::uint32_t x = both.first_column + lane_id(); x < both.end_column; x += warp_size) {
      common += static_cast<std::uint32_t>(__popcll(a_words[a_grid.word(strip, x)] & b_words[b_grid.word(strip, x)]));
    }
  }
  return warp_sum(common);
}

}  // namespace maskmetrics::MASKMETRICS_KERNELS
