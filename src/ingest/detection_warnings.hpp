/// @file
/// What is odd about results, or objects, wherever they came from.
#pragma once

#include <cstdint>
#include <string>

#include <maskmetrics/dataset.hpp>
#include <maskmetrics/detections.hpp>

#include "ingest/element_reader.hpp"

namespace maskmetrics::ingest {

/// @param unknown_categories  rows of categories that the ground truth does not have; what: the first one's id
/// @param non_finite  numbers that are not finite; what: the first one's place below its element
void add_result_warnings(detections& results, std::uint64_t num_results, tally const& unknown_categories,
                         tally const& non_finite);

/// @param place, found  of the first size that is no number of pixels
void warn_of_sizes(dataset& data, std::uint64_t count, std::string const& place, std::string const& found);

/// VOCdevkit takes an object for difficult where "difficult" is exactly 1.
/// @param place, found  of the first that is neither 0 nor 1
void warn_of_difficult(dataset& data, std::uint64_t count, std::string const& place, std::string const& found);

}  // namespace maskmetrics::ingest
