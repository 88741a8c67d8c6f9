/// @file
/// From the columns of a ground truth to a data set: ids become indices, and what is odd is counted or refused.
#pragma once

#include <cstdint>
#include <vector>

#include <maskmetrics/tables.hpp>

#include "ingest/element_reader.hpp"

namespace maskmetrics::ingest {

/// What a reader noticed that the columns do not show.
struct reading_notes {
  std::vector<warning> warnings;
  std::uint64_t num_with_unread_lists = 0;  ///< images with category lists although nobody asked for them
  std::uint64_t num_counted = 0;            ///< categories whose frequency was told from "image_count"
  tally non_finite;                         ///< numbers of annotations
};

/// @throws input_error
[[nodiscard]] dataset assemble_dataset(context const& ctx, ground_truth_columns columns, reading_notes notes,
                                       ingest_options const& options);

}  // namespace maskmetrics::ingest
