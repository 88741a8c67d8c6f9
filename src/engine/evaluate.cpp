#include <maskmetrics/evaluate.hpp>

#include "engine/evaluation_run.hpp"

namespace maskmetrics {

evaluation evaluate(context const& ctx, dataset const& ground_truth, detections const& results, protocol const& how) {
  protocol checked = how;
  checked.validate();
  ground_truth_groups const truth = group_ground_truth(ground_truth, checked);
  return evaluation_run(ctx, ground_truth, truth, results, checked).accumulate();
}

}  // namespace maskmetrics
