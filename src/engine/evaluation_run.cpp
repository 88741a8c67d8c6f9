#include "engine/evaluation_run.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <maskmetrics/semantics/matching.hpp>

#include "engine/measure.hpp"

namespace maskmetrics {

/// Adds the time until its end to the timings and tells who watches the progress.
class evaluation_run::timer {
public:
  timer(evaluation_run& run, char const* stage) : run_(run), stage_(stage) {
    if (run.ctx_.progress) run.ctx_.progress(stage, 0, 0);
  }
  ~timer() {
    std::chrono::duration<double> const spent = std::chrono::steady_clock::now() - start_;
    run_.timings_.push_back({stage_, spent.count()});
  }
  timer(timer const&) = delete;
  timer& operator=(timer const&) = delete;

private:
  evaluation_run& run_;
  char const* stage_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

namespace {

/// Rows of a table in cell order.
template <class T>
std::vector<T> gathered(std::vector<T> const& table, std::vector<std::uint32_t> const& rows) {
  std::vector<T> out(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) out[i] = table[rows[i]];
  return out;
}

double lowest_starting_iou(std::vector<double> const& thresholds) {
  double lowest = std::numeric_limits<double>::infinity();
  for (double const t : thresholds) lowest = std::min(lowest, semantics::starting_iou(t));
  return lowest;
}

}  // namespace

evaluation_run::evaluation_run(context const& ctx, dataset const& ground_truth, detections const& results,
                               protocol const& how)
    : ctx_(ctx),
      ground_truth_(ground_truth),
      results_(results),
      how_(how),
      chosen_(choose_backend(ctx.device)),
      memory_(ctx_, *chosen_.stages) {
  {
    timer const time(*this, "cells");
    cells_ = make_cells(ctx, ground_truth, results, how);
  }
  cell_index const index{memory_.place(cells_.categories), memory_.place(cells_.images),
                         memory_.place(cells_.detection_begin), memory_.place(cells_.ground_truth_begin),
                         memory_.place(cells_.flags)};
  view<double> measured_areas;
  pair_list const pairs = find_pairs(index, measured_areas);
  match(index, pairs, cells_.detection_areas.empty() ? measured_areas : memory_.place(cells_.detection_areas));
  rank();
}

pair_list evaluation_run::find_pairs(cell_index const& index, view<double>& areas) {
  timer const time(*this, "pairwise");
  pairwise_input in;
  in.cells = index;
  in.ground_truth_flags = memory_.place(cells_.ground_truth_flags);
  in.lowest_iou_threshold = lowest_starting_iou(how_.iou_thresholds);
  pairwise_measures measures;
  if (how_.iou == iou_type::bbox) {
    if (results_.areas_px.empty() || results_.boxes.empty()) {
      measured_detections measured = measure_detections(ctx_, ground_truth_, results_, cells_);
      if (results_.areas_px.empty()) cells_.detection_areas = std::move(measured.areas_px);
      if (results_.boxes.empty()) detection_boxes_ = std::move(measured.boxes);
    }
    if (!results_.boxes.empty()) detection_boxes_ = gathered(results_.boxes, cells_.detection_rows);
    ground_truth_boxes_ = gathered(ground_truth_.annotations.boxes, cells_.ground_truth_rows);
    in.detection_boxes = memory_.place(detection_boxes_);
    in.ground_truth_boxes = memory_.place(ground_truth_boxes_);
  } else {
    in.detection_masks = &results_.masks;
    in.ground_truth_masks = &ground_truth_.annotations.masks;
    in.detection_rows = {cells_.detection_rows.data(), cells_.detection_rows.size()};
    in.ground_truth_rows = {cells_.ground_truth_rows.data(), cells_.ground_truth_rows.size()};
    in.ground_truth_ids = {ground_truth_.annotations.ids.data(), ground_truth_.annotations.ids.size()};
    in.result_boxes = {results_.boxes.data(), results_.boxes.size()};
    in.image_heights = {ground_truth_.images.heights.data(), ground_truth_.images.heights.size()};
    in.image_widths = {ground_truth_.images.widths.data(), ground_truth_.images.widths.size()};
    if (cells_.detection_areas.empty()) measures.detection_areas = areas = memory_.make<double>(cells_.scores.size());
  }
  return chosen_.stages->pairwise(ctx_, in, measures);
}

void evaluation_run::match(cell_index const& index, pair_list const& pairs, view<double const> areas) {
  timer const time(*this, "matching");
  for (area_range const& range : how_.area_ranges) area_bounds_.push_back({range.low_px, range.high_px});
  std::size_t const num_areas = area_bounds_.size();
  outcomes_ = memory_.make<outcome_word>(cells_.scores.size() * num_areas * outcome_words(how_.iou_thresholds.size()));
  num_ground_truths_ = memory_.make<std::uint32_t>(cells_.category_ids.size() * num_areas);
  matching_input in;
  in.cells = index;
  in.detection_areas = areas;
  in.detection_never_takes = memory_.place(cells_.detection_never_takes);
  in.ground_truth_areas = memory_.place(cells_.ground_truth_areas);
  in.ground_truth_flags = memory_.place(cells_.ground_truth_flags);
  in.pair_begin = pairs.begin.all();
  in.pair_ground_truths = pairs.ground_truths.all();
  in.pair_ious = pairs.ious.all();
  in.iou_thresholds = memory_.place(how_.iou_thresholds);
  in.area_ranges = memory_.place(area_bounds_);
  chosen_.stages->matching(ctx_, in, {outcomes_, num_ground_truths_});
}

void evaluation_run::rank() {
  timer const time(*this, "ranking");
  scores_ = memory_.place(cells_.scores);
  category_begin_ = memory_.place(cells_.category_begin);
  order_ = memory_.make<std::uint32_t>(cells_.scores.size());
  chosen_.stages->ranking(ctx_, {category_begin_, scores_}, {order_});
}

evaluation evaluation_run::accumulate() {
  evaluation result;
  result.protocol = how_;
  evaluation_shape& shape = result.shape;
  shape = {how_.iou_thresholds.size(), how_.recall_thresholds.size(), cells_.category_ids.size(),
           how_.area_ranges.size(), how_.max_dets.size()};
  std::size_t const recalls = shape.num_thresholds * shape.num_categories * shape.num_area_ranges * shape.num_max_dets;
  std::size_t const samples = recalls * shape.num_recall_thresholds;
  result.precision = buffer<double>(samples);
  result.recall = buffer<double>(recalls);
  result.scores = buffer<double>(samples);
  std::vector<std::uint32_t> num_ground_truths(num_ground_truths_.size());
  {
    timer const time(*this, "accumulate");
    accumulate_input in;
    in.category_begin = category_begin_;
    in.order = order_;
    in.ranks_in_cell = memory_.place(cells_.ranks_in_cell);
    in.scores = scores_;
    in.outcomes = outcomes_;
    in.num_ground_truths = num_ground_truths_;
    in.recall_thresholds = memory_.place(how_.recall_thresholds);
    in.max_dets = memory_.place(how_.max_dets);
    in.num_thresholds = static_cast<std::uint32_t>(shape.num_thresholds);
    in.num_area_ranges = static_cast<std::uint32_t>(shape.num_area_ranges);
    bool const in_place = chosen_.stages->uses_host_memory;
    accumulate_output const out{in_place ? result.precision.all() : memory_.make<double>(samples),
                                in_place ? result.recall.all() : memory_.make<double>(recalls),
                                in_place ? result.scores.all() : memory_.make<double>(samples)};
    chosen_.stages->accumulate(ctx_, in, out);
    if (!in_place) {
      memory_.fetch<double>(out.precision, result.precision.data());
      memory_.fetch<double>(out.recall, result.recall.data());
      memory_.fetch<double>(out.scores, result.scores.data());
    }
    memory_.fetch<std::uint32_t>(num_ground_truths_, num_ground_truths.data());
    chosen_.stages->synchronize(ctx_);
  }
  result.num_ground_truths.assign(num_ground_truths.begin(), num_ground_truths.end());
  result.category_ids = cells_.category_ids;
  for (std::size_t k = 0; k < shape.num_categories; ++k) {
    std::uint32_t const row = cells_.category_rows[k];
    result.category_names.push_back(row == no_index ? std::string() : ground_truth_.categories.names[row]);
    result.num_detections.push_back(cells_.category_begin[k + 1] - cells_.category_begin[k]);
  }
  result.num_images = cells_.num_images;
  for (std::vector<warning> const* const list :
       {&ground_truth_.warnings, &results_.warnings, &std::as_const(cells_.warnings)}) {
    for (warning const& w : *list) add_warning(result.warnings, w.code, w.count, w.message);
  }
  if (!chosen_.fallback.empty())
    add_warning(result.warnings, "cuda_unavailable", 1, "ran on the CPU: " + chosen_.fallback);
  result.timings = timings_;
  result.device = chosen_.chosen;
  return result;
}

template <class T>
std::vector<T> evaluation_run::fetched(view<T const> from) const {
  std::vector<T> out(from.size());
  memory_.fetch(from, out.data());
  chosen_.stages->synchronize(ctx_);
  return out;
}

std::vector<outcome_word> evaluation_run::outcomes() const {
  return fetched<outcome_word>(outcomes_);
}

std::vector<std::uint32_t> evaluation_run::order() const {
  return fetched<std::uint32_t>(order_);
}

}  // namespace maskmetrics
