#include <maskmetrics/evaluate.hpp>

#include <memory>
#include <utility>

#include "engine/evaluation_run.hpp"

namespace maskmetrics {

evaluation evaluate(context const& ctx, dataset const& ground_truth, detections const& results, protocol const& how) {
  protocol checked = how;
  checked.validate();
  ground_truth_groups const truth = group_ground_truth(ground_truth, checked);
  return evaluation_run(ctx, ground_truth, truth, results, checked).accumulate();
}

/// Everything that the run refers to.
struct matched_evaluation::state {
  state(context const& context, dataset const& ground_truth, detections const& results, protocol const& protocol)
      : ctx(context),
        how(validated(protocol)),
        run(ctx, ground_truth, group_ground_truth(ground_truth, how), results, how) {}

  static protocol validated(protocol how) {
    how.validate();
    return how;
  }

  context ctx;
  protocol how;
  evaluation_run run;
};

matched_evaluation::matched_evaluation(context const& ctx, dataset const& ground_truth, detections const& results,
                                       protocol const& how)
    : state_(std::make_unique<state>(ctx, ground_truth, results, how)) {}
matched_evaluation::~matched_evaluation() = default;
matched_evaluation::matched_evaluation(matched_evaluation&&) noexcept = default;
matched_evaluation& matched_evaluation::operator=(matched_evaluation&&) noexcept = default;

evaluation matched_evaluation::accumulate(std::vector<double> recall_thresholds) {
  protocol how = state_->how;
  how.recall_thresholds = std::move(recall_thresholds);
  how.validate();
  state_->how = std::move(how);
  return state_->run.accumulate();
}

}  // namespace maskmetrics
