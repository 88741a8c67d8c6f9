/// @file
/// "segmentation" in all its forms.
#pragma once

#include "ingest/element_reader.hpp"

#include <maskmetrics/mask_batch.hpp>

namespace maskmetrics::ingest {

/// Where the bytes that the parser sees stand in the whole text.
struct text_position {
  char const* parsed = nullptr;  ///< a byte that the parser sees
  std::size_t at = 0;            ///< the same byte in the whole text

  [[nodiscard]] std::uint64_t of(char const* byte) const { return at + static_cast<std::uint64_t>(byte - parsed); }
};

/// Reads one segmentation; its payload goes to the columns of @p masks, all but text, which stays where it is.
/// What is no segmentation becomes mask_form::invalid.
/// @throws parser_fault
[[nodiscard]] mask_entry read_segmentation(ondemand::value value, text_position const& origin, mask_batch& masks);

/// Appends the columns of a later part, whose entries then point into the whole. The text is left alone.
void append_masks(mask_batch& whole, mask_batch const& part);

/// Makes room for @p factor times what is there.
void reserve_masks(mask_batch& masks, double factor);

/// Drops all masks and keeps the memory.
void clear_masks(mask_batch& masks);

}  // namespace maskmetrics::ingest
