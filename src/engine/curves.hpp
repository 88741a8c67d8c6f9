/// @file
/// The stage accumulate, from outcomes in the backend's memory to arrays on the host.
#pragma once

#include <cstdint>
#include <vector>

#include <maskmetrics/accumulate.hpp>
#include <maskmetrics/outcomes.hpp>
#include <maskmetrics/protocol.hpp>
#include <maskmetrics/semantics/accumulate.hpp>

#include "engine/workplace.hpp"

namespace maskmetrics {

/// What the rules add to the denominator of precision.
[[nodiscard]] constexpr double precision_epsilon_of(rule_set rules) {
  return rules == rule_set::voc ? 0 : semantics::precision_epsilon;
}

/// Arrays that not every evaluation has.
struct wanted_arrays {
  bool scores = false;
  bool average_precision = false;
};

/// @param in  in the backend's memory, complete but for recall thresholds and caps
/// @returns arrays that are complete after execution::synchronize
[[nodiscard]] curves accumulate_curves(workplace& at, accumulate_input in, std::vector<double> const& recall_thresholds,
                                       std::vector<std::uint32_t> const& max_dets, wanted_arrays const& wanted);

}  // namespace maskmetrics
