/// @file
/// What every step of an evaluation is handed: where it works and on what.
#pragma once

#include <maskmetrics/context.hpp>
#include <maskmetrics/dataset.hpp>
#include <maskmetrics/detections.hpp>
#include <maskmetrics/protocol.hpp>

#include "backend/backend.hpp"
#include "engine/workspace.hpp"

namespace maskmetrics {

/// A backend at work, and memory there.
struct workplace {
  backend const& stages;
  execution& place;
  workspace& memory;
};

/// The inputs of an evaluation. @invariant how is validated
struct evaluation_inputs {
  context const& ctx;
  dataset const& ground_truth;
  detections const& results;
  protocol const& how;
};

[[nodiscard]] inline context on_device(context ctx, device chosen) {
  ctx.device = chosen;
  return ctx;
}

}  // namespace maskmetrics
