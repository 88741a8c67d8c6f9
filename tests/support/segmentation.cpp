#include "support/segmentation.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>

#include "reference/polygon.hpp"

namespace support {

using maskmetrics::mask_form;

reference::mask random_mask(random_source& random, std::uint32_t height, std::uint32_t width) {
  reference::mask pixels(height, width);
  std::uint32_t const kind = random.below(6);
  double const density = random.unit();
  std::uint32_t const column = random.below(width);
  std::uint32_t const x[2] = {random.below(width + 1), random.below(width + 1)};
  std::uint32_t const y[2] = {random.below(height + 1), random.below(height + 1)};
  double const centre_x = random.unit() * width;
  double const centre_y = random.unit() * height;
  double const radius = 1 + random.unit() * std::max(height, width);
  for (std::uint32_t u = 0; u < width; ++u) {
    for (std::uint32_t v = 0; v < height; ++v) {
      bool inside = false;
      if (kind == 0) inside = random.chance(density);
      if (kind == 1)
        inside = u >= std::min(x[0], x[1]) && u < std::max(x[0], x[1]) && v >= std::min(y[0], y[1]) &&
                 v < std::max(y[0], y[1]);
      if (kind == 2) inside = std::hypot(u - centre_x, v - centre_y) < radius * .6;
      if (kind == 3) inside = true;
      if (kind == 4) inside = u == column;
      pixels.at(u, v) = inside ? 1 : 0;
    }
  }
  return pixels;
}

std::vector<std::uint32_t> random_runs(random_source& random, std::uint32_t height, std::uint32_t width) {
  std::uint32_t const num_pixels = height * width;
  std::vector<std::uint32_t> cuts;
  for (std::uint32_t i = random.below(9); i > 0; --i) {
    std::uint32_t const cut = random.below(num_pixels + 1);
    // The same cut again and again: runs of length zero.
    cuts.insert(cuts.end(), random.chance(.3) ? random.between(2, 4) : 1U, cut);
  }
  std::sort(cuts.begin(), cuts.end());
  cuts.push_back(num_pixels);
  std::vector<std::uint32_t> counts;
  std::uint32_t previous = 0;
  for (std::uint32_t const cut : cuts) {
    counts.push_back(cut - previous);
    previous = cut;
  }
  return counts;
}

namespace {

double random_coordinate(random_source& random, std::uint32_t kind, std::uint32_t size) {
  double const value = random.unit() * size;
  if (kind == 1) return static_cast<double>(random.below(size + 7)) - 3;
  if (kind == 2) return value * 4 - size * 1.5;
  if (kind == 3) return std::round(value * 2) / 2;
  if (kind == 4) return std::round(value * 5) / 5 + .1;
  if (kind == 5) return random.pick(std::vector<double>{0, size / 2., 1. * size, -1, size + 1.});
  return std::round(value * 100) / 100;
}

}  // namespace

std::vector<std::vector<double>> random_rings(random_source& random, std::uint32_t height, std::uint32_t width) {
  std::vector<std::vector<double>> rings;
  for (std::uint32_t r = random.chance(.3) ? random.between(2, 3) : 1; r > 0; --r) {
    std::vector<double> ring;
    std::uint32_t const kind = random.below(7);
    std::uint32_t const num_corners = random.between(3, 9);
    double const radius = 1 + random.unit() * std::max(height, width) / 2;
    double const centre_x = random.unit() * width;
    double const centre_y = random.unit() * height;
    for (std::uint32_t i = 0; i < num_corners; ++i) {
      double x = random_coordinate(random, kind, width);
      double y = random_coordinate(random, kind, height);
      if (kind == 6) {
        double const angle = 2 * std::numbers::pi * i / num_corners;
        x = std::round((centre_x + radius * std::cos(angle)) * 100) / 100;
        y = std::round((centre_y + radius * std::sin(angle)) * 100) / 100;
      }
      for (std::uint32_t again = random.chance(.15) ? 2 : 1; again > 0; --again) ring.insert(ring.end(), {x, y});
    }
    rings.push_back(ring);
  }
  // Rings behind the first may be short or end within a point.
  if (random.chance(.05)) rings.push_back({1, 2, 3.5, 4});
  if (random.chance(.05)) rings.push_back({1, 2, 9, 4, 7, 1, 8});
  return rings;
}

segmentation coded(random_source& random, reference::mask const& pixels) {
  static std::vector<mask_form> const forms = {mask_form::counts, mask_form::text, mask_form::json_text};
  return {random.pick(forms), pixels.height, pixels.width, reference::encode(pixels).counts, {}};
}

segmentation random_segmentation(random_source& random, std::uint32_t height, std::uint32_t width) {
  if (random.chance(.4)) return {mask_form::polygons, 0, 0, {}, random_rings(random, height, width)};
  segmentation source = coded(random, random_mask(random, height, width));
  if (random.chance(.3)) source.counts = random_runs(random, height, width);
  return source;
}

reference::rle to_rle(segmentation const& source, std::uint32_t image_height, std::uint32_t image_width,
                      reference::box const& bounds) {
  if (source.form == mask_form::polygons) return reference::rasterize(source.rings, image_height, image_width);
  if (source.form == mask_form::box)
    return reference::rasterize({reference::box_corners(bounds)}, image_height, image_width);
  return {source.height, source.width, source.counts};
}

std::string escape_json(random_source& random, std::string const& text) {
  static char const* const digits = "0123456789abcdef";
  std::string escaped;
  for (char const c : text) {
    if (random.chance(.02)) {
      escaped += "\\u00";
      escaped += digits[c / 16];
      escaped += digits[c % 16];
    } else if (c == '\\') {
      escaped += "\\\\";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

void mask_batch_builder::add(segmentation const& source) {
  maskmetrics::mask_entry entry;
  entry.form = source.form;
  entry.height = source.height;
  entry.width = source.width;
  if (source.form == mask_form::polygons) {
    entry.begin = batch_.rings.size();
    entry.length = static_cast<std::uint32_t>(source.rings.size());
    for (std::vector<double> const& ring : source.rings) {
      batch_.rings.push_back({batch_.coordinates.size(), static_cast<std::uint32_t>(ring.size())});
      batch_.coordinates.insert(batch_.coordinates.end(), ring.begin(), ring.end());
    }
  } else if (source.form == mask_form::counts) {
    entry.begin = batch_.counts.size();
    entry.length = static_cast<std::uint32_t>(source.counts.size());
    batch_.counts.insert(batch_.counts.end(), source.counts.begin(), source.counts.end());
  } else if (source.form == mask_form::text || source.form == mask_form::json_text) {
    std::string text = reference::encode_string(source.counts);
    if (source.form == mask_form::json_text) text = escape_json(random_, text);
    entry.begin = text_.size();
    entry.length = static_cast<std::uint32_t>(text.size());
    text_ += text;
  }
  batch_.entries.push_back(entry);
}

maskmetrics::mask_batch mask_batch_builder::finish() {
  auto owned = std::make_shared<std::string const>(std::move(text_));
  batch_.text = *owned;
  batch_.text_owner = owned;
  batch_.source = "random";
  return std::move(batch_);
}

}  // namespace support
