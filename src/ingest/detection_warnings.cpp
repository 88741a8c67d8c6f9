#include "ingest/detection_warnings.hpp"

#include <fmt/format.h>

#include "ingest/array_reader.hpp"

namespace maskmetrics::ingest {

void add_result_warnings(detections& results, std::uint64_t num_results, tally const& unknown_categories,
                         tally const& non_finite) {
  auto& warnings = results.warnings;
  if (num_results == 0) add_warning(warnings, "no_detections", 1, results.source + " has no results");
  add_warning(warnings, "unknown_category", unknown_categories.count,
              fmt::format("results of categories that the ground truth does not have are never evaluated; the first is "
                          "{}: category_id {}",
                          element_place("", unknown_categories.row), unknown_categories.what));
  add_warning(warnings, "non_finite_value", non_finite.count,
              fmt::format("numbers that are not finite; the first is {} of {}",
                          element_place("", non_finite.row, non_finite.what), results.source));
}

void warn_of_sizes(dataset& data, std::uint64_t count, std::string const& place, std::string const& found) {
  add_warning(data.warnings, "image_size_not_usable", count,
              fmt::format("images whose size is no number of pixels are taken for images without a size; the first is "
                          "{}: {}",
                          place, found));
}

void warn_of_difficult(dataset& data, std::uint64_t count, std::string const& place, std::string const& found) {
  add_warning(data.warnings, "difficult_not_0_or_1", count,
              fmt::format("objects whose \"difficult\" is neither 0 nor 1 count as not difficult; the first is {} of "
                          "{}: {}",
                          place, data.source, found));
}

}  // namespace maskmetrics::ingest
