/// @file
/// The stages of one evaluation in their order.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <maskmetrics/evaluate.hpp>

#include "backend/backend.hpp"
#include "engine/cells.hpp"
#include "engine/workspace.hpp"

namespace maskmetrics {

/// Runs cells, pairwise, matching and ranking on construction; what they found stays in the backend's memory.
class evaluation_run {
public:
  /// @param truth  of the same ground truth and protocol
  /// @param how    validated
  evaluation_run(context const& ctx, dataset const& ground_truth, ground_truth_groups const& truth,
                 detections const& results, protocol const& how);

  /// Runs accumulate and moves everything into a result on the host.
  [[nodiscard]] evaluation accumulate();

  [[nodiscard]] evaluation_cells const& cells() const { return cells_; }
  /// [D, A, W] on the host.
  [[nodiscard]] std::vector<outcome_word> outcomes() const;
  /// [D] on the host.
  [[nodiscard]] std::vector<std::uint32_t> order() const;

private:
  class timer;
  struct curves;

  [[nodiscard]] pair_list find_pairs(cell_index const& index, view<double>& areas);
  [[nodiscard]] view<double const> detection_sizes(view<double const> measured_areas);
  void match(cell_index const& index, pair_list const& pairs, view<double const> areas);
  void rank();
  [[nodiscard]] curves accumulate(std::vector<double> const& recall_thresholds,
                                  std::vector<std::uint32_t> const& max_dets, bool wants_scores);
  void describe(evaluation& result) const;
  template <class T>
  [[nodiscard]] std::vector<T> fetched(view<T const> from) const;

  context const& ctx_;
  dataset const& ground_truth_;
  detections const& results_;
  protocol const& how_;
  chosen_backend chosen_;
  std::unique_ptr<execution> place_;
  workspace memory_;
  evaluation_cells cells_;
  std::vector<box> detection_boxes_;     // [D] cell order, where boxes are compared
  std::vector<box> ground_truth_boxes_;  // [G]
  std::vector<area_bounds> area_bounds_;
  view<double const> scores_;
  view<std::uint32_t const> category_begin_;
  view<outcome_word> outcomes_;
  view<std::uint32_t> num_ground_truths_;
  view<std::uint32_t> order_;
  std::vector<stage_time> timings_;
};

}  // namespace maskmetrics
