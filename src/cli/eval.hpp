/// @file
/// What evaluating one results file and evaluating many have in common.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <maskmetrics/dataset.hpp>
#include <maskmetrics/protocol.hpp>

#include "cli/arguments.hpp"

namespace maskmetrics::cli {

/// The protocol but for what only the ground truth knows: categories by name, and images by name. Validated.
/// @throws usage_error, protocol_error
[[nodiscard]] protocol eval_protocol(eval_arguments const& arguments);

/// What was asked for by name.
struct named_subsets {
  std::optional<std::vector<std::string>> categories;
  std::optional<std::vector<std::string>> images;  ///< under VOC's rules

  /// @throws usage_error
  named_subsets(eval_arguments const& arguments, protocol const& how);

  /// Puts the ids into the protocol.
  /// @throws input_error for names that the ground truth does not know
  void choose(dataset const& ground_truth, protocol& how) const;
};

}  // namespace maskmetrics::cli
