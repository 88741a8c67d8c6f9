/// @file
/// What is odd about results, wherever they came from.
#pragma once

#include <cstdint>

#include <maskmetrics/detections.hpp>

#include "ingest/element_reader.hpp"

namespace maskmetrics::ingest {

/// @param unknown_categories  rows of categories that the ground truth does not have; what: the first one's id
/// @param non_finite  numbers that are not finite; what: the first one's place below its element
void add_result_warnings(detections& results, std::uint64_t num_results, tally const& unknown_categories,
                         tally const& non_finite);

}  // namespace maskmetrics::ingest
