/// @file
/// Errors of masks that cannot be decoded, with file, place, id and value.
#pragma once

#include <cstdint>

#include <maskmetrics/geometry.hpp>
#include <maskmetrics/mask_batch.hpp>

namespace maskmetrics {

/// @throws input_error always
[[noreturn]] void throw_detection_fault(mask_fault fault, mask_batch const& masks, std::uint32_t row);
[[noreturn]] void throw_ground_truth_fault(mask_fault fault, mask_batch const& masks, std::uint32_t row,
                                           std::int64_t id);
/// Of masks that came without a file. @param side  "detections" or "ground truth"
[[noreturn]] void throw_resident_fault(mask_fault fault, char const* side, std::uint32_t row);

}  // namespace maskmetrics
