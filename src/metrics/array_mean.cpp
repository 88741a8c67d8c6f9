#include "metrics/array_mean.hpp"

#include <algorithm>
#include <numeric>

#include <maskmetrics/semantics/mean.hpp>

namespace maskmetrics::metrics {

namespace {

std::vector<std::size_t> indices_below(std::size_t count) {
  std::vector<std::size_t> indices(count);
  std::iota(indices.begin(), indices.end(), std::size_t{0});
  return indices;
}

}  // namespace

double mean_or_absent(view<double const> values) {
  return values.empty() ? -1 : semantics::pairwise_mean(values);
}

double array_mean::mean(view<double const> array, std::size_t samples_per_threshold, std::size_t num_caps,
                        selection const& cells) {
  std::size_t const num_categories = result_->shape.num_categories;
  std::size_t const stride = result_->shape.num_area_ranges * num_caps;
  std::vector<std::size_t> const categories = cells.categories ? *cells.categories : indices_below(num_categories);
  kept_.clear();
  kept_.reserve(cells.thresholds.size() * samples_per_threshold * categories.size() * cells.columns.size());
  for (std::size_t const t : cells.thresholds) {
    for (std::size_t sample = 0; sample < samples_per_threshold; ++sample) {
      double const* const row = array.data() + (t * samples_per_threshold + sample) * num_categories * stride;
      for (std::size_t const k : categories) {
        for (auto const [area, cap] : cells.columns) {
          double const value = row[k * stride + area * num_caps + cap];
          if (value > -1) kept_.push_back(value);
        }
      }
    }
  }
  return mean_or_absent({kept_.data(), kept_.size()});
}

double array_mean::of_precision(selection const& cells) {
  return mean(result_->precision.all(), result_->shape.num_recall_thresholds, result_->shape.num_max_dets, cells);
}

double array_mean::of_recall(selection const& cells) {
  return mean(result_->recall.all(), 1, result_->shape.num_max_dets, cells);
}

double array_mean::of_recall_curve(selection const& cells) {
  return mean(result_->recall_curve.all(), 1, result_->protocol.recall_curve.size(), cells);
}

std::vector<std::size_t> thresholds_equal_to(protocol const& how, double value) {
  std::vector<std::size_t> found;
  for (std::size_t t = 0; t < how.iou_thresholds.size(); ++t) {
    if (how.iou_thresholds[t] == value) found.push_back(t);
  }
  return found;
}

std::vector<std::size_t> all_thresholds(protocol const& how) {
  return indices_below(how.iou_thresholds.size());
}

std::size_t main_area_range(protocol const& how) {
  auto const at = std::find_if(how.area_ranges.begin(), how.area_ranges.end(),
                               [](area_range const& range) { return range.label == "all"; });
  return at == how.area_ranges.end() ? 0 : static_cast<std::size_t>(at - how.area_ranges.begin());
}

}  // namespace maskmetrics::metrics
