#include "reference/polygon.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace reference {

namespace {

/// A point on the grid that is five times finer than the pixels.
struct fine_point {
  int x = 0;
  int y = 0;
};

constexpr double grid_scale = 5;

std::vector<fine_point> corners_of(std::vector<double> const& ring) {
  std::vector<fine_point> corners;
  for (std::size_t i = 0; i + 1 < ring.size(); i += 2) {
    // A cast truncates toward zero, so negative coordinates round up.
    corners.push_back({static_cast<int>(grid_scale * ring[i] + .5), static_cast<int>(grid_scale * ring[i + 1] + .5)});
  }
  return corners;
}

/// Appends every fine point from one corner to the next, both included. The line is computed from the end whose
/// coordinate on the longer axis is lower, and visited in the order of travel.
void walk_edge(fine_point const from, fine_point const to, std::vector<fine_point>& path) {
  int const width = std::abs(to.x - from.x);
  int const height = std::abs(to.y - from.y);
  bool const along_x = width >= height;
  bool const flipped = along_x ? from.x > to.x : from.y > to.y;
  fine_point const low = flipped ? to : from;
  fine_point const high = flipped ? from : to;
  int const length = along_x ? width : height;
  double const slope =
      along_x ? static_cast<double>(high.y - low.y) / width : static_cast<double>(high.x - low.x) / height;
  for (int step = 0; step <= length; ++step) {
    int const t = flipped ? length - step : step;
    if (length == 0) {
      path.push_back(low);  // a corner given twice; the reference's 0/0 never reaches a pixel
    } else if (along_x) {
      path.push_back({low.x + t, static_cast<int>(low.y + slope * t + .5)});
    } else {
      path.push_back({static_cast<int>(low.x + slope * t + .5), low.y + t});
    }
  }
}

}  // namespace

mask rasterize_ring(std::vector<double> const& ring, std::uint32_t height, std::uint32_t width) {
  mask pixels(height, width);
  std::vector<fine_point> const corners = corners_of(ring);
  std::vector<fine_point> path;
  for (std::size_t i = 0; i < corners.size(); ++i) walk_edge(corners[i], corners[(i + 1) % corners.size()], path);

  // Where the path steps to another fine column in the middle of a pixel column, inside and outside change places
  // from that pixel downwards (and on through all later columns).
  std::vector<std::uint8_t> toggles(pixels.pixels.size() + 1);
  for (std::size_t i = 1; i < path.size(); ++i) {
    if (path[i].x == path[i - 1].x) continue;
    double const column = (std::min(path[i].x, path[i - 1].x) + .5) / grid_scale - .5;
    if (std::floor(column) != column || column < 0 || column > static_cast<double>(width) - 1) continue;
    double const row =
        std::clamp((std::min(path[i].y, path[i - 1].y) + .5) / grid_scale - .5, 0., static_cast<double>(height));
    toggles[static_cast<std::size_t>(column) * height + static_cast<std::size_t>(std::ceil(row))] ^= 1;
  }
  std::uint8_t inside = 0;
  for (std::size_t i = 0; i < pixels.pixels.size(); ++i) pixels.pixels[i] = inside ^= toggles[i];
  return pixels;
}

rle rasterize(std::vector<std::vector<double>> const& rings, std::uint32_t height, std::uint32_t width) {
  std::vector<mask> parts;
  for (auto const& ring : rings) parts.push_back(rasterize_ring(ring, height, width));
  return encode(unite(parts));
}

std::vector<double> box_corners(box const& bounds) {
  double const right = bounds.x + bounds.width;
  double const bottom = bounds.y + bounds.height;
  return {bounds.x, bounds.y, bounds.x, bottom, right, bottom, right, bounds.y};
}

}  // namespace reference
