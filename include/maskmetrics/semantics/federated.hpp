/// @file
/// Rules of federated data sets, where only some categories are annotated in an image. Source: lvis-api eval.py
/// (_prepare, evaluate_img), lvis.py (get_ann_ids).
#pragma once

#include <cstdint>
#include <limits>

#include "maskmetrics/host_device.hpp"

namespace maskmetrics::semantics {

/// Objects and detections without a positive, finite area are never looked at; a NaN area is none.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr bool takes_part(double area_px) {
  return area_px > 0 && area_px < std::numeric_limits<double>::infinity();
}

/// Whether anything is known of a category in an image; without that a detection is neither right nor wrong.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr bool is_verified(bool has_ground_truth, bool is_negative) {
  return has_ground_truth || is_negative;
}

/// The last counts of training images that make a category rare, and common. lvis-api reads the group from the file;
/// the limits are those of the LVIS paper.
inline constexpr std::uint64_t most_images_of_rare = 10;
inline constexpr std::uint64_t most_images_of_common = 100;

/// 0 rare, 1 common, 2 frequent.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr int frequency_of(std::uint64_t image_count) {
  if (image_count <= most_images_of_rare) return 0;
  return image_count <= most_images_of_common ? 1 : 2;
}

}  // namespace maskmetrics::semantics
