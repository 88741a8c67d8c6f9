/// @file
/// Which rows take part in an evaluation at all, before they are grouped into cells.
#pragma once

#include <cstdint>
#include <vector>

#include <maskmetrics/context.hpp>
#include <maskmetrics/dataset.hpp>
#include <maskmetrics/detections.hpp>
#include <maskmetrics/protocol.hpp>

#include "engine/grouping.hpp"

namespace maskmetrics {

struct selected_detections {
  std::vector<std::uint32_t> rows;   ///< those of an image side by side in file order
  std::vector<std::uint32_t> ranks;  ///< [D], by row: position in the image where the cap counts images, else empty
};

/// Annotations in file order; under LVIS' rules those with an area and of an evaluated category, as lvis-api's
/// `LVIS.get_ann_ids` lists them.
[[nodiscard]] std::vector<std::uint32_t> select_ground_truth(annotation_table const& annotations, protocol const& how,
                                                             axis_maps const& maps);

/// Categories by image, in no order and perhaps again and again.
/// @param truth  the annotations that are evaluated
[[nodiscard]] category_lists present_categories(annotation_table const& annotations, grouped_rows const& truth,
                                                std::size_t num_images);

/// Detections within the protocol's caps on categories and images; under LVIS' rules those with an area, in categories
/// that are verified in their image. Equals lvis-api `LVISResults.limit_dets_per_image` and `LVISEval._prepare`.
/// @param present  categories by image that annotations are evaluated of; read under LVIS' rules
[[nodiscard]] selected_detections select_detections(context const& ctx, dataset const& ground_truth,
                                                    detections const& results, protocol const& how,
                                                    axis_maps const& maps, category_lists const& present);

}  // namespace maskmetrics
