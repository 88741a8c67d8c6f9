/// @file
/// Ground truth made ready once for many evaluations: validation during training, sweeps over many results.
#pragma once

#include <memory>

#include "maskmetrics/context.hpp"
#include "maskmetrics/dataset.hpp"
#include "maskmetrics/detections.hpp"
#include "maskmetrics/evaluate.hpp"
#include "maskmetrics/protocol.hpp"

namespace maskmetrics {

/// A data set and a protocol with everything done that does not depend on detections: which annotations are evaluated,
/// their order by category and image, areas and flags, and polygons rasterised to run lengths. Evaluations may share it
/// between threads. A moved-from one can only be assigned to or destroyed.
class prepared_ground_truth {
public:
  /// Takes the data set over; move it in to save a copy. Decodes every mask that is evaluated.
  /// @throws what evaluate() throws for this data set, protocol and device: input_error, protocol_error, device_error
  prepared_ground_truth(context const& ctx, dataset ground_truth, maskmetrics::protocol const& how);
  ~prepared_ground_truth();
  prepared_ground_truth(prepared_ground_truth&&) noexcept;
  prepared_ground_truth& operator=(prepared_ground_truth&&) noexcept;

  /// The data set that detections are loaded for. Masks that were polygons are run lengths now; else as it was.
  [[nodiscard]] dataset const& data() const noexcept;
  /// Validated.
  [[nodiscard]] maskmetrics::protocol const& protocol() const noexcept;

private:
  friend evaluation evaluate(context const& ctx, prepared_ground_truth const& ground_truth, detections const& results);
  struct state;
  std::unique_ptr<state const> state_;
};

/// Equals evaluate() of the same data set and protocol bit for bit.
/// @param results  loaded for ground_truth.data()
/// @throws input_error   for masks of the detections that cannot be decoded
/// @throws device_error  where ctx.device cannot be used
[[nodiscard]] evaluation evaluate(context const& ctx, prepared_ground_truth const& ground_truth,
                                  detections const& results);

}  // namespace maskmetrics
