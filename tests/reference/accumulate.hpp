/// @file
/// Precision and recall curves of one category, area range and cap.
#pragma once

#include <cstddef>
#include <limits>
#include <vector>

#include "reference/matching.hpp"

namespace reference {

/// `numpy.linspace(start, stop, count)`.
[[nodiscard]] std::vector<double> linspace(double start, double stop, std::size_t count);

/// `numpy.searchsorted(ascending, key, side='left')`; NaN stands behind everything.
[[nodiscard]] std::size_t search_sorted(std::vector<double> const& ascending, double key);

/// Curves for each IoU threshold. Where nothing counts: all -1.
struct curves {
  std::vector<double> recall;                  ///< [t]
  std::vector<std::vector<double>> precision;  ///< [t][r]
  std::vector<std::vector<double>> scores;     ///< [t][r]
  std::vector<double> area;                    ///< [t] under the envelope
};

/// VOCdevkit `VOCap`: recall from 0 to 1 and the largest precision from each place on; the sum of the steps.
[[nodiscard]] double area_under_envelope(std::vector<double> const& recall, std::vector<double> const& precision);

/// The inner part of pycocotools `COCOeval.accumulate`.
/// @param images  results of one category and area range, by ascending image; images without either are left out
/// @param max_dets  how many detections of each image count
/// @param epsilon  added to the denominator of precision; Pascal VOC adds none, and takes 0 / 0 for 0
[[nodiscard]] curves accumulate(std::vector<image_result> const& images, std::size_t num_iou_thresholds,
                                std::vector<double> const& recall_thresholds, std::size_t max_dets,
                                double epsilon = std::numeric_limits<double>::epsilon());

}  // namespace reference
