/// @file
/// Overlaps inside cells, and the areas that area ranges measure.
#pragma once

#include <maskmetrics/pairwise.hpp>

#include "engine/cells.hpp"
#include "engine/workplace.hpp"

namespace maskmetrics {

struct measured_overlaps {
  pair_list pairs;
  /// [D] as area ranges measure them, in the backend's memory. One that is to be ignored unless it is matched lies
  /// outside of every range: a matched detection is never asked for its area.
  view<double const> detection_areas;
};

/// Cells where the stages can read them. The cells must outlive their use.
[[nodiscard]] cell_index placed_cells(workspace& memory, evaluation_cells const& cells);

/// @param index  placed_cells() of @p cells
/// @param lowest_iou  pairs below it may be left out; -infinity keeps every pair of a cell
/// @param cells  receives areas that come with the overlaps, and sizes relative to images
/// @throws input_error for masks that cannot be decoded
[[nodiscard]] measured_overlaps find_overlaps(workplace const& at, evaluation_inputs const& in, cell_index const& index,
                                              double lowest_iou, evaluation_cells& cells);

}  // namespace maskmetrics
