/// @file
/// Categories and images by name or id.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <maskmetrics/dataset.hpp>

namespace maskmetrics::cli {

/// Ids of the categories that @p text names: an id, or a name, which several categories may share. An id that the
/// data set does not have stands for itself.
/// @throws input_error for a name that no category has; the message lists names like it
[[nodiscard]] std::vector<std::int64_t> category_ids_of(dataset const& ground_truth, std::string const& text);

/// The one category that @p text names.
/// @throws input_error as above, and for a name that several categories share
[[nodiscard]] std::int64_t category_id_of(dataset const& ground_truth, std::string const& text);

/// Ids of images that are named, by name or by id. An id that the data set does not have stands for itself.
/// @throws input_error for a name that no image has
[[nodiscard]] std::vector<std::int64_t> image_ids_of(dataset const& ground_truth,
                                                     std::vector<std::string> const& texts);

}  // namespace maskmetrics::cli
