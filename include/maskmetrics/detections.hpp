/// @file
/// Detections as columns.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "maskmetrics/mask_batch.hpp"
#include "maskmetrics/types.hpp"

namespace maskmetrics {

/// Detections in file order, one row each. Indices refer to the data set they were loaded for.
struct detections {
  std::string source;                           ///< file name for messages
  std::vector<std::uint32_t> image_indices;     ///< [D] into dataset::images
  std::vector<std::uint32_t> category_indices;  ///< [D] into dataset::categories; no_index: never evaluated
  std::vector<double> scores;                   ///< [D]
  std::vector<double> areas_px;                 ///< [D], or empty: areas are those of the masks
  std::vector<box> boxes;                       ///< [D], or empty: boxes are the tight boxes of the masks
  std::vector<std::int64_t> ids;                ///< [D], or empty: 1, 2, 3, ... as pycocotools' loadRes gives them
  mask_batch masks;                             ///< [D] entries, or none where masks were not asked for
  std::vector<warning> warnings;

  [[nodiscard]] std::size_t size() const { return scores.size(); }
};

}  // namespace maskmetrics
