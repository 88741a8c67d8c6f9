/// @file
/// What evaluating one results file and evaluating many have in common.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <maskmetrics/dataset.hpp>
#include <maskmetrics/protocol.hpp>

#include "cli/arguments.hpp"

namespace maskmetrics::cli {

/// The protocol but for the categories, whose names only the ground truth knows. Validated.
/// @throws usage_error, protocol_error
[[nodiscard]] protocol eval_protocol(eval_arguments const& arguments);

/// Ids of the categories that --categories names.
/// @throws input_error
[[nodiscard]] std::vector<std::int64_t> chosen_categories(dataset const& ground_truth,
                                                          std::vector<std::string> const& names);

}  // namespace maskmetrics::cli
