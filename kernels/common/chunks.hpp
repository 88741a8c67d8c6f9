/// @file
/// Splits work that does not fit into memory at once.
#pragma once

#include <cstdint>
#include <vector>

#include <maskmetrics/view.hpp>

namespace maskmetrics {

/// Cells [begin, end).
struct cell_range {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  friend bool operator==(cell_range, cell_range) = default;
};

/// Ranges that cover all cells in order, each as long as its cells' bytes fit into @p available_bytes. A cell that is
/// larger stands alone, so that the attempt to allocate its memory reports the error. Cells do not see each other:
/// where they are split changes no result. A mask belongs to one cell, so none is moved twice.
/// @param bytes_per_cell  [C]
[[nodiscard]] inline std::vector<cell_range> plan_chunks(view<std::uint64_t const> bytes_per_cell,
                                                         std::uint64_t available_bytes) {
  std::vector<cell_range> chunks;
  std::uint64_t used = 0;
  for (std::uint32_t c = 0; c < bytes_per_cell.size(); ++c) {
    bool const fits =
        !chunks.empty() && bytes_per_cell[c] <= available_bytes && used <= available_bytes - bytes_per_cell[c];
    if (!fits) {
      chunks.push_back({c, c});
      used = 0;
    }
    chunks.back().end = c + 1;
    used += bytes_per_cell[c];
  }
  return chunks;
}

}  // namespace maskmetrics
