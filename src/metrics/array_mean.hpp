/// @file
/// Means over slices of the result arrays, in the reference's order of elements and of additions.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include <maskmetrics/evaluate.hpp>
#include <maskmetrics/view.hpp>

namespace maskmetrics::metrics {

/// One column of the two last axes.
struct area_and_cap {
  std::size_t area = 0;  ///< index into area_ranges
  std::size_t cap = 0;   ///< index into max_dets
};

/// Which cells of an array a number averages.
struct selection {
  std::vector<std::size_t> thresholds;  ///< indices into iou_thresholds
  std::vector<area_and_cap> columns;
  std::optional<std::vector<std::size_t>> categories = {};  ///< indices, ascending; absent: all
};

/// Averages over cells above -1. Keeps its scratch memory between calls.
class array_mean {
public:
  explicit array_mean(evaluation const& result) : result_(&result) {}

  /// Mean of precision [T, R, K, A, M] over the selection; -1 where no cell counts.
  /// Equals numpy's mean of `s[s > -1]`.
  [[nodiscard]] double of_precision(selection const& cells);
  /// The same of recall [T, K, A, M].
  [[nodiscard]] double of_recall(selection const& cells);
  /// The same of recall_curve [T, K, A, N]; caps of the selection are indices into the protocol's recall_curve.
  [[nodiscard]] double of_recall_curve(selection const& cells);

private:
  /// @param array  [T, samples_per_threshold, K, A, num_caps]
  [[nodiscard]] double mean(view<double const> array, std::size_t samples_per_threshold, std::size_t num_caps,
                            selection const& cells);

  evaluation const* result_;
  std::vector<double> kept_;
};

/// Mean in numpy's order; -1 for no values.
[[nodiscard]] double mean_or_absent(view<double const> values);

/// Indices of the IoU thresholds equal to @p value, as the reference compares them: exactly.
[[nodiscard]] std::vector<std::size_t> thresholds_equal_to(protocol const& how, double value);
[[nodiscard]] std::vector<std::size_t> all_thresholds(protocol const& how);

/// Index of the area range labelled "all", else 0.
[[nodiscard]] std::size_t main_area_range(protocol const& how);

}  // namespace maskmetrics::metrics
