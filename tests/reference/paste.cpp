#include "reference/paste.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

namespace reference {

namespace {

bool is_finite(corners const& box) {
  // As large as any caller could mean.
  auto const fits = [](float value) { return std::abs(value) <= 1e8F; };
  return fits(box.x0) && fits(box.y0) && fits(box.x1) && fits(box.y1);
}

/// Where a pixel of the output falls on an axis of the input, by torch's rule.
struct position {
  std::int64_t first;
  std::int64_t second;
  float weight;  // of the second

  position(std::int64_t out, std::int64_t size_in, std::int64_t size_out) {
    float const scale = static_cast<float>(size_in) / static_cast<float>(size_out);
    float const source = std::max(scale * (static_cast<float>(out) + .5F) - .5F, 0.F);
    first = std::min(static_cast<std::int64_t>(source), size_in - 1);
    second = std::min(first + 1, size_in - 1);
    weight = source - static_cast<float>(first);
  }
};

float between(float weight_of_second, float first, float second) {
  return (1.F - weight_of_second) * first + weight_of_second * second;
}

mask above(std::uint32_t height, std::uint32_t width, float threshold,
           std::function<float(std::uint32_t, std::uint32_t)> const& value) {
  mask pixels(height, width);
  for (std::uint32_t y = 0; y < height; ++y) {
    for (std::uint32_t x = 0; x < width; ++x) pixels.at(x, y) = value(y, x) > threshold ? 1 : 0;
  }
  return pixels;
}

}  // namespace

mask paste_image(map_of_numbers const& map, std::uint32_t height, std::uint32_t width, float threshold) {
  return above(height, width, threshold, [&](std::uint32_t y, std::uint32_t x) {
    position const row(y, map.height, height);
    position const column(x, map.width, width);
    return between(row.weight,
                   between(column.weight, map.at(row.first, column.first), map.at(row.first, column.second)),
                   between(column.weight, map.at(row.second, column.first), map.at(row.second, column.second)));
  });
}

mask crop(mask pixels, corners const& box) {
  for (std::uint32_t y = 0; y < pixels.height; ++y) {
    for (std::uint32_t x = 0; x < pixels.width; ++x) {
      auto const px = static_cast<float>(x);
      auto const py = static_cast<float>(y);
      bool const inside = is_finite(box) && px >= box.x0 && px < box.x1 && py >= box.y0 && py < box.y1;
      if (!inside) pixels.at(x, y) = 0;
    }
  }
  return pixels;
}

map_of_numbers crop(map_of_numbers map, corners const& box) {
  for (std::uint32_t y = 0; y < map.height; ++y) {
    for (std::uint32_t x = 0; x < map.width; ++x) {
      auto const px = static_cast<float>(x);
      auto const py = static_cast<float>(y);
      bool const inside = px >= box.x0 && px < box.x1 && py >= box.y0 && py < box.y1;
      if (!inside) map.numbers[std::size_t{y} * map.width + x] = 0;
    }
  }
  return map;
}

mask paste_padded(map_of_numbers const& map, corners const& box, std::uint32_t height, std::uint32_t width,
                  float threshold) {
  mask pixels(height, width);
  if (!is_finite(box)) return pixels;
  // The map with a border of zeros, and boxes grown by as much.
  map_of_numbers padded{map.height + 2, map.width + 2, {}};
  for (std::int64_t y = -1; y <= map.height; ++y) {
    for (std::int64_t x = -1; x <= map.width; ++x) padded.numbers.push_back(map.at(y, x));
  }
  auto const grown = [](float low, float high, std::uint32_t size, std::int64_t& first, std::int64_t& last) {
    auto const scale = static_cast<float>((static_cast<double>(size) + 2) / size);
    float const half = (high - low) * .5F * scale;
    float const centre = (high + low) * .5F;
    first = static_cast<std::int64_t>(centre - half);
    last = static_cast<std::int64_t>(centre + half);
  };
  std::int64_t left = 0;
  std::int64_t right = 0;
  std::int64_t top = 0;
  std::int64_t bottom = 0;
  grown(box.x0, box.x1, map.width, left, right);
  grown(box.y0, box.y1, map.height, top, bottom);
  std::int64_t const box_width = std::max<std::int64_t>(right - left + 1, 1);
  std::int64_t const box_height = std::max<std::int64_t>(bottom - top + 1, 1);
  for (std::int64_t y = std::max<std::int64_t>(top, 0); y < std::min<std::int64_t>(bottom + 1, height); ++y) {
    for (std::int64_t x = std::max<std::int64_t>(left, 0); x < std::min<std::int64_t>(right + 1, width); ++x) {
      position const row(y - top, padded.height, box_height);
      position const column(x - left, padded.width, box_width);
      float const value = between(
          row.weight, between(column.weight, padded.at(row.first, column.first), padded.at(row.first, column.second)),
          between(column.weight, padded.at(row.second, column.first), padded.at(row.second, column.second)));
      pixels.at(static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y)) = value > threshold ? 1 : 0;
    }
  }
  return pixels;
}

mask paste_grid(map_of_numbers const& map, corners const& box, std::uint32_t height, std::uint32_t width,
                float threshold) {
  if (!is_finite(box)) return {height, width};
  auto const place = [](std::uint32_t pixel, float low, float high, std::uint32_t size) {
    float const unit = (static_cast<float>(pixel) + .5F - low) / (high - low) * 2.F - 1.F;
    return ((unit + 1.F) * static_cast<float>(size) - 1.F) / 2.F;
  };
  return above(height, width, threshold, [&](std::uint32_t y, std::uint32_t x) {
    float const row = place(y, box.y0, box.y1, map.height);
    float const column = place(x, box.x0, box.x1, map.width);
    bool const near =
        row > -1 && column > -1 && row < static_cast<float>(map.height) && column < static_cast<float>(map.width);
    if (!near) return 0.F;
    float const top = std::floor(row);
    float const left = std::floor(column);
    auto const y0 = static_cast<std::int64_t>(top);
    auto const x0 = static_cast<std::int64_t>(left);
    auto const mix = [](float first, float at, float low, float high) {
      return (first + 1.F - at) * low + (at - first) * high;
    };
    return mix(top, row, mix(left, column, map.at(y0, x0), map.at(y0, x0 + 1)),
               mix(left, column, map.at(y0 + 1, x0), map.at(y0 + 1, x0 + 1)));
  });
}

}  // namespace reference
