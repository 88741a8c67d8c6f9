/// @file
/// The stage accumulate, from outcomes in the backend's memory to arrays on the host.
#pragma once

#include <cstdint>
#include <vector>

#include <maskmetrics/accumulate.hpp>
#include <maskmetrics/outcomes.hpp>

#include "engine/workplace.hpp"

namespace maskmetrics {

/// @param in  in the backend's memory, complete but for recall thresholds and caps
/// @returns arrays that are complete after execution::synchronize
[[nodiscard]] curves accumulate_curves(workplace& at, accumulate_input in, std::vector<double> const& recall_thresholds,
                                       std::vector<std::uint32_t> const& max_dets, bool wants_scores);

}  // namespace maskmetrics
