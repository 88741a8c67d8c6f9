/// @file
/// LVIS' rules and caps over images or categories, as changes to the data before an ordinary evaluation.
#pragma once

#include <cstddef>
#include <cstdint>

#include "reference/evaluate.hpp"

namespace reference {

/// The best @p cap detections of every image, whatever their category, regrouped as lvis-api's
/// `LVISResults.limit_dets_per_image` does it.
[[nodiscard]] dataset limit_images(dataset data, std::size_t cap);

/// The best @p cap detections of every category over all images, in file order.
[[nodiscard]] dataset limit_categories(dataset data, std::size_t cap);

/// lvis-api `LVISEval._prepare`: what has no area is left out, and so are detections in categories of which nothing is
/// known in their image; detections are numbered from 1.
/// @param keeps_crowds  "iscrowd" counts, as boundary-iou-api has it; else it means nothing
[[nodiscard]] dataset federate(dataset data, bool keeps_crowds);

/// Areas become sqrt(area / image area).
[[nodiscard]] dataset relate_areas(dataset data);

}  // namespace reference
