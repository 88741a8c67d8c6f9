/// @file
/// Small masks resampled to their image: which numbers of a map a pixel is made of. All in single precision and in this
/// order of operations, without fused multiply-add. Sources: torch.nn.functional.interpolate (bilinear,
/// align_corners=False), torchvision roi_heads.py paste_masks_in_image, detectron2 mask_ops.py _do_paste_mask with
/// torch.nn.functional.grid_sample.
#pragma once

#include <cmath>
#include <cstdint>

#include "maskmetrics/host_device.hpp"
#include "maskmetrics/types.hpp"

namespace maskmetrics::semantics {

/// Two neighbours on one axis of a map and their weights. What lies outside of the map counts as 0.
struct paste_tap {
  std::int32_t low;
  std::int32_t high;
  float weight_low;
  float weight_high;
};

/// One axis of a mask that is pasted.
struct paste_axis {
  paste_kind kind = paste_kind::none;
  std::int32_t size = 0;   ///< of the map
  std::int32_t begin = 0;  ///< pixels [begin, end) of the image; the others are background
  std::int32_t end = 0;
  std::int32_t origin = 0;  ///< torchvision: pixel at which the resampled box begins
  float scale = 0;          ///< numbers of the map for a pixel
  float low = 0;            ///< detectron2: where the box begins, in px
  float extent = 0;

  /// @pre begin <= pixel < end
  [[nodiscard]] MASKMETRICS_HOST_DEVICE paste_tap tap(std::int32_t pixel) const {
    if (kind == paste_kind::box_grid) {
      float const unit = (static_cast<float>(pixel) + .5F - low) / extent * 2.F - 1.F;
      float const at = ((unit + 1.F) * static_cast<float>(size) - 1.F) / 2.F;
      // Also false for a NaN; beyond this both neighbours lie outside.
      if (!(at > -1.F && at < static_cast<float>(size))) return {-1, -1, 0, 0};
      float const floor = std::floor(at);
      auto const first = static_cast<std::int32_t>(floor);
      return {first, first + 1, floor + 1.F - at, at - floor};
    }
    // A padded map has a row of zeros before and behind its own.
    std::int32_t const padding = kind == paste_kind::box_padded ? 1 : 0;
    std::int32_t const last = size + 2 * padding - 1;
    float at = scale * (static_cast<float>(pixel - origin) + .5F) - .5F;
    if (at < 0) at = 0;
    auto first = static_cast<std::int32_t>(at);
    // Rounding may reach the end.
    if (first > last) first = last;
    float const weight_high = at - static_cast<float>(first);
    return {first - padding, (first < last ? first + 1 : first) - padding, 1.F - weight_high, weight_high};
  }
};

/// Both axes.
struct paste_frame {
  paste_axis y;
  paste_axis x;
};

/// Boxes beyond this, or with a NaN, hold no pixel.
inline constexpr float paste_limit_px = 1e8F;

[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr std::int32_t clamp_pixel(float px, std::uint32_t size) {
  if (!(px > 0)) return 0;
  return px < static_cast<float>(size) ? static_cast<std::int32_t>(px) : static_cast<std::int32_t>(size);
}

/// @param map_size, image_size  of the axis
/// @param zero_counts  pixels that no number of the map reaches are foreground, so that none may be left out
/// @param has_box  for paste_kind::image: only pixels within [low, high) stay
[[nodiscard]] MASKMETRICS_HOST_DEVICE inline paste_axis make_paste_axis(paste_kind kind, std::uint32_t map_size,
                                                                        std::uint32_t image_size, bool has_box,
                                                                        bool zero_counts, float low, float high) {
  paste_axis axis;
  axis.kind = kind;
  axis.size = static_cast<std::int32_t>(map_size);
  axis.end = static_cast<std::int32_t>(image_size);
  bool const valid =
      low >= -paste_limit_px && low <= paste_limit_px && high >= -paste_limit_px && high <= paste_limit_px;
  if (has_box && !valid) {
    axis.end = 0;
    return axis;
  }
  switch (kind) {
    case paste_kind::image:
      axis.scale = static_cast<float>(map_size) / static_cast<float>(image_size);
      if (has_box) {
        axis.begin = clamp_pixel(std::ceil(low), image_size);
        axis.end = clamp_pixel(std::ceil(high), image_size);
      }
      break;
    case paste_kind::box_padded: {
      auto const grow = static_cast<float>((static_cast<double>(map_size) + 2) / static_cast<double>(map_size));
      float const half = (high - low) * .5F * grow;
      float const centre = (high + low) * .5F;
      auto const first = static_cast<std::int32_t>(centre - half);
      auto const last = static_cast<std::int32_t>(centre + half);
      std::int32_t const length = last - first + 1 > 1 ? last - first + 1 : 1;
      axis.scale = static_cast<float>(map_size + 2) / static_cast<float>(length);
      axis.origin = first;
      axis.begin = first > 0 ? first : 0;
      if (last + 1 < axis.end) axis.end = last + 1;
      break;
    }
    case paste_kind::box_grid:
      axis.low = low;
      axis.extent = high - low;
      if (!zero_counts && axis.extent >= 0) {
        // Half a number of the map around the box, and two pixels for what rounding may do.
        float const margin = axis.extent / static_cast<float>(2 * map_size) + 2.F;
        axis.begin = clamp_pixel(low - margin, image_size);
        axis.end = axis.extent == 0 ? axis.begin : clamp_pixel(high + margin, image_size);
      }
      break;
    case paste_kind::none:
      break;
  }
  if (axis.end < axis.begin) axis.end = axis.begin;
  return axis;
}

/// @param box  x0, y0, x1, y1 in px, or nullptr
/// @param zero_counts  the threshold lies below 0
[[nodiscard]] MASKMETRICS_HOST_DEVICE inline paste_frame make_paste_frame(paste_kind kind, std::uint32_t map_height,
                                                                          std::uint32_t map_width, std::uint32_t height,
                                                                          std::uint32_t width, float const* box,
                                                                          bool zero_counts) {
  bool const has_box = box != nullptr;
  return {make_paste_axis(kind, map_height, height, has_box, zero_counts, has_box ? box[1] : 0, has_box ? box[3] : 0),
          make_paste_axis(kind, map_width, width, has_box, zero_counts, has_box ? box[0] : 0, has_box ? box[2] : 0)};
}

/// One step of bilinear resampling: along a row of the map, then between two rows.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr float paste_mix(paste_tap const& tap, float low, float high) {
  return tap.weight_low * low + tap.weight_high * high;
}

/// Whether a number of a map lies in a box, x0, y0, x1, y1 in units of the map. Source: ultralytics crop_mask.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr bool in_crop(float const* box, std::uint32_t x, std::uint32_t y) {
  auto const px = static_cast<float>(x);
  auto const py = static_cast<float>(y);
  return px >= box[0] && px < box[2] && py >= box[1] && py < box[3];
}

}  // namespace maskmetrics::semantics
