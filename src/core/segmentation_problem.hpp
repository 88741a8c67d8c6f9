/// @file
/// Why a segmentation is none: what an entry of mask_form::invalid holds, so that its error can name place and value.
#pragma once

#include <cstdint>

#include <maskmetrics/mask_batch.hpp>

namespace maskmetrics {

enum class segmentation_problem : std::uint32_t {
  unknown,         ///< nothing more is known
  other_value,     ///< neither an array nor an object
  flat_numbers,    ///< numbers instead of lists; how many
  not_a_list,      ///< a polygon that is no array; which
  not_a_number,    ///< a coordinate that is no number; of which polygon, and which
  pairs,           ///< coordinates that are arrays: [x, y]
  without_size,    ///< an object without "size"
  without_counts,  ///< an object without "counts"
  bad_size,
  bad_counts,
};

/// An invalid segmentation. @param at  of the offending value in mask_batch::text
[[nodiscard]] inline mask_entry invalid_segmentation(segmentation_problem problem, std::uint64_t at = 0,
                                                     std::uint32_t first = 0, std::uint32_t second = 0) {
  return {at, static_cast<std::uint32_t>(problem), first, second, mask_form::invalid};
}

}  // namespace maskmetrics
