/// @file
/// Values of options that are lists. Every function names the option in its errors.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <maskmetrics/protocol.hpp>

namespace maskmetrics::cli {

/// A whole number that fits, spaces around it allowed.
[[nodiscard]] bool parse_id(std::string_view text, std::int64_t& id);

/// "0.5,0.75". Correctly rounded.
/// @throws usage_error
[[nodiscard]] std::vector<double> parse_numbers(std::string_view option, std::string_view text);

/// "1,10,100"; "all" is all_detections.
/// @throws usage_error
[[nodiscard]] std::vector<std::uint32_t> parse_counts(std::string_view option, std::string_view text);

/// "0.1:0.5" or "small=0:0.1": sizes relative to the image. Where none is labelled "all", one that holds everything
/// goes before them.
/// @throws usage_error
[[nodiscard]] std::vector<area_range> parse_relative_area_ranges(std::string_view option, std::string_view text);

/// "0:1024,1024:inf" or "tiny=0:64"; ranges without a label get the usual ones by position.
/// @throws usage_error
[[nodiscard]] std::vector<area_range> parse_area_ranges(std::string_view option, std::string_view text);

/// "1,2,3", or "@file" with ids between white space or commas.
/// @throws usage_error for the command line, input_error for the file
[[nodiscard]] std::vector<std::int64_t> parse_ids(std::string_view option, std::string const& text);

/// Items between commas as they stand, or the lines of "@file".
/// @throws input_error for a file that cannot be read
[[nodiscard]] std::vector<std::string> parse_names(std::string const& text);

}  // namespace maskmetrics::cli
