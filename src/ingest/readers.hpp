/// @file
/// The readers behind load_dataset() and load_detections(), for bytes from anywhere.
#pragma once

#include <maskmetrics/ingest.hpp>
#include <maskmetrics/tables.hpp>

#include "ingest/byte_source.hpp"

namespace maskmetrics::ingest {

/// Bytes that a thread parses at once: small enough to stay in its L2 cache with what is built of them.
inline constexpr std::size_t default_part_bytes = std::size_t{1} << 18U;

/// load_dataset() for @p source. The result does not depend on @p part_bytes.
[[nodiscard]] dataset read_dataset(context const& ctx, byte_source const& source, ingest_options const& options,
                                   std::size_t part_bytes = default_part_bytes);

/// The "images" of a JSON file that need not have anything else, with file names.
[[nodiscard]] image_columns read_image_rows(context const& ctx, byte_source const& source);

/// load_detections() for @p source.
[[nodiscard]] detections read_detections(context const& ctx, byte_source const& source, dataset const& ground_truth,
                                         ingest_options const& options, std::size_t part_bytes = default_part_bytes);

}  // namespace maskmetrics::ingest
