/// @file
/// What Python holds of the library: data sets and detections that evaluations share.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <nanobind/nanobind.h>

#include <maskmetrics/dataset.hpp>
#include <maskmetrics/detections.hpp>

namespace maskmetrics::python {

/// A data set that may be shared by results and evaluations.
struct shared_dataset {
  std::shared_ptr<dataset const> data;
  bool rows_have_no_order = false;  ///< rows came from an index by id: messages name ids
};

/// Detections that refer to a data set's tables.
struct shared_detections {
  std::shared_ptr<detections const> data;
  bool rows_have_no_order = false;
};

/// Detections for another data set. @param images, categories  its index for each of the old ones, or no_index
[[nodiscard]] detections with_other_tables(detections from, std::vector<std::uint32_t> const& images,
                                           std::vector<std::uint32_t> const& categories);

}  // namespace maskmetrics::python
