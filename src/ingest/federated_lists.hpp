/// @file
/// LVIS' lists of categories by image: from ids to columns, and what is odd about them.
#pragma once

#include <vector>

#include <maskmetrics/dataset.hpp>

#include "ingest/ground_truth_rows.hpp"

namespace maskmetrics::ingest {

/// The lists of the rows in @p order, which are data's images. Ids that no category has are left out, with a warning.
/// @param key  of the lists in the file
[[nodiscard]] category_lists build_category_lists(id_lists const& lists, std::vector<std::uint32_t> const& order,
                                                  char const* key, dataset& data);

/// Counts lists that contradict the annotations; data's annotations must be there.
void warn_of_contradictions(dataset& data);

}  // namespace maskmetrics::ingest
