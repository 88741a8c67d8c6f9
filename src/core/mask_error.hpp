/// @file
/// Errors of masks that cannot be decoded, with file, place, id and value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <maskmetrics/dataset.hpp>
#include <maskmetrics/geometry.hpp>
#include <maskmetrics/mask_batch.hpp>

namespace maskmetrics {

/// The image that a mask is in, where its table is known.
struct image_of_mask {
  image_table const& images;
  std::uint32_t image = 0;
};

/// True for polygons that are points: [[x, y], [x, y], ...].
[[nodiscard]] bool are_points(mask_batch const& masks, mask_entry const& entry);
[[nodiscard]] std::string describe_points(mask_entry const& entry);

/// Polygons, and boxes that stand for masks, have no size of their own.
[[nodiscard]] bool takes_image_size(mask_entry const& entry);

/// @param where  with the image, a size that it lacks is said to be its own
/// @throws input_error always
[[noreturn]] void throw_detection_fault(mask_fault fault, mask_batch const& masks, std::uint32_t row,
                                        std::optional<image_of_mask> const& where = {});
[[noreturn]] void throw_ground_truth_fault(mask_fault fault, mask_batch const& masks, std::uint32_t row,
                                           std::int64_t id, std::optional<image_of_mask> const& where = {});
/// Of masks that came without a file. @param side  "detections" or "ground truth"
[[noreturn]] void throw_resident_fault(mask_fault fault, char const* side, std::uint32_t row);

}  // namespace maskmetrics
