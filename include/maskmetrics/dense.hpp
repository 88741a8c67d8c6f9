/// @file
/// Stage dense: overlaps, areas and tight boxes of masks that come as pixels.
#pragma once

#include <cstddef>
#include <cstdint>

#include "maskmetrics/context.hpp"
#include "maskmetrics/semantics/dense.hpp"
#include "maskmetrics/types.hpp"
#include "maskmetrics/view.hpp"

namespace maskmetrics {

/// How maps [count, height, width] of numbers become masks of their image's size, where they are not. A pixel is made
/// of the map's numbers by bilinear resampling, and compared with the threshold; the mask itself is never in memory.
struct paste {
  paste_kind kind = paste_kind::none;
  std::uint32_t map_height = 0;
  std::uint32_t map_width = 0;
  /// [count, 4] x0, y0, x1, y1 in px, beside the maps. Those of paste_kind::image crop the mask; none: it is not
  /// cropped.
  float const* boxes = nullptr;
};

/// Masks of one size, [count, height, width]. Strides are in bytes, may be negative, and may be 0 to repeat.
struct dense_masks {
  void const* data = nullptr;  ///< first pixel of the first mask, in the memory of the context's device
  std::int64_t mask_stride = 0;
  std::int64_t row_stride = 0;
  std::int64_t column_stride = 1;  ///< bits lie side by side and have none
  std::uint32_t count = 0;
  pixel_format format = pixel_format::bytes;
  float threshold = 0;            ///< of floating-point formats
  maskmetrics::paste paste = {};  ///< of floating-point formats; strides are those of the maps then
};

/// Row-major masks without gaps, as frameworks make them.
[[nodiscard]] inline dense_masks contiguous_masks(void const* data, std::uint32_t count, std::uint32_t height,
                                                  std::uint32_t width, pixel_format format = pixel_format::bytes,
                                                  float threshold = 0) {
  std::int64_t const pixel = semantics::bytes_per_pixel(format);
  std::int64_t const row = format == pixel_format::bits ? (std::int64_t{width} + 7) / 8 : width * pixel;
  return {data, row * height, row, pixel, count, format, threshold, {}};
}

/// Prototypes and coefficients (YOLO-seg): maps that are sums over channels, map[n] = sum of coefficients[n, c] *
/// prototypes[c], added up from the first channel on.
struct prototype_maps {
  void const* prototypes = nullptr;  ///< [channels, height, width] without gaps
  pixel_format format = pixel_format::float32;
  float const* coefficients = nullptr;  ///< [count, channels]
  std::uint32_t channels = 0;
  std::uint32_t height = 0;
  std::uint32_t width = 0;
  std::uint32_t count = 0;
  /// [count, 4] x0, y0, x1, y1 in units of the map, or none: numbers outside of the box are 0.
  float const* crops = nullptr;
};

/// The masks of one image.
struct dense_image {
  std::uint32_t height = 0;  ///< px; height * width below 2^31, may be 0
  std::uint32_t width = 0;
  dense_masks detections;
  dense_masks ground_truths;
  /// [N_d] and [N_g] categories in the memory of the context's device, or both absent. Pairs of two categories are left
  /// out: their counts are 0.
  std::int64_t const* detection_labels = nullptr;
  std::int64_t const* ground_truth_labels = nullptr;
};

/// Boundary IoU of dense masks: which boundaries are wanted.
struct dense_boundaries {
  double dilation_ratio = 0;        ///< part of the image's diagonal; 0: no boundaries
  double lowest_iou_threshold = 0;  ///< pairs whose masks overlap less need no boundaries

  [[nodiscard]] bool wanted() const { return dilation_ratio > 0; }
};

/// Where the results go, in the memory of the context's device; every element is written. Images follow one another.
/// Boxes may be left out: empty.
struct dense_output {
  view<std::uint32_t> intersections_px;       ///< [sum of N_d * N_g], of an image [N_d, N_g]
  view<std::uint32_t> detection_areas_px;     ///< [sum of N_d]
  view<box> detection_boxes;                  ///< [sum of N_d] tight; zeros for a mask without a pixel
  view<std::uint32_t> ground_truth_areas_px;  ///< [sum of N_g]
  view<box> ground_truth_boxes;               ///< [sum of N_g]

  // Where boundaries are wanted.
  view<std::uint32_t> boundary_intersections_px = {};       ///< [sum of N_d * N_g]; 0 for pairs that need none
  view<std::uint32_t> detection_boundary_areas_px = {};     ///< [sum of N_d]; 0 for masks of which no pair needs it
  view<std::uint32_t> ground_truth_boundary_areas_px = {};  ///< [sum of N_g]
};

/// Lengths of a dense_output's views.
struct dense_sizes {
  std::size_t num_pairs = 0;
  std::size_t num_detections = 0;
  std::size_t num_ground_truths = 0;
};

[[nodiscard]] inline dense_sizes sizes_of(view<dense_image const> images) {
  dense_sizes sizes;
  for (dense_image const& image : images) {
    sizes.num_pairs += std::size_t{image.detections.count} * image.ground_truths.count;
    sizes.num_detections += image.detections.count;
    sizes.num_ground_truths += image.ground_truths.count;
  }
  return sizes;
}

}  // namespace maskmetrics
