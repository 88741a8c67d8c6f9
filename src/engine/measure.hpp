/// @file
/// Areas and boxes of detections that come as masks alone; sizes relative to images.
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
  std::vector<box> boxes;        ///< [D] tight, in the convention asked for
};

/// Equals what pycocotools `COCO.loadRes` does for results without boxes (`mask.area`, `mask.toBbox`).
/// @throws input_error for a mask that cannot be decoded
[[nodiscard]] measured_detections measure_detections(context const& ctx, dataset const& ground_truth,
                                                     detections const& results, box_convention convention,
                                                     evaluation_cells const& cells);

/// Areas of ground truth or detections, in cell order, become sizes relative to their images.
/// @param begin  [C+1] of the cells
/// @throws input_error for an image whose size the data set does not know
void make_relative(dataset const& ground_truth, evaluation_cells const& cells, std::vector<std::uint32_t> const& begin,
                   std::vector<double>& areas);

}  // namespace maskmetrics
