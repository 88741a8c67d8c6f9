/// @file
/// Areas and boxes of detections that come as masks alone.
#pragma once

#include <vector>

#include <maskmetrics/context.hpp>
#include <maskmetrics/dataset.hpp>
#include <maskmetrics/detections.hpp>

#include "engine/cells.hpp"

namespace maskmetrics {

/// In cell order.
struct measured_detections {
  std::vector<double> areas_px;  ///< [D]
  std::vector<box> boxes;        ///< [D] tight
};

/// Equals what pycocotools `COCO.loadRes` does for results without boxes (`mask.area`, `mask.toBbox`).
/// @throws input_error for a mask that cannot be decoded
[[nodiscard]] measured_detections measure_detections(context const& ctx, dataset const& ground_truth,
                                                     detections const& results, evaluation_cells const& cells);

}  // namespace maskmetrics
