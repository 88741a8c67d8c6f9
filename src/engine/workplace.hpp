/// @file
/// What every step of an evaluation is handed: where it works and on what.
#pragma once

#include <memory>
#include <vector>

#include <maskmetrics/context.hpp>
#include <maskmetrics/dataset.hpp>
#include <maskmetrics/detections.hpp>
#include <maskmetrics/protocol.hpp>

#include "backend/backend.hpp"
#include "engine/workspace.hpp"

namespace maskmetrics {

/// A backend at work, and the memory of one evaluation there.
struct workplace {
  /// Chooses a backend and opens it.
  /// @throws device_error where the context's device cannot be used
  explicit workplace(context const& ctx);

  [[nodiscard]] backend const& stages() const { return *chosen.stages; }
  /// What stages are called with.
  [[nodiscard]] context const& ctx() const { return place->ctx(); }

  /// A copy on the host. Waits.
  template <class T>
  [[nodiscard]] std::vector<T> fetched(view<T const> from) const {
    std::vector<T> out(from.size());
    fetch_scope const scope(*place);
    memory.fetch(from, out.data());
    place->synchronize();
    return out;
  }

  chosen_backend chosen;
  std::unique_ptr<execution> place;
  workspace memory;
};

/// The inputs of an evaluation. @invariant how is validated
struct evaluation_inputs {
  context const& ctx;
  dataset const& ground_truth;
  detections const& results;
  protocol const& how;
};

}  // namespace maskmetrics
