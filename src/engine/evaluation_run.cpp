#include "engine/evaluation_run.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <maskmetrics/semantics/matching.hpp>

#include "engine/overlaps.hpp"

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
      place_(chosen_.stages->open(on_device(ctx, chosen_.chosen))),
      memory_(*place_, chosen_.stages->uses_host_memory) {
  {
    timer const time(*this, "cells");
    cells_ = make_cells(ctx, ground_truth, results, how);
  }
  cell_index const index = placed_cells(memory_, cells_);
  measured_overlaps found;
  {
    timer const time(*this, "pairwise");
    found = find_overlaps({*chosen_.stages, *place_, memory_}, {ctx, ground_truth, results, how}, index,
                          lowest_starting_iou(how.iou_thresholds), cells_);
  }
  match(index, found.pairs, found.detection_areas);
  rank();
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
  chosen_.stages->matching(place_->ctx(), in, {outcomes_, num_ground_truths_});
}

void evaluation_run::rank() {
  timer const time(*this, "ranking");
  scores_ = memory_.place(cells_.scores);
  category_begin_ = memory_.place(cells_.category_begin);
  order_ = memory_.make<std::uint32_t>(cells_.scores.size());
  chosen_.stages->ranking(place_->ctx(), {category_begin_, scores_}, {order_});
}

curves evaluation_run::accumulate(std::vector<double> const& recall_thresholds,
                                  std::vector<std::uint32_t> const& max_dets, bool wants_scores) {
  accumulate_input in;
  in.category_begin = category_begin_;
  in.order = order_;
  in.ranks_in_cell = memory_.place(cells_.ranks_in_cell);
  in.scores = scores_;
  in.outcomes = outcomes_;
  in.num_ground_truths = num_ground_truths_;
  in.num_thresholds = static_cast<std::uint32_t>(how_.iou_thresholds.size());
  in.num_area_ranges = static_cast<std::uint32_t>(how_.area_ranges.size());
  return accumulate_curves({*chosen_.stages, *place_, memory_}, in, recall_thresholds, max_dets, wants_scores);
}

evaluation evaluation_run::accumulate() {
  evaluation result;
  std::vector<std::uint32_t> num_ground_truths(num_ground_truths_.size());
  {
    timer const time(*this, "accumulate");
    curves found = accumulate(how_.recall_thresholds, how_.max_dets, how_.rules == rule_set::coco);
    result.precision = std::move(found.precision);
    result.recall = std::move(found.recall);
    result.scores = std::move(found.scores);
    // Recall needs no samples; one is the fewest that the stage takes.
    std::vector<double> const one_sample = {0};
    curves further;
    if (!how_.recall_curve.empty()) further = accumulate(one_sample, how_.recall_curve, false);
    result.recall_curve = std::move(further.recall);
    memory_.fetch<std::uint32_t>(num_ground_truths_, num_ground_truths.data());
    place_->synchronize();
  }
  result.num_ground_truths.assign(num_ground_truths.begin(), num_ground_truths.end());
  describe(result);
  return result;
}

/// Everything of a result but its arrays.
void evaluation_run::describe(evaluation& result) const {
  result.protocol = how_;
  result.shape = {how_.iou_thresholds.size(), how_.recall_thresholds.size(), cells_.category_ids.size(),
                  how_.area_ranges.size(), how_.max_dets.size()};
  result.category_ids = cells_.category_ids;
  category_table const& categories = ground_truth_.categories;
  bool const has_frequencies = how_.use_categories && !categories.frequencies.empty();
  for (std::size_t k = 0; k < cells_.category_ids.size(); ++k) {
    std::uint32_t const row = cells_.category_rows[k];
    result.category_names.push_back(row == no_index ? std::string() : categories.names[row]);
    auto const* const ranks = cells_.ranks_in_cell.data();
    result.num_detections.push_back(
        static_cast<std::uint64_t>(std::count_if(ranks + cells_.category_begin[k], ranks + cells_.category_begin[k + 1],
                                                 [&](std::uint32_t rank) { return rank < how_.max_dets.back(); })));
    if (has_frequencies) {
      // A category that the data set does not have has no ground truth, so that its frequency changes nothing.
      result.category_frequencies.push_back(row == no_index ? category_frequency::rare : categories.frequencies[row]);
    }
  }
  result.num_images = cells_.num_images;
  for (std::vector<warning> const* const list : {&ground_truth_.warnings, &results_.warnings, &cells_.warnings}) {
    for (warning const& w : *list) add_warning(result.warnings, w.code, w.count, w.message);
  }
  if (!chosen_.fallback.empty()) {
    add_warning(result.warnings, "cuda_unavailable", 1, "ran on the CPU: " + chosen_.fallback);
  }
  result.timings = timings_;
  result.device = chosen_.chosen;
}

template <class T>
std::vector<T> evaluation_run::fetched(view<T const> from) const {
  std::vector<T> out(from.size());
  memory_.fetch(from, out.data());
  place_->synchronize();
  return out;
}

std::vector<outcome_word> evaluation_run::outcomes() const {
  return fetched<outcome_word>(outcomes_);
}

std::vector<std::uint32_t> evaluation_run::order() const {
  return fetched<std::uint32_t>(order_);
}

}  // namespace maskmetrics
