/// @file
/// A whole evaluation, composed of the stages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "reference/mask.hpp"
#include "reference/matching.hpp"

namespace reference {

struct annotation {
  std::int64_t id = 1;
  std::int64_t image_id = 0;
  std::int64_t category_id = 0;
  double area = 0;
  bool crowd = false;
  bool ignore = false;  ///< the file's own flag
  box bounds;
  rle segmentation;
  bool listed = true;  ///< false: only another annotation with its id can lead to it
};

struct detection {
  std::int64_t id = 1;
  std::int64_t image_id = 0;
  std::int64_t category_id = 0;
  double score = 0;
  double area = 0;
  box bounds;
  rle segmentation;
  bool ignored_unless_matched = false;
};

struct area_range {
  std::string label;
  double low = 0;
  double high = 0;
};

struct protocol {
  bool masks = false;                  ///< overlap of masks, else of boxes
  double boundary_dilation_ratio = 0;  ///< above 0: overlap of masks and boundaries, as boundary-iou-api has it
  std::vector<double> iou_thresholds;
  std::vector<double> recall_thresholds;
  std::vector<area_range> area_ranges;
  std::vector<std::size_t> max_dets;
  bool caps_images = false;               ///< max_dets counts the detections of an image, else of an image and category
  std::size_t max_dets_per_category = 0;  ///< above 0: over all images, before max_dets
  std::vector<std::size_t> recall_curve;  ///< caps at which recall alone is wanted
  bool federated = false;                 ///< LVIS' rules
  bool voc = false;                       ///< Pascal VOC's rules
  bool inclusive_boxes = false;           ///< the last pixels of boxes count; VOC
  bool every_point = false;               ///< average precision by every point; VOC
  bool relative_areas = false;            ///< ranges hold sqrt(area / image area)
  bool use_categories = true;
  bool strict = true;
};

/// What a data set says of an image.
struct image_facts {
  double height = 0;
  double width = 0;
  std::set<std::int64_t> negative;        ///< categories that are not in the image
  std::set<std::int64_t> not_exhaustive;  ///< categories of which some objects may not be annotated
};

struct dataset {
  std::vector<std::int64_t> image_ids;        ///< those evaluated, in any order
  std::vector<std::int64_t> category_ids;     ///< those evaluated, in any order
  std::vector<annotation> annotations;        ///< in file order
  std::vector<detection> detections;          ///< in file order
  std::map<std::int64_t, image_facts> facts;  ///< by image id
};

/// Arrays in C order.
struct evaluation {
  std::size_t num_iou_thresholds = 0;
  std::size_t num_recall_thresholds = 0;
  std::size_t num_categories = 0;
  std::size_t num_area_ranges = 0;
  std::size_t num_max_dets = 0;
  std::vector<double> precision;               ///< [T, R, K, A, M]
  std::vector<double> recall;                  ///< [T, K, A, M]
  std::vector<double> scores;                  ///< [T, R, K, A, M]
  std::vector<double> recall_curve;            ///< [T, K, A, N]
  std::vector<double> average_precision;       ///< [T, K, A, M]; empty but for VOC by every point
  std::vector<std::int64_t> category_ids;      ///< [K]; {-1} where categories are not used
  std::vector<std::size_t> num_ground_truths;  ///< [K, A] not ignored
  std::vector<std::size_t> num_detections;     ///< [K] capped at the largest max_dets
};

/// An evaluation in which nothing is there.
[[nodiscard]] evaluation make_empty(protocol const& how, std::vector<std::int64_t> const& category_ids);

/// Overlap of masks, masks and boundaries, or boxes.
[[nodiscard]] double overlap(detection const& d, annotation const& g, protocol const& how);

/// pycocotools (or boundary-iou-api) `COCOeval.evaluate(); COCOeval.accumulate()`; for VOC evaluate_voc().
[[nodiscard]] evaluation evaluate(dataset const& data, protocol how);

/// One image and category with what was compared and matched.
struct cell_result {
  std::int64_t category_id = 0;  ///< -1 where categories are not used
  std::int64_t image_id = 0;
  std::vector<candidate> candidates;  ///< best first, up to the deepest cap
  std::vector<target> targets;
  std::vector<std::vector<double>> ious;  ///< [d][g]
  std::vector<image_result> areas;        ///< [a]
};

/// pycocotools `COCOeval.computeIoU` and `COCOeval.evaluateImg` of every image and category that has anything.
[[nodiscard]] std::vector<cell_result> evaluate_by_cell(dataset const& data, protocol how);

}  // namespace reference
