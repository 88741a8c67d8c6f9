#include "reference/accumulate.hpp"

#include <algorithm>

namespace reference {

std::vector<double> linspace(double start, double stop, std::size_t count) {
  std::vector<double> values;
  double const step = (stop - start) / static_cast<double>(count - 1);
  for (std::size_t i = 0; i < count; ++i) values.push_back(static_cast<double>(i) * step + start);
  values.back() = stop;
  return values;
}

std::size_t search_sorted(std::vector<double> const& ascending, double key) {
  std::size_t i = 0;
  while (i < ascending.size() && !(ascending[i] >= key)) ++i;
  return i;
}

double area_under_envelope(std::vector<double> const& recall, std::vector<double> const& precision) {
  std::vector<double> x = {0};
  std::vector<double> y = {0};
  x.insert(x.end(), recall.begin(), recall.end());
  y.insert(y.end(), precision.begin(), precision.end());
  x.push_back(1);
  y.push_back(0);
  for (std::size_t i = y.size(); i > 1; --i) y[i - 2] = std::max(y[i - 2], y[i - 1]);
  double area = 0;
  for (std::size_t i = 1; i < x.size(); ++i) {
    if (x[i] != x[i - 1]) area = area + (x[i] - x[i - 1]) * y[i];
  }
  return area;
}

curves accumulate(std::vector<image_result> const& images, std::size_t num_iou_thresholds,
                  std::vector<double> const& recall_thresholds, std::size_t max_dets, double epsilon) {
  curves result;
  std::vector<double> const absent(recall_thresholds.size(), -1);
  result.recall.assign(num_iou_thresholds, -1);
  result.precision.assign(num_iou_thresholds, absent);
  result.scores.assign(num_iou_thresholds, absent);
  result.area.assign(num_iou_thresholds, -1);

  std::size_t num_targets = 0;
  std::vector<double> scores;
  for (image_result const& image : images) {
    num_targets += image.num_counted_targets;
    for (std::size_t d = 0; d < std::min(image.scores.size(), max_dets); ++d) scores.push_back(image.scores[d]);
  }
  if (num_targets == 0) return result;
  std::vector<std::size_t> const order = score_order(scores);

  for (std::size_t t = 0; t < num_iou_thresholds; ++t) {
    std::vector<bool> matched;
    std::vector<bool> ignored;
    for (image_result const& image : images) {
      for (std::size_t d = 0; d < std::min(image.scores.size(), max_dets); ++d) {
        matched.push_back(image.matched[t][d]);
        ignored.push_back(image.ignored[t][d]);
      }
    }
    std::vector<double> recall;
    std::vector<double> precision;
    double true_positives = 0;
    double false_positives = 0;
    for (std::size_t const d : order) {
      if (matched[d] && !ignored[d]) true_positives += 1;
      if (!matched[d] && !ignored[d]) false_positives += 1;
      recall.push_back(true_positives / static_cast<double>(num_targets));
      double const denominator = (false_positives + true_positives) + epsilon;
      precision.push_back(denominator > 0 ? true_positives / denominator : 0);
    }
    result.area[t] = area_under_envelope(recall, precision);
    for (std::size_t i = precision.size(); i > 1; --i) {
      precision[i - 2] = std::max(precision[i - 2], precision[i - 1]);
    }
    result.recall[t] = recall.empty() ? 0 : recall.back();
    std::fill(result.precision[t].begin(), result.precision[t].end(), 0);
    std::fill(result.scores[t].begin(), result.scores[t].end(), 0);
    for (std::size_t r = 0; r < recall_thresholds.size(); ++r) {
      std::size_t const at = search_sorted(recall, recall_thresholds[r]);
      if (at == recall.size()) break;  // out of reach: this one and all later ones stay 0
      result.precision[t][r] = precision[at];
      result.scores[t][r] = scores[order[at]];
    }
  }
  return result;
}

}  // namespace reference
