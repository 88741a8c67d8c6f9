#include "metrics/class_precision.hpp"

#include <maskmetrics/semantics/mean.hpp>

namespace maskmetrics::metrics {

double class_precision(evaluation const& result, std::size_t threshold, std::size_t category, area_and_cap column) {
  evaluation_shape const& shape = result.shape;
  auto const place = [&](std::size_t row) {
    return ((row * shape.num_categories + category) * shape.num_area_ranges + column.area) * shape.num_max_dets +
           column.cap;
  };
  if (result.protocol.interpolation == interpolation::every_point) {
    return result.average_precision.data()[place(threshold)];
  }
  if (result.num_ground_truths[category * shape.num_area_ranges + column.area] == 0) return -1;
  std::vector<double> samples;
  for (std::size_t r = 0; r < shape.num_recall_thresholds; ++r) {
    samples.push_back(result.precision.data()[place(threshold * shape.num_recall_thresholds + r)]);
  }
  return semantics::mean_of_points({samples.data(), samples.size()});
}

double mean_class_precision(evaluation const& result, std::vector<std::size_t> const& thresholds, area_and_cap column) {
  std::vector<double> counting;
  for (std::size_t const t : thresholds) {
    for (std::size_t k = 0; k < result.shape.num_categories; ++k) {
      double const value = class_precision(result, t, k, column);
      if (value > -1) counting.push_back(value);
    }
  }
  return mean_or_absent({counting.data(), counting.size()});
}

}  // namespace maskmetrics::metrics
