/// @file
/// An evaluation made of formulas, for tests of what comes after it.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <maskmetrics/evaluate.hpp>
#include <maskmetrics/summary.hpp>

namespace maskmetrics::testing {

/// Cell i of an array [..., K, A, M] is (i * factor mod 1009) / 1009, or -1 where category k or area range a has no
/// ground truth: every k with k mod 5 = 2, and area range 1 for even k.
inline buffer<double> synthetic_array(std::size_t rows, evaluation_shape const& shape, std::uint64_t factor) {
  std::size_t const row_size = shape.num_categories * shape.num_area_ranges * shape.num_max_dets;
  buffer<double> values(rows * row_size);
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::size_t const k = i % row_size / (shape.num_area_ranges * shape.num_max_dets);
    std::size_t const a = i / shape.num_max_dets % shape.num_area_ranges;
    bool const absent = k % 5 == 2 || (a == 1 && k % 2 == 0);
    values.all()[i] = absent ? -1 : static_cast<double>(i * factor % 1009) / 1009.0;
  }
  return values;
}

inline std::vector<std::string> names_of(summary const& numbers) {
  std::vector<std::string> names;
  for (metric const& number : numbers.metrics) names.push_back(number.name);
  return names;
}

/// Thirteen categories under @p how.
inline evaluation synthetic_evaluation(protocol how) {
  evaluation result;
  how.validate();
  evaluation_shape const shape{how.iou_thresholds.size(), how.recall_thresholds.size(), 13, how.area_ranges.size(),
                               how.max_dets.size()};
  result.protocol = std::move(how);
  result.shape = shape;
  std::size_t const samples = shape.num_thresholds * shape.num_recall_thresholds;
  result.precision = synthetic_array(samples, shape, 7919);
  result.recall = synthetic_array(shape.num_thresholds, shape, 104729);
  if (result.protocol.rules != rule_set::lvis) result.scores = synthetic_array(samples, shape, 31);
  if (result.protocol.interpolation == interpolation::every_point) {
    result.average_precision = synthetic_array(shape.num_thresholds, shape, 17);
  }
  evaluation_shape curve_shape = shape;
  curve_shape.num_max_dets = result.protocol.recall_curve.size();
  result.recall_curve = synthetic_array(shape.num_thresholds, curve_shape, 53);
  for (std::size_t k = 0; k < shape.num_categories; ++k) {
    result.category_ids.push_back(static_cast<std::int64_t>(10 * k + 1));
    result.category_names.push_back(fmt::format("category {}", k));
    if (result.protocol.rules == rule_set::lvis) {
      result.category_frequencies.push_back(static_cast<category_frequency>(k % 3));
    }
    result.num_detections.push_back(100 + k);
    for (std::size_t a = 0; a < shape.num_area_ranges; ++a) result.num_ground_truths.push_back(1000 * a + k);
  }
  result.num_images = 7;
  result.device = {device_kind::cpu, 0};
  return result;
}

}  // namespace maskmetrics::testing
