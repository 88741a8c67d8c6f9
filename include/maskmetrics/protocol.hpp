/// @file
/// A protocol is data: which thresholds, area ranges, caps and categories an evaluation uses.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "maskmetrics/types.hpp"

namespace maskmetrics {

/// Objects whose area lies in [low, high], both ends included: pixels, or sizes relative to the image where the
/// protocol's area_unit says so.
struct area_range {
  std::string label;
  double low_px = 0;
  double high_px = 1e10;
};

/// What area ranges are given in.
enum class area_unit : unsigned char {
  pixels,
  relative,  ///< sqrt(area / area of the image)
};

/// Whose rules a data set was annotated for; they decide which objects and detections count, and what is summed up.
enum class rule_set : unsigned char {
  coco,
  /// Federated, as lvis-api 0.5.3 evaluates: detections count only in categories that are known to be present or absent
  /// in their image; unmatched ones are ignored where not every instance is annotated; objects without area do not take
  /// part; "iscrowd" is not read and "ignore" is; no scores are returned.
  lvis,
  /// Pascal VOC, as VOCdevkit evaluates: a detection has no second choice (match_rule::best_only), what is "difficult"
  /// or ignored is not to be found, and who finds it counts as nothing; precision is divided without an epsilon; equal
  /// scores keep the order of the results, whatever their images.
  voc,
};

/// What becomes of a curve of precision and recall.
enum class interpolation : unsigned char {
  points,       ///< average precision is the mean of the precision at the recall thresholds
  every_point,  ///< it is the area under the precision envelope; Pascal VOC from 2010 on
};

/// Which detections max_dets counts together.
enum class cap_scope : unsigned char {
  category,  ///< those of an image and category
  image,     ///< those of an image, of all categories in the results, known and evaluated or not
};

/// In max_dets: no cap.
inline constexpr std::uint32_t all_detections = 0xFFFFFFFFU;

/// Everything that decides the numbers, and nothing that does not.
struct protocol {
  rule_set rules = rule_set::coco;
  iou_type iou = iou_type::segm;
  double boundary_dilation_ratio = .02;   ///< iou_type::boundary: width of the boundary, part of the image's diagonal
  std::vector<double> iou_thresholds;     ///< [T], ascending in the standard protocols; any order is evaluated
  std::vector<double> recall_thresholds;  ///< [R], ascending
  maskmetrics::interpolation interpolation = interpolation::points;         ///< every_point needs VOC's rules
  maskmetrics::box_convention box_convention = box_convention::continuous;  ///< inclusive needs VOC's rules
  std::vector<area_range> area_ranges;                                      ///< [A]
  maskmetrics::area_unit area_unit = area_unit::pixels;
  std::vector<std::uint32_t> max_dets;  ///< [M], sorted ascending by validate(); of equal scores the first ones stay
  maskmetrics::cap_scope cap = cap_scope::category;
  /// Detections kept of each category over all images of the results, before max_dets; 0: all.
  std::uint32_t max_dets_per_category = 0;
  /// [N] further caps at which only recall is wanted; sorted ascending by validate().
  std::vector<std::uint32_t> recall_curve;
  bool use_categories = true;  ///< false: all categories are one, K = 1
  maskmetrics::parity parity = parity::strict;

  /// Subsets; absent means all. Ids that the data set does not know are kept: as in the reference their columns are -1.
  std::optional<std::vector<std::int64_t>> image_ids;
  std::optional<std::vector<std::int64_t>> category_ids;

  /// COCO's protocol: IoU .50:.05:.95, 101 recall thresholds, areas all/small/medium/large, max_dets 1/10/100.
  /// Equals pycocotools `Params.setDetParams`, also for boundary-iou-api.
  [[nodiscard]] static protocol coco(iou_type iou);

  /// LVIS' protocol: COCO's thresholds and areas, federated rules, 300 detections an image over all categories.
  /// Equals lvis-api `LVISEval` on `LVISResults`.
  [[nodiscard]] static protocol lvis(iou_type iou);

  /// LVIS' protocol with the cap of Dave et al., "Evaluating large-vocabulary object detectors: the devil is in the
  /// details" (2021): no limit an image, the best 10,000 detections of each category over the data set.
  [[nodiscard]] static protocol lvis_fixed(iou_type iou);

  /// Pascal VOC: IoU .5, all areas, no cap, boxes whose last pixels count.
  /// @param num_points  0: average precision by every point, as VOCdevkit from 2010 on; else by that many points,
  ///                    numpy.linspace(0, 1, num_points), 11 as in VOC2007. Precision is sampled at 101 recalls for 0.
  [[nodiscard]] static protocol voc(iou_type iou, std::uint32_t num_points = 0);

  /// The largest cap at which anything is wanted.
  [[nodiscard]] std::uint32_t deepest_cap() const;

  /// Checks every field and sorts max_dets and recall_curve.
  /// @throws protocol_error naming the field and the value
  void validate();
};

/// The default labels for n area ranges: all, small, medium, large, then "lo:hi".
[[nodiscard]] std::vector<area_range> label_area_ranges(std::vector<area_range> ranges);

}  // namespace maskmetrics
