/// @file
/// Recognizes files that are not what they were given as.
#pragma once

#include <string>
#include <string_view>

#include <maskmetrics/error.hpp>
#include <maskmetrics/ingest.hpp>

#include "ingest/byte_source.hpp"

namespace maskmetrics::ingest {

/// What bytes seem to be that are not JSON: an archive, a table, XML, another encoding. Empty where nothing is known.
[[nodiscard]] std::string describe_other_bytes(std::string_view bytes);

/// What a JSON file seems to be that cannot be read in its role, by its keys. Empty where nothing is known, and for a
/// file of the form that the role asks for.
[[nodiscard]] std::string describe_other_json(std::string_view text, file_role role);

/// Within a catch block: throws the error again, with what the file seems to be where that is not what its role asks
/// for.
[[noreturn]] void rethrow_with_kind(input_error const& error, byte_source const& source, file_role role);

}  // namespace maskmetrics::ingest
