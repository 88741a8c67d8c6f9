/// @file
/// The stages of one evaluation in their order.
#pragma once

#include <optional>
#include <vector>

#include <maskmetrics/evaluate.hpp>
#include <maskmetrics/semantics/accumulate.hpp>

#include "engine/cells.hpp"
#include "engine/scoring.hpp"
#include "engine/workplace.hpp"

namespace maskmetrics {

/// What the rules add to the denominator of precision.
[[nodiscard]] constexpr double precision_epsilon_of(rule_set rules) {
  return rules == rule_set::voc ? 0 : semantics::precision_epsilon;
}

/// Runs cells, pairwise, matching and ranking on construction; what they found stays in the backend's memory.
class evaluation_run {
public:
  /// @param how  validated
  evaluation_run(context const& ctx, dataset const& ground_truth, detections const& results, protocol const& how);

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
  std::vector<stage_time> timings_;
  std::optional<scoring> scoring_;
};

}  // namespace maskmetrics
