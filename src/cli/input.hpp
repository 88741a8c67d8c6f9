/// @file
/// What both commands do first: settings from arguments, files read.
#pragma once

#include <vector>

#include <maskmetrics/context.hpp>
#include <maskmetrics/dataset.hpp>
#include <maskmetrics/detections.hpp>
#include <maskmetrics/evaluate.hpp>
#include <maskmetrics/ingest.hpp>
#include <maskmetrics/protocol.hpp>

#include "cli/arguments.hpp"
#include "cli/progress.hpp"

namespace maskmetrics::cli {

[[nodiscard]] context context_of(input_arguments const& arguments, progress_bar& bar);

/// The standard protocol that the arguments name, with their iou type and parity.
[[nodiscard]] protocol protocol_of(input_arguments const& arguments);

/// How files are read: what the protocol needs, and boxes as the arguments say. Reads --image-sizes.
/// @throws usage_error, input_error
[[nodiscard]] ingest_options options_of(context const& ctx, input_arguments const& arguments, protocol const& how);

struct input_files {
  dataset ground_truth;
  detections results;
  std::vector<stage_time> timings;
};

/// @throws input_error
[[nodiscard]] input_files read_files(context const& ctx, input_arguments const& arguments, protocol const& how);

}  // namespace maskmetrics::cli
