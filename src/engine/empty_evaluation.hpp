/// @file
/// Warnings that say why an evaluation found nothing to evaluate.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <maskmetrics/evaluate.hpp>

#include "engine/cells.hpp"

namespace maskmetrics {

/// Rows of a table of which none takes part in an evaluation, by the first reason that holds.
struct left_out_rows {
  std::uint64_t total = 0;                ///< 0 as well where rows do take part
  std::uint64_t of_other_images = 0;      ///< images that are unknown or not evaluated
  std::uint64_t of_other_categories = 0;  ///< categories that are unknown or not evaluated

  /// Those that the rules alone leave out.
  [[nodiscard]] std::uint64_t by_rules() const { return total - of_other_images - of_other_categories; }
};

[[nodiscard]] left_out_rows count_left_out(std::vector<std::uint32_t> const& image_indices,
                                           std::vector<std::uint32_t> const& category_indices, axis_maps const& maps);

/// Adds a warning where no ground truth counts, so that every number is -1; else one where no detection takes part.
/// @param cells  what was evaluated, with areas as the area ranges measure them
/// @param annotations, results  known where they come from tables
void explain_empty(evaluation_cells const& cells, left_out_rows const& annotations, left_out_rows const& results,
                   evaluation& result);

}  // namespace maskmetrics
