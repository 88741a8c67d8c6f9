#include "cpu/cell_blocks.hpp"

#include <algorithm>

namespace maskmetrics::cpu {

cell_blocks make_cell_blocks(cell_index const& cells, std::uint32_t work_per_block) {
  std::size_t const num_cells = cells.categories.size();
  std::uint32_t num_images = 0;
  for (std::uint32_t const image : cells.images) num_images = std::max(num_images, image + 1);
  // A counting sort by image keeps the order of categories within an image.
  std::vector<std::uint32_t> next(std::size_t{num_images} + 1);
  for (std::uint32_t const image : cells.images) ++next[image + 1];
  for (std::size_t i = 1; i < next.size(); ++i) next[i] += next[i - 1];
  cell_blocks blocks;
  blocks.order.resize(num_cells);
  for (std::uint32_t c = 0; c < num_cells; ++c) blocks.order[next[cells.images[c]]++] = c;

  blocks.block_begin.push_back(0);
  std::uint32_t work = 0;
  for (std::uint32_t i = 0; i < num_cells; ++i) {
    std::uint32_t const c = blocks.order[i];
    work += cells.detection_begin[c + 1] - cells.detection_begin[c] + cells.ground_truth_begin[c + 1] -
            cells.ground_truth_begin[c];
    if (work >= work_per_block) {
      blocks.block_begin.push_back(i + 1);
      work = 0;
    }
  }
  if (blocks.block_begin.back() != num_cells) blocks.block_begin.push_back(static_cast<std::uint32_t>(num_cells));
  return blocks;
}

}  // namespace maskmetrics::cpu
