/// @file
/// The stages of one evaluation in their order.
#pragma once

#include <optional>
#include <vector>

#include <maskmetrics/evaluate.hpp>

#include "engine/cells.hpp"
#include "engine/empty_evaluation.hpp"
#include "engine/scoring.hpp"
#include "engine/workplace.hpp"

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
  [[nodiscard]] std::vector<outcome_word> outcomes() const { return scoring_->outcomes(); }
  /// [D] on the host.
  [[nodiscard]] std::vector<std::uint32_t> order() const { return scoring_->order(); }

private:
  dataset const& ground_truth_;
  detections const& results_;
  workplace where_;
  evaluation_cells cells_;
  left_out_rows unused_annotations_;
  left_out_rows unused_results_;
  std::vector<stage_time> timings_;
  std::optional<scoring> scoring_;
};

}  // namespace maskmetrics
