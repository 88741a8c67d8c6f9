/// @file
/// From the four numbers of a box, in whatever layout and unit, to left, top, width, and height in pixels.
#pragma once

#include "maskmetrics/host_device.hpp"
#include "maskmetrics/types.hpp"

namespace maskmetrics::semantics {

/// The box that four numbers stand for. The numbers are stored in order: of xyxy, `width` is the right side.
/// A side of xyxy is x2 - x1, without a last pixel, in either box_convention.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr box box_of(box const& numbers, box_layout layout) {
  switch (layout) {
    case box_layout::xyxy:
      return {numbers.x, numbers.y, numbers.width - numbers.x, numbers.height - numbers.y};
    case box_layout::cxcywh:
      return {numbers.x - numbers.width / 2, numbers.y - numbers.height / 2, numbers.width, numbers.height};
    case box_layout::xywh:
      break;
  }
  return numbers;
}

/// Numbers relative to an image, of any layout, in pixels: the first and third times its width, the others times its
/// height. Nothing is rounded to whole pixels.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr box in_pixels(box const& numbers, double image_width_px,
                                                              double image_height_px) {
  return {numbers.x * image_width_px, numbers.y * image_height_px, numbers.width * image_width_px,
          numbers.height * image_height_px};
}

/// All four numbers are within [0, 1], as those of relative boxes are, whatever their layout, or out of it by no more
/// than a 20th, as those of tools that round or do not clip. False for NaN.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr bool is_within_one(box const& numbers) {
  constexpr double low = -0.05;
  constexpr double high = 1.05;
  return numbers.x >= low && numbers.x <= high && numbers.y >= low && numbers.y <= high && numbers.width >= low &&
         numbers.width <= high && numbers.height >= low && numbers.height <= high;
}

/// A box reaches so far out of its image that neither rounding nor another convention explains it: by more than two
/// pixels and more than a 20th of the image. False for NaN.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr bool leaves_image(box const& b, double image_width_px,
                                                                  double image_height_px) {
  double const margin_x = image_width_px > 40 ? image_width_px / 20 : 2;
  double const margin_y = image_height_px > 40 ? image_height_px / 20 : 2;
  return b.x < -margin_x || b.y < -margin_y || b.x + b.width > image_width_px + margin_x ||
         b.y + b.height > image_height_px + margin_y;
}

}  // namespace maskmetrics::semantics
