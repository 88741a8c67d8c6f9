#include <maskmetrics/summary.hpp>

#include "metrics/array_mean.hpp"
#include "metrics/class_precision.hpp"

namespace maskmetrics {

namespace {

/// Column (area, cap) of an array [rows, K, A, M], turned to [K, rows]: read once in memory order.
std::vector<double> column_by_category(view<double const> array, std::size_t rows, evaluation_shape const& shape,
                                       metrics::area_and_cap column) {
  std::size_t const stride = shape.num_area_ranges * shape.num_max_dets;
  double const* next = array.data() + column.area * shape.num_max_dets + column.cap;
  std::vector<double> turned(rows * shape.num_categories);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t k = 0; k < shape.num_categories; ++k, next += stride) turned[k * rows + row] = *next;
  }
  return turned;
}

/// One category's precision [T, R] or recall [T], with a mean over some thresholds.
class category_column {
public:
  category_column(double const* values, std::size_t values_per_threshold)
      : values_(values), values_per_threshold_(values_per_threshold) {}

  [[nodiscard]] double mean(std::vector<std::size_t> const& thresholds) const {
    std::vector<double> kept;
    kept.reserve(thresholds.size() * values_per_threshold_);
    for (std::size_t const t : thresholds) {
      for (std::size_t i = 0; i < values_per_threshold_; ++i) {
        double const value = values_[t * values_per_threshold_ + i];
        if (value > -1) kept.push_back(value);
      }
    }
    return metrics::mean_or_absent({kept.data(), kept.size()});
  }

private:
  double const* values_;
  std::size_t values_per_threshold_;
};

/// Average precision as Pascal VOC has it, in place of the mean over the samples of all thresholds.
void take_class_precision(evaluation const& result, metrics::area_and_cap column, std::size_t k,
                          category_metrics& category) {
  for (std::size_t t = 0; t < result.shape.num_thresholds; ++t) {
    category.ap_by_threshold.push_back(metrics::class_precision(result, t, k, column));
  }
  auto const mean_at = [&](std::vector<std::size_t> const& thresholds) {
    std::vector<double> values;
    for (std::size_t const t : thresholds) {
      if (category.ap_by_threshold[t] > -1) values.push_back(category.ap_by_threshold[t]);
    }
    return metrics::mean_or_absent({values.data(), values.size()});
  };
  category.ap = mean_at(metrics::all_thresholds(result.protocol));
  category.ap50 = mean_at(metrics::thresholds_equal_to(result.protocol, .5));
  category.ap75 = mean_at(metrics::thresholds_equal_to(result.protocol, .75));
}

}  // namespace

std::vector<category_metrics> summarize_categories(evaluation const& result) {
  evaluation_shape const& shape = result.shape;
  std::size_t const area = metrics::main_area_range(result.protocol);
  metrics::area_and_cap const column{area, shape.num_max_dets - 1};
  std::size_t const samples = shape.num_thresholds * shape.num_recall_thresholds;
  std::vector<double> const precision = column_by_category(result.precision.all(), samples, shape, column);
  std::vector<double> const recall = column_by_category(result.recall.all(), shape.num_thresholds, shape, column);
  std::vector<std::size_t> const all = metrics::all_thresholds(result.protocol);
  std::vector<std::size_t> const at_50 = metrics::thresholds_equal_to(result.protocol, .5);
  std::vector<std::size_t> const at_75 = metrics::thresholds_equal_to(result.protocol, .75);

  std::vector<category_metrics> categories(shape.num_categories);
  for (std::size_t k = 0; k < shape.num_categories; ++k) {
    category_column const precisions(precision.data() + k * samples, shape.num_recall_thresholds);
    category_column const recalls(recall.data() + k * shape.num_thresholds, 1);
    categories[k] = {.id = result.category_ids[k],
                     .name = result.category_names[k],
                     .ap = precisions.mean(all),
                     .ap50 = precisions.mean(at_50),
                     .ap75 = precisions.mean(at_75),
                     .ar = recalls.mean(all),
                     .num_ground_truths = result.num_ground_truths[k * shape.num_area_ranges + area],
                     .num_detections = result.num_detections[k]};
    if (result.protocol.rules == rule_set::voc) take_class_precision(result, column, k, categories[k]);
  }
  return categories;
}

}  // namespace maskmetrics
