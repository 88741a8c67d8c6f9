/// @file
/// What looks wrong about everything that an evaluator was given.
#pragma once

#include <vector>

#include <maskmetrics/protocol.hpp>
#include <maskmetrics/types.hpp>

#include "engine/kept_state.hpp"

namespace maskmetrics {

/// Counts scores outside of [0, 1], and boxes that all look relative to their image. Boxes are not kept, so their areas
/// tell. Does not depend on the order of updates.
/// @param with_ground_truth  false: ground truth was registered, and whoever read it looked at its boxes
[[nodiscard]] std::vector<warning> warnings_of(kept_state const& state, protocol const& how, bool with_ground_truth);

}  // namespace maskmetrics
