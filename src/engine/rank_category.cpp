#include <maskmetrics/evaluate.hpp>

#include <string>

#include <maskmetrics/error.hpp>
#include <maskmetrics/semantics/accumulate.hpp>
#include <maskmetrics/semantics/mean.hpp>

#include "engine/evaluation_run.hpp"

namespace maskmetrics {

namespace {

/// The protocol of one curve: first IoU threshold, first area range, largest max_dets, one category.
protocol one_curve(protocol how, std::int64_t category_id) {
  how.validate();
  how.iou_thresholds.resize(1);
  how.area_ranges.resize(1);
  how.max_dets = {how.max_dets.back()};
  how.recall_curve.clear();
  how.use_categories = true;
  how.category_ids = std::vector<std::int64_t>{category_id};
  return how;
}

void fill_curve(ranked_category& table, double epsilon) {
  std::uint64_t true_positives = 0;
  std::uint64_t false_positives = 0;
  for (ranked_detection& row : table.rows) {
    true_positives += row.true_positive ? 1U : 0U;
    false_positives += row.false_positive ? 1U : 0U;
    row.cumulative_true_positives = true_positives;
    row.cumulative_false_positives = false_positives;
    row.precision = semantics::precision_at(true_positives, false_positives, epsilon);
    row.recall = table.num_ground_truths == 0 ? -1 : semantics::recall_at(true_positives, table.num_ground_truths);
  }
  double envelope = 0;
  for (auto row = table.rows.rbegin(); row != table.rows.rend(); ++row) {
    envelope = semantics::envelope_step(row->precision, envelope);
    row->monotone_precision = envelope;
  }
}

}  // namespace

ranked_category rank_category(context const& ctx, dataset const& ground_truth, detections const& results,
                              protocol const& how, std::int64_t category_id) {
  std::uint32_t const category = ground_truth.categories.find(category_id);
  if (category == no_index) {
    throw input_error(ground_truth.source, "categories", "no category with id " + std::to_string(category_id));
  }
  protocol const curve = one_curve(how, category_id);
  ground_truth_groups const truth = group_ground_truth(ground_truth, curve);
  evaluation_run run(ctx, ground_truth, truth, results, curve);
  evaluation const result = run.accumulate();

  ranked_category table;
  table.category_id = category_id;
  table.category_name = ground_truth.categories.names[category];
  table.iou_threshold = curve.iou_thresholds.front();
  table.area = curve.area_ranges.front();
  table.max_dets = curve.max_dets.front();
  table.interpolation = curve.interpolation;
  table.num_ground_truths = result.num_ground_truths.front();
  if (curve.interpolation == interpolation::every_point) {
    table.average_precision = *result.average_precision.data();
  } else if (table.num_ground_truths != 0 && result.precision.size() != 0) {
    view<double const> const samples{result.precision.data(), result.precision.size()};
    bool const voc = curve.rules == rule_set::voc;
    table.average_precision = voc ? semantics::mean_of_points(samples) : semantics::pairwise_mean(samples);
  }
  std::vector<outcome_word> const outcomes = run.outcomes();
  for (std::uint32_t const d : run.order()) {
    ranked_detection row;
    row.result_row = run.cells().detection_rows[d];
    std::uint32_t const image = results.image_indices[row.result_row];
    row.image_id = ground_truth.images.ids[image];
    if (!ground_truth.images.names.empty()) row.image_name = ground_truth.images.names[image];
    row.score = run.cells().scores[d];
    row.true_positive = outcomes[d] == 1;
    row.false_positive = outcomes[d] == 0;
    table.rows.push_back(row);
  }
  fill_curve(table, precision_epsilon_of(curve.rules));
  return table;
}

}  // namespace maskmetrics
