#include "engine/scoring.hpp"

#include <algorithm>
#include <utility>

#include "engine/stage_timer.hpp"

namespace maskmetrics {

scoring::scoring(context const& ctx, workplace& where, protocol const& how, evaluation_cells const& cells,
                 cell_index const& index, scored_pairs const& pairs, std::vector<stage_time>& timings)
    : ctx_(ctx), where_(where), how_(how), cells_(cells), timings_(timings) {
  match(index, pairs);
  rank();
}

void scoring::match(cell_index const& index, scored_pairs const& pairs) {
  stage_timer const time(ctx_, timings_, "matching");
  for (area_range const& range : how_.area_ranges) area_bounds_.push_back({range.low_px, range.high_px});
  std::size_t const num_areas = area_bounds_.size();
  outcomes_ =
      where_.memory.make<outcome_word>(cells_.scores.size() * num_areas * outcome_words(how_.iou_thresholds.size()));
  num_ground_truths_ = where_.memory.make<std::uint32_t>(cells_.category_ids.size() * num_areas);
  matching_input in;
  in.cells = index;
  in.detection_areas = pairs.detection_areas;
  in.detection_never_takes = where_.memory.place(cells_.detection_never_takes);
  in.ground_truth_areas = where_.memory.place(cells_.ground_truth_areas);
  in.ground_truth_flags = where_.memory.place(cells_.ground_truth_flags);
  in.pair_begin = pairs.begin;
  in.pair_ground_truths = pairs.ground_truths;
  in.pair_ious = pairs.ious;
  in.iou_thresholds = where_.memory.place(how_.iou_thresholds);
  in.area_ranges = where_.memory.place(area_bounds_);
  in.rule = how_.rules == rule_set::voc ? match_rule::best_only : match_rule::greedy;
  where_.chosen.stages->matching(where_.place->ctx(), in, {outcomes_, num_ground_truths_});
}

void scoring::rank() {
  stage_timer const time(ctx_, timings_, "ranking");
  scores_ = where_.memory.place(cells_.scores);
  category_begin_ = where_.memory.place(cells_.category_begin);
  ranks_ = where_.memory.place(cells_.ranks_in_cell);
  order_ = where_.memory.make<std::uint32_t>(cells_.scores.size());
  where_.chosen.stages->ranking(where_.place->ctx(), {category_begin_, scores_, where_.memory.place(cells_.tie_order)},
                                {order_});
}

curves scoring::accumulate(std::vector<double> const& recall_thresholds, std::vector<std::uint32_t> const& max_dets,
                           wanted_arrays const& wanted) {
  accumulate_input in;
  in.category_begin = category_begin_;
  in.order = order_;
  in.ranks_in_cell = ranks_;
  in.scores = scores_;
  in.outcomes = outcomes_;
  in.num_ground_truths = num_ground_truths_;
  in.num_thresholds = static_cast<std::uint32_t>(how_.iou_thresholds.size());
  in.num_area_ranges = static_cast<std::uint32_t>(how_.area_ranges.size());
  in.precision_epsilon = precision_epsilon_of(how_.rules);
  return accumulate_curves(where_, in, recall_thresholds, max_dets, wanted);
}

evaluation scoring::accumulate(category_table const& categories) {
  evaluation result;
  std::vector<std::uint32_t> num_ground_truths(num_ground_truths_.size());
  {
    stage_timer const time(ctx_, timings_, "accumulate");
    curves found;
    curves further;
    fetch_scope const scope(*where_.place);
    wanted_arrays const wanted{how_.rules != rule_set::lvis, how_.interpolation == interpolation::every_point};
    found = accumulate(how_.recall_thresholds, how_.max_dets, wanted);
    // Recall needs no samples; one is the fewest that the stage takes.
    std::vector<double> const one_sample = {0};
    if (!how_.recall_curve.empty()) further = accumulate(one_sample, how_.recall_curve, {});
    where_.memory.fetch<std::uint32_t>(num_ground_truths_, num_ground_truths.data());
    where_.place->synchronize();
    result.precision = std::move(found.precision);
    result.recall = std::move(found.recall);
    result.scores = std::move(found.scores);
    result.average_precision = std::move(found.average_precision);
    result.recall_curve = std::move(further.recall);
  }
  result.num_ground_truths.assign(num_ground_truths.begin(), num_ground_truths.end());
  describe(categories, result);
  return result;
}

/// Everything of a result but its arrays.
void scoring::describe(category_table const& categories, evaluation& result) const {
  result.protocol = how_;
  result.shape = {how_.iou_thresholds.size(), how_.recall_thresholds.size(), cells_.category_ids.size(),
                  how_.area_ranges.size(), how_.max_dets.size()};
  result.category_ids = cells_.category_ids;
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
  for (warning const& w : cells_.warnings) add_warning(result.warnings, w.code, w.count, w.message);
  if (!where_.chosen.fallback.empty()) {
    add_warning(result.warnings, "cuda_unavailable", 1, "ran on the CPU: " + where_.chosen.fallback);
  }
  result.device = where_.chosen.chosen;
}

std::vector<outcome_word> scoring::outcomes() const {
  return where_.fetched<outcome_word>(outcomes_);
}

std::vector<std::uint32_t> scoring::order() const {
  return where_.fetched<std::uint32_t>(order_);
}

}  // namespace maskmetrics
