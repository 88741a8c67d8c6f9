/// @file
/// Pascal VOC's evaluation as VOCdevkit writes it: one list of detections a class, best first, whatever their images.
#pragma once

#include <cstddef>
#include <vector>

#include "reference/evaluate.hpp"

namespace reference {

/// A detection of a class.
struct voc_candidate {
  detection row;
  std::size_t rank = 0;          ///< what caps are compared with
  std::vector<double> overlaps;  ///< with each object of the class; 0 in other images
};

/// One class at one IoU threshold.
struct voc_curve {
  std::size_t num_positives = 0;  ///< not difficult
  std::vector<double> scores;     ///< best first, as the next two
  std::vector<double> precision;  ///< 0 as long as nothing counts
  std::vector<double> recall;
};

/// VOCdevkit `VOCevaldet`, up to the average precision.
/// @param candidates  of one class, in the order of the results
/// @param objects  of the same class; "ignore" or "crowd" means difficult, and an area outside of the range, too
[[nodiscard]] voc_curve evaluate_class(std::vector<voc_candidate> const& candidates,
                                       std::vector<annotation> const& objects, double iou_threshold,
                                       area_range const& range);

/// The largest precision whose recall is at least @p recall; 0 where there is none.
[[nodiscard]] double precision_from(voc_curve const& curve, double recall);

/// Every class at every threshold, area range and cap. Without categories all are one class.
/// @param how  with caps ascending
[[nodiscard]] evaluation evaluate_voc(dataset const& data, protocol const& how);

}  // namespace reference
