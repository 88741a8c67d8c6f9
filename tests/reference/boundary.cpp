#include "reference/boundary.hpp"

#include <algorithm>
#include <cmath>

#include "reference/overlap.hpp"

namespace reference {

namespace {

/// Python's round(): to the nearest whole number, of two equally near ones to the even.
double round_half_even(double value) {
  double const below = std::floor(value);
  double const rest = value - below;
  if (rest != .5) return rest < .5 ? below : below + 1;
  return std::fmod(below, 2) == 0 ? below : below + 1;
}

/// True for a set pixel of the image; false for places outside.
bool is_set(mask const& pixels, std::int64_t x, std::int64_t y) {
  if (x < 0 || y < 0 || x >= pixels.width || y >= pixels.height) return false;
  return pixels.at(static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y)) != 0;
}

/// Every place at most @p reach rows and columns away is set.
bool all_set_around(mask const& pixels, std::int64_t x, std::int64_t y, std::int64_t reach) {
  for (std::int64_t u = x - reach; u <= x + reach; ++u) {
    for (std::int64_t v = y - reach; v <= y + reach; ++v) {
      if (!is_set(pixels, u, v)) return false;
    }
  }
  return true;
}

mask keep_if_all_set_around(mask const& pixels, std::uint32_t reach) {
  mask kept(pixels.height, pixels.width);
  for (std::uint32_t x = 0; x < pixels.width; ++x) {
    for (std::uint32_t y = 0; y < pixels.height; ++y) {
      kept.at(x, y) = is_set(pixels, x, y) && all_set_around(pixels, x, y, reach) ? 1 : 0;
    }
  }
  return kept;
}

mask without(mask const& pixels, mask const& removed) {
  mask rest(pixels.height, pixels.width);
  for (std::size_t i = 0; i < pixels.pixels.size(); ++i) {
    rest.pixels[i] = pixels.pixels[i] != 0 && removed.pixels[i] == 0 ? 1 : 0;
  }
  return rest;
}

}  // namespace

std::uint32_t boundary_reach(std::uint32_t height, std::uint32_t width, double dilation_ratio) {
  double const h = height;
  double const w = width;
  return static_cast<std::uint32_t>(std::max(1., round_half_even(dilation_ratio * std::sqrt(h * h + w * w))));
}

mask erode_once(mask const& pixels) {
  mask kept(pixels.height, pixels.width);
  std::size_t const height = pixels.height;
  // A pixel at the border has a neighbour outside.
  for (std::size_t x = 1; x + 1 < pixels.width; ++x) {
    std::uint8_t const* const left = pixels.pixels.data() + (x - 1) * height;
    std::uint8_t const* const here = left + height;
    std::uint8_t const* const right = here + height;
    std::uint8_t* const to = kept.pixels.data() + x * height;
    auto const three_set = [](std::uint8_t const* column, std::size_t y) {
      return (column[y - 1] != 0) & (column[y] != 0) & (column[y + 1] != 0);
    };
    for (std::size_t y = 1; y + 1 < height; ++y) {
      to[y] = static_cast<std::uint8_t>(three_set(left, y) & three_set(here, y) & three_set(right, y));
    }
  }
  return kept;
}

mask boundary_by_erosion(mask const& pixels, std::uint32_t reach) {
  mask eroded = pixels;
  for (std::uint32_t i = 0; i < reach; ++i) {
    mask next = erode_once(eroded);
    if (next.pixels == eroded.pixels) break;
    eroded = std::move(next);
  }
  return without(pixels, eroded);
}

mask boundary_by_distance(mask const& pixels, std::uint32_t reach) {
  return without(pixels, keep_if_all_set_around(pixels, reach));
}

double boundary_iou(rle const& detection, rle const& ground_truth, bool crowd, double dilation_ratio) {
  double const of_masks = mask_iou(detection, ground_truth, crowd);
  if (crowd) return of_masks;
  auto const boundary_of = [&](rle const& code) {
    return encode(boundary_by_erosion(decode(code), boundary_reach(code.height, code.width, dilation_ratio)));
  };
  return std::min(of_masks, mask_iou(boundary_of(detection), boundary_of(ground_truth), crowd));
}

}  // namespace reference
