/// @file
/// Cells in blocks for parallel loops.
#pragma once

#include <cstdint>
#include <vector>

#include <maskmetrics/pairwise.hpp>

namespace maskmetrics::cpu {

/// The cells in the order of their images, so that the masks of one image are read together, in blocks of about equal
/// work.
struct cell_blocks {
  std::vector<std::uint32_t> order;        ///< [C] cells, ascending by image, then category
  std::vector<std::uint32_t> block_begin;  ///< [B+1] into order

  [[nodiscard]] std::size_t size() const { return block_begin.size() - 1; }
};

/// @param work_per_block  detections and ground truths after which a block ends
[[nodiscard]] cell_blocks make_cell_blocks(cell_index const& cells, std::uint32_t work_per_block);

}  // namespace maskmetrics::cpu
