#include "core/image_size.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <maskmetrics/semantics/runs.hpp>

namespace maskmetrics {

bool can_hold_masks(image_table const& images, std::uint32_t image) {
  return semantics::valid_mask_size(images.heights[image], images.widths[image]);
}

std::string describe_size(image_table const& images, std::uint32_t image) {
  auto const note = std::lower_bound(images.size_notes.begin(), images.size_notes.end(), image,
                                     [](size_note const& each, std::uint32_t wanted) { return each.image < wanted; });
  if (note != images.size_notes.end() && note->image == image) return note->text;
  std::uint32_t const height = images.heights[image];
  std::uint32_t const width = images.widths[image];
  std::string const name = fmt::format("image {}", images.ids[image]);
  if (height == 0 && width == 0) return name + " has no \"height\" and no \"width\"";
  if (height == 0) return name + " has no \"height\"";
  if (width == 0) return name + " has no \"width\"";
  return fmt::format("{} has {} x {} pixels, more than 2^31 - 1", name, height, width);
}

}  // namespace maskmetrics
