/// @file
/// An evaluation as Python holds it.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <utility>

#include <nanobind/nanobind.h>

#include <maskmetrics/evaluate.hpp>

#include "ext_arrays.hpp"

namespace maskmetrics::python {

/// The arrays and facts of an evaluation.
class result {
public:
  explicit result(evaluation found) : found_(std::make_shared<evaluation>(std::move(found))) {}

  [[nodiscard]] evaluation const& get() const { return *found_; }

  /// An array that shares this result's memory.
  [[nodiscard]] numpy_array<double> precision() const { return shared(found_->precision, true); }
  [[nodiscard]] numpy_array<double> scores() const { return shared(found_->scores, true); }
  [[nodiscard]] numpy_array<double> recall() const { return shared(found_->recall, false); }
  [[nodiscard]] numpy_array<double> recall_curve() const {
    evaluation_shape const& shape = found_->shape;
    return array(found_->recall_curve, {shape.num_thresholds, shape.num_categories, shape.num_area_ranges,
                                        found_->protocol.recall_curve.size()});
  }

private:
  [[nodiscard]] numpy_array<double> shared(buffer<double> const& values, bool with_recalls) const {
    evaluation_shape const& s = found_->shape;
    if (with_recalls) {
      std::size_t const recalls = values.size() == 0 ? 0 : s.num_recall_thresholds;
      return array(values, {s.num_thresholds, recalls, s.num_categories, s.num_area_ranges, s.num_max_dets});
    }
    return array(values, {s.num_thresholds, s.num_categories, s.num_area_ranges, s.num_max_dets});
  }
  [[nodiscard]] numpy_array<double> array(buffer<double> const& values,
                                          std::initializer_list<std::size_t> shape) const {
    auto kept = std::make_unique<std::shared_ptr<evaluation>>(found_);
    nb::capsule const owner(kept.get(),
                            [](void* pointer) noexcept { delete static_cast<std::shared_ptr<evaluation>*>(pointer); });
    (void)kept.release();
    return {values.data(), shape, owner};
  }

  std::shared_ptr<evaluation> found_;
};

}  // namespace maskmetrics::python
