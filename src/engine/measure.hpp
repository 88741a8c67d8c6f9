/// @file
/// Areas and boxes of detections that come as masks alone; sizes as the area ranges measure them.
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

/// Whether settle_sizes() has anything to do.
[[nodiscard]] bool sizes_need_host(protocol const& how, evaluation_cells const& cells);

/// Makes areas of ground truth and detections what the area ranges measure: sizes relative to images, where the
/// protocol says so. A detection that is to be ignored unless it is matched comes to lie outside of every range: a
/// matched detection is never asked for its area.
/// @throws input_error for an image whose size the data set does not know
void settle_sizes(dataset const& ground_truth, protocol const& how, evaluation_cells& cells);

/// The overlap that suffices at the lowest of the thresholds.
[[nodiscard]] double lowest_starting_iou(protocol const& how);

}  // namespace maskmetrics
