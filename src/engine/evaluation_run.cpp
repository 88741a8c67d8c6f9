#include "engine/evaluation_run.hpp"

#include <utility>

#include "engine/measure.hpp"
#include "engine/overlaps.hpp"
#include "engine/stage_timer.hpp"

namespace maskmetrics {

evaluation_run::evaluation_run(context const& ctx, dataset const& ground_truth, ground_truth_groups const& truth,
                               detections const& results, protocol const& how)
    : ground_truth_(ground_truth), results_(results), where_(ctx) {
  {
    stage_timer const time(ctx, timings_, "cells");
    cells_ = make_cells(ctx, ground_truth, truth, results, how);
    if (cells_.ground_truth_rows.empty()) {
      annotation_table const& annotations = ground_truth.annotations;
      unused_annotations_ = count_left_out(annotations.image_indices, annotations.category_indices, truth.maps);
    }
    if (cells_.detection_rows.empty()) {
      unused_results_ = count_left_out(results.image_indices, results.category_indices, truth.maps);
    }
  }
  cell_index const index = place_index(cells_, where_.memory);
  measured_overlaps found;
  {
    stage_timer const time(ctx, timings_, "pairwise");
    found = find_overlaps(where_, {ctx, ground_truth, results, how}, index, lowest_starting_iou(how), cells_);
  }
  scored_pairs const pairs{found.pairs.begin.all(), found.pairs.ground_truths.all(), found.pairs.ious.all(),
                           found.detection_areas};
  scoring_.emplace(ctx, where_, how, cells_, index, pairs, timings_);
}

evaluation evaluation_run::accumulate() {
  evaluation result = scoring_->accumulate(ground_truth_.categories);
  std::vector<warning> const of_evaluation = std::exchange(result.warnings, {});
  for (std::vector<warning> const* const list : {&ground_truth_.warnings, &results_.warnings, &of_evaluation}) {
    for (warning const& w : *list) add_warning(result.warnings, w.code, w.count, w.message);
  }
  explain_empty(cells_, unused_annotations_, unused_results_, result);
  result.timings = timings_;
  return result;
}

}  // namespace maskmetrics
