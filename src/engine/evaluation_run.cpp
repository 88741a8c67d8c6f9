#include "engine/evaluation_run.hpp"

#include <utility>

#include "engine/measure.hpp"
#include "engine/stage_timer.hpp"

namespace maskmetrics {

namespace {

/// Rows of a table in cell order.
template <class T>
std::vector<T> gathered(std::vector<T> const& table, std::vector<std::uint32_t> const& rows) {
  std::vector<T> out(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) out[i] = table[rows[i]];
  return out;
}

}  // namespace

evaluation_run::evaluation_run(context const& ctx, dataset const& ground_truth, ground_truth_groups const& truth,
                               detections const& results, protocol const& how)
    : ctx_(ctx), ground_truth_(ground_truth), results_(results), how_(how), where_(ctx) {
  {
    stage_timer const time(ctx_, timings_, "cells");
    cells_ = make_cells(ctx, ground_truth, truth, results, how);
  }
  cell_index const index = place_index(cells_, where_.memory);
  view<double> measured_areas;
  pair_list const pairs = find_pairs(index, measured_areas);
  scored_pairs const found{pairs.begin.all(), pairs.ground_truths.all(), pairs.ious.all(),
                           detection_sizes(measured_areas)};
  scoring_.emplace(ctx_, where_, how_, cells_, index, found, timings_);
}

pair_list evaluation_run::find_pairs(cell_index const& index, view<double>& areas) {
  stage_timer const time(ctx_, timings_, "pairwise");
  pairwise_input in;
  in.cells = index;
  in.host_cells = host_index(cells_);
  in.ground_truth_flags = where_.memory.place(cells_.ground_truth_flags);
  in.lowest_iou_threshold = lowest_starting_iou(how_);
  pairwise_measures measures;
  if (how_.iou == iou_type::bbox) {
    if (results_.areas_px.empty() || results_.boxes.empty()) {
      measured_detections measured = measure_detections(ctx_, ground_truth_, results_, cells_);
      if (results_.areas_px.empty()) cells_.detection_areas = std::move(measured.areas_px);
      if (results_.boxes.empty()) detection_boxes_ = std::move(measured.boxes);
    }
    if (!results_.boxes.empty()) detection_boxes_ = gathered(results_.boxes, cells_.detection_rows);
    ground_truth_boxes_ = gathered(ground_truth_.annotations.boxes, cells_.ground_truth_rows);
    in.detection_boxes = where_.memory.place(detection_boxes_);
    in.ground_truth_boxes = where_.memory.place(ground_truth_boxes_);
  } else {
    in.detection_masks = &results_.masks;
    in.ground_truth_masks = &ground_truth_.annotations.masks;
    in.detection_rows = {cells_.detection_rows.data(), cells_.detection_rows.size()};
    in.ground_truth_rows = {cells_.ground_truth_rows.data(), cells_.ground_truth_rows.size()};
    in.ground_truth_ids = {ground_truth_.annotations.ids.data(), ground_truth_.annotations.ids.size()};
    in.result_boxes = {results_.boxes.data(), results_.boxes.size()};
    in.image_heights = {ground_truth_.images.heights.data(), ground_truth_.images.heights.size()};
    in.image_widths = {ground_truth_.images.widths.data(), ground_truth_.images.widths.size()};
    if (how_.iou == iou_type::boundary) in.boundary_dilation_ratio = how_.boundary_dilation_ratio;
    if (cells_.detection_areas.empty())
      measures.detection_areas = areas = where_.memory.make<double>(cells_.scores.size());
  }
  return where_.chosen.stages->pairwise(where_.place->ctx(), in, measures);
}

/// Areas of detections as the area ranges measure them.
view<double const> evaluation_run::detection_sizes(view<double const> measured_areas) {
  if (sizes_need_host(how_, cells_)) {
    if (cells_.detection_areas.empty()) cells_.detection_areas = where_.fetched<double>(measured_areas);
    settle_sizes(ground_truth_, how_, cells_);
  }
  return cells_.detection_areas.empty() ? measured_areas : where_.memory.place(cells_.detection_areas);
}

evaluation evaluation_run::accumulate() {
  evaluation result = scoring_->accumulate(ground_truth_.categories);
  std::vector<warning> const of_evaluation = std::exchange(result.warnings, {});
  for (std::vector<warning> const* const list : {&ground_truth_.warnings, &results_.warnings, &of_evaluation}) {
    for (warning const& w : *list) add_warning(result.warnings, w.code, w.count, w.message);
  }
  result.timings = timings_;
  return result;
}

}  // namespace maskmetrics
