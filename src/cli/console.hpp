/// @file
/// What the command says, and where.
#pragma once

#include <string_view>
#include <vector>

#include <maskmetrics/types.hpp>

namespace maskmetrics::cli {

/// Writes to standard output, all of it or none as far as the receiver allows.
/// @throws output_error where the receiver is gone or full
void print_result(std::string_view text);

/// "maskmetrics: error: ..." on standard error.
void print_error(std::string_view message);

/// One line for each warning on standard error.
void print_warnings(std::vector<warning> const& warnings);

}  // namespace maskmetrics::cli
