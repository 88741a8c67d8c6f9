/// @file
/// How an evaluation's input is read: what its protocol needs, and boxes as the caller says.
#pragma once

#include <memory>

#include <maskmetrics/image_sizes.hpp>
#include <maskmetrics/ingest.hpp>
#include <maskmetrics/protocol.hpp>

namespace maskmetrics::python {

struct box_reading {
  box_format ground_truth;
  box_format results;
  std::shared_ptr<image_sizes const> sizes;

  [[nodiscard]] ingest_options options_for(protocol const& how) const {
    ingest_options options = ingest_options::for_protocol(how);
    options.ground_truth_boxes = ground_truth;
    options.result_boxes = results;
    options.image_sizes = sizes;
    return options;
  }
};

}  // namespace maskmetrics::python
