/// @file
/// Ground truth that an evaluator looks up by image.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <maskmetrics/dataset.hpp>
#include <maskmetrics/protocol.hpp>
#include <maskmetrics/view.hpp>

#include "engine/grouping.hpp"

namespace maskmetrics {

class registered_truth {
public:
  /// @param how  decides which annotations count
  registered_truth(std::shared_ptr<dataset const> ground_truth, protocol const& how);

  [[nodiscard]] dataset const& all() const { return *ground_truth_; }
  /// Annotations of an image that count, by its index; in file order, of duplicate ids the last one.
  [[nodiscard]] view<std::uint32_t const> rows(std::uint32_t image) const;

private:
  std::shared_ptr<dataset const> ground_truth_;
  grouped_rows grouped_;                 // a group an image
  std::vector<std::uint32_t> group_of_;  // [images] or no_index
};

/// Appends an image of a data set to another data set, with its annotations but for their masks. Of categories that the
/// other one does not have, annotations are never evaluated and lists say nothing.
void append_image(registered_truth const& from, std::uint32_t image, dataset& to);

}  // namespace maskmetrics
