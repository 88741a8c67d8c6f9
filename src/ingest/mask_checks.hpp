/// @file
/// What the reference accepts of masks without a word, and a user should know of.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <maskmetrics/dataset.hpp>
#include <maskmetrics/mask_batch.hpp>
#include <maskmetrics/types.hpp>

namespace maskmetrics::ingest {

/// Counts polygons with a second or later ring of fewer than three points ("short_ring"), and RLE masks of
/// another size than their image ("mask_size_differs"), whose overlaps cannot match.
/// @param array  in messages: "annotations"; empty for the top-level array
/// @throws input_error for a short ring in corrected parity
void check_masks(mask_batch const& masks, std::vector<std::uint32_t> const& image_indices, image_table const& images,
                 parity mode, std::string const& array, std::vector<warning>& warnings);

}  // namespace maskmetrics::ingest
