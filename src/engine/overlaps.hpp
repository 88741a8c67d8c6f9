/// @file
/// Overlaps inside cells, and the areas that area ranges measure.
#pragma once

#include <maskmetrics/pairwise.hpp>

#include "engine/cells.hpp"
#include "engine/workplace.hpp"

namespace maskmetrics {

struct measured_overlaps {
  pair_list pairs;
  /// [D] as area ranges measure them, in the backend's memory.
  view<double const> detection_areas;
};

/// Cells as stages take them: in host memory, and where the backend works. The cells must outlive their use.
[[nodiscard]] cell_index host_index(evaluation_cells const& cells);
[[nodiscard]] cell_index place_index(evaluation_cells const& cells, workspace& memory);

/// @param index  place_index() of @p cells
/// @param lowest_iou  pairs below it may be left out; -infinity keeps every pair of a cell
/// @param cells  receives areas that come with the overlaps, and sizes relative to images
/// @throws input_error for masks that cannot be decoded
[[nodiscard]] measured_overlaps find_overlaps(workplace& at, evaluation_inputs const& in, cell_index const& index,
                                              double lowest_iou, evaluation_cells& cells);

}  // namespace maskmetrics
