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

namespace nb = nanobind;

/// Ids of annotations as an index by id has them, where some are no integers of 64 bits.
struct original_ids {
  nb::list keys;               ///< [G]
  std::vector<double> values;  ///< [G] as matches hold them
};

/// A data set that may be shared by results and evaluations.
struct shared_dataset {
  std::shared_ptr<dataset const> data;
  bool rows_have_no_order = false;                    ///< rows came from an index by id: messages name ids
  std::shared_ptr<original_ids const> ids = nullptr;  ///< where the annotations' own ids are numbered anew
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
