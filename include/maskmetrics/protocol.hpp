/// @file
/// A protocol is data: which thresholds, area ranges, caps and categories an evaluation uses.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "maskmetrics/types.hpp"

namespace maskmetrics {

/// Objects whose area lies in [low, high] pixels, both ends included.
struct area_range {
  std::string label;
  double low_px = 0;
  double high_px = 1e10;
};

/// Everything that decides the numbers, and nothing that does not.
struct protocol {
  iou_type iou = iou_type::segm;
  std::vector<double> iou_thresholds;     ///< [T], ascending in the standard protocols; any order is evaluated
  std::vector<double> recall_thresholds;  ///< [R], ascending
  std::vector<area_range> area_ranges;    ///< [A]
  std::vector<std::uint32_t> max_dets;    ///< [M], per image and category; sorted ascending by validate()
  bool use_categories = true;             ///< false: all categories are one, K = 1
  maskmetrics::parity parity = parity::strict;

  /// Subsets; absent means all. Ids that the data set does not know are kept: as in the reference their columns are -1.
  std::optional<std::vector<std::int64_t>> image_ids;
  std::optional<std::vector<std::int64_t>> category_ids;

  /// COCO's protocol: IoU .50:.05:.95, 101 recall thresholds, areas all/small/medium/large, max_dets 1/10/100.
  /// Equals pycocotools `Params.setDetParams`.
  [[nodiscard]] static protocol coco(iou_type iou);

  /// Checks every field and sorts max_dets.
  /// @throws protocol_error naming the field and the value
  void validate();
};

/// The default labels for n area ranges: all, small, medium, large, then "lo:hi".
[[nodiscard]] std::vector<area_range> label_area_ranges(std::vector<area_range> ranges);

}  // namespace maskmetrics
