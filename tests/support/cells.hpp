/// @file
/// Random layouts of detections and ground truth by (category, image).
#pragma once

#include <cstdint>
#include <vector>

#include "support/backends.hpp"
#include "support/random.hpp"

namespace support {

/// Detections and ground truth grouped into cells, on the host. One cell is one (category, image).
struct cell_layout {
  std::uint32_t num_categories = 0;
  std::uint32_t num_images = 0;
  std::vector<std::uint32_t> categories;                ///< [C]
  std::vector<std::uint32_t> images;                    ///< [C]
  std::vector<std::uint32_t> detection_begin = {0};     ///< [C+1]
  std::vector<std::uint32_t> ground_truth_begin = {0};  ///< [C+1]
  std::vector<std::uint8_t> flags;                      ///< [C]

  [[nodiscard]] std::size_t num_cells() const { return categories.size(); }
  [[nodiscard]] std::uint32_t num_detections() const { return detection_begin.back(); }
  [[nodiscard]] std::uint32_t num_ground_truths() const { return ground_truth_begin.back(); }

  /// The layout itself, in host memory.
  [[nodiscard]] maskmetrics::cell_index view() const;
  /// First detection of each category and the end, [K+1].
  [[nodiscard]] std::vector<std::uint32_t> category_begin() const;
  /// Position of each detection in its cell, [D].
  [[nodiscard]] std::vector<std::uint32_t> ranks_in_cell() const;
};

/// From no cell at all to many categories; most cells are small, some hold only one of either kind.
/// @param largest  most detections or ground truths in a cell
[[nodiscard]] cell_layout random_cells(random_source& random, std::uint32_t largest);

/// Scores with ties, equal ones, NaN, infinities and both zeros; descending within every cell as stages expect it.
[[nodiscard]] std::vector<double> random_scores(random_source& random, cell_layout const& cells);

/// One random score of the kinds above. @param kind  0 a real number, 1 a coarse grid, 2 all equal, 3 awkward values
[[nodiscard]] double random_score(random_source& random, std::uint32_t kind);

/// A layout in a backend's memory.
class placed_cells {
public:
  placed_cells(backend_under_test const& where, cell_layout const& cells);
  [[nodiscard]] maskmetrics::cell_index view() const;

private:
  placed<std::uint32_t> categories_;
  placed<std::uint32_t> images_;
  placed<std::uint32_t> detection_begin_;
  placed<std::uint32_t> ground_truth_begin_;
  placed<std::uint8_t> flags_;
};

}  // namespace support
