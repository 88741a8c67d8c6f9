#include "support/cells.hpp"

#include <algorithm>
#include <limits>

#include "reference/matching.hpp"

namespace support {

maskmetrics::cell_index cell_layout::view() const {
  return {{categories.data(), categories.size()},
          {images.data(), images.size()},
          {detection_begin.data(), detection_begin.size()},
          {ground_truth_begin.data(), ground_truth_begin.size()},
          {flags.data(), flags.size()}};
}

std::vector<std::uint32_t> cell_layout::category_begin() const {
  std::vector<std::uint32_t> begin(num_categories + 1);
  for (std::size_t c = 0; c < num_cells(); ++c) begin[categories[c] + 1] = detection_begin[c + 1];
  for (std::size_t k = 1; k < begin.size(); ++k) begin[k] = std::max(begin[k], begin[k - 1]);
  return begin;
}

std::vector<std::uint32_t> cell_layout::ranks_in_cell() const {
  std::vector<std::uint32_t> ranks;
  for (std::size_t c = 0; c < num_cells(); ++c) {
    for (std::uint32_t d = detection_begin[c]; d < detection_begin[c + 1]; ++d) ranks.push_back(d - detection_begin[c]);
  }
  return ranks;
}

cell_layout random_cells(random_source& random, std::uint32_t largest) {
  cell_layout cells;
  cells.num_categories = random.chance(.1) ? random.between(20, 60) : random.between(1, 5);
  cells.num_images = random.between(1, 7);
  double const density = random.unit();
  std::uint32_t const at_most = random.chance(.3) ? largest : std::min(largest, 4U);
  for (std::uint32_t k = 0; k < cells.num_categories; ++k) {
    for (std::uint32_t i = 0; i < cells.num_images; ++i) {
      if (!random.chance(density)) continue;
      std::uint32_t const num_detections = random.below(at_most + 1);
      std::uint32_t const num_ground_truths = random.below(at_most + 1);
      if (num_detections + num_ground_truths == 0) continue;
      cells.categories.push_back(k);
      cells.images.push_back(i);
      cells.detection_begin.push_back(cells.num_detections() + num_detections);
      cells.ground_truth_begin.push_back(cells.num_ground_truths() + num_ground_truths);
      cells.flags.push_back(random.chance(.1) ? std::uint8_t{maskmetrics::cell_unmatched_ignored} : std::uint8_t{0});
    }
  }
  return cells;
}

double random_score(random_source& random, std::uint32_t kind) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  static std::vector<double> const awkward = {std::numeric_limits<double>::quiet_NaN(),
                                              -std::numeric_limits<double>::quiet_NaN(),
                                              0.,
                                              -0.,
                                              infinity,
                                              -infinity,
                                              std::numeric_limits<double>::denorm_min(),
                                              -1,
                                              .5};
  if (kind == 1) return random.below(5) / 4.;
  if (kind == 2) return .5;
  if (kind == 3) return random.pick(awkward);
  return random.unit();
}

std::vector<double> random_scores(random_source& random, cell_layout const& cells) {
  std::uint32_t const kind = random.below(4);
  std::vector<double> scores;
  for (std::size_t c = 0; c < cells.num_cells(); ++c) {
    std::vector<double> in_cell;
    for (std::uint32_t d = cells.detection_begin[c]; d < cells.detection_begin[c + 1]; ++d) {
      in_cell.push_back(random_score(random, kind));
    }
    for (std::size_t const d : reference::score_order(in_cell)) scores.push_back(in_cell[d]);
  }
  return scores;
}

placed_cells::placed_cells(backend_under_test const& where, cell_layout const& cells)
    : categories_(where, cells.categories),
      images_(where, cells.images),
      detection_begin_(where, cells.detection_begin),
      ground_truth_begin_(where, cells.ground_truth_begin),
      flags_(where, cells.flags) {}

maskmetrics::cell_index placed_cells::view() const {
  return {categories_.all(), images_.all(), detection_begin_.all(), ground_truth_begin_.all(), flags_.all()};
}

}  // namespace support
