#include "support/masks.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace bench {

namespace {

using maskmetrics::mask_form;
using maskmetrics::mask_intervals;

mask_intervals of_intervals(std::vector<maskmetrics::interval> intervals) {
  mask_intervals mask;
  mask.height = image_height;
  mask.width = image_width;
  mask.intervals = std::move(intervals);
  return mask;
}

/// A block of pixels whose upper left corner lies near a place; every step-th row of every column.
mask_intervals block(double x, double y, std::uint32_t height, std::uint32_t width, std::uint32_t step) {
  auto const within = [](double at, std::uint32_t length, std::uint32_t whole) {
    return static_cast<std::uint32_t>(std::clamp(at, 0., static_cast<double>(whole - length)));
  };
  std::uint32_t const left = within(x, width, image_width);
  std::uint32_t const top = within(y, height, image_height);
  std::vector<maskmetrics::interval> intervals;
  for (std::uint32_t column = left; column < left + width; ++column) {
    for (std::uint32_t row = top; row < top + height; row += step) {
      std::uint32_t const pixel = column * image_height + row;
      intervals.push_back({pixel, pixel + 1});
    }
  }
  return of_intervals(std::move(intervals));
}

mask_intervals octagon(double x, double y, double radius) {
  return maskmetrics::rasterize({octagon_ring(x, y, radius)}, image_height, image_width);
}

}  // namespace

char const* name_of(mask_shape shape) {
  switch (shape) {
    case mask_shape::octagon:
      return "octagon";
    case mask_shape::large:
      return "large";
    case mask_shape::bar:
      return "bar";
    case mask_shape::dust:
      return "dust";
    case mask_shape::empty:
      return "empty";
    case mask_shape::full:
      return "full";
  }
  return "";
}

double unit(std::mt19937_64& random) {
  return static_cast<double>(random() >> 11U) * 0x1p-53;
}

std::vector<double> octagon_ring(double x, double y, double radius) {
  double const corner = radius * .4;
  return {x - radius, y - corner, x - corner, y - radius, x + corner, y - radius, x + radius, y - corner,
          x + radius, y + corner, x + corner, y + radius, x - corner, y + radius, x - radius, y + corner};
}

mask_intervals make_mask(std::mt19937_64& random, mask_shape shape, double x, double y) {
  double const radius = 10 + 60 * unit(random);
  x += 20 * unit(random);
  y += 20 * unit(random);
  switch (shape) {
    case mask_shape::octagon:
      return octagon(x, y, radius);
    case mask_shape::large:
      return octagon(image_width / 2. + radius / 4, image_height / 2. + radius / 4, 200);
    case mask_shape::bar:
      return block(x - 250, y, 1, 500, 1);
    case mask_shape::dust:
      return block(x, y, 64, 64, 2);
    case mask_shape::empty:
      return of_intervals({});
    case mask_shape::full:
      return of_intervals({{0, image_height * image_width}});
  }
  return {};
}

void batch_builder::add(mask_intervals const& mask) {
  maskmetrics::mask_entry entry{0, 0, mask.height, mask.width, form_};
  if (form_ == mask_form::counts) {
    entry.begin = batch_.counts.size();
    std::uint32_t position = 0;
    for (maskmetrics::interval const run : mask.intervals) {
      batch_.counts.push_back(run.begin - position);
      batch_.counts.push_back(run.end - run.begin);
      position = run.end;
    }
    batch_.counts.push_back(mask.height * mask.width - position);
    entry.length = static_cast<std::uint32_t>(batch_.counts.size() - entry.begin);
  } else {
    entry.begin = text_.size();
    for (char const c : maskmetrics::encode_text(mask)) {
      if (c == '\\' && form_ == mask_form::json_text) text_ += '\\';
      text_ += c;
    }
    entry.length = static_cast<std::uint32_t>(text_.size() - entry.begin);
  }
  batch_.entries.push_back(entry);
}

void batch_builder::add_polygon(std::vector<std::vector<double>> const& rings) {
  batch_.entries.push_back({batch_.rings.size(), static_cast<std::uint32_t>(rings.size()), 0, 0, mask_form::polygons});
  for (std::vector<double> const& ring : rings) {
    batch_.rings.push_back({batch_.coordinates.size(), static_cast<std::uint32_t>(ring.size())});
    batch_.coordinates.insert(batch_.coordinates.end(), ring.begin(), ring.end());
  }
}

maskmetrics::mask_batch batch_builder::finish() {
  auto const owned = std::make_shared<std::string const>(std::move(text_));
  batch_.text = *owned;
  batch_.text_owner = owned;
  return std::move(batch_);
}

std::size_t payload_bytes(maskmetrics::mask_batch const& batch) {
  return batch.text.size() + batch.counts.size() * sizeof(std::uint32_t) + batch.coordinates.size() * sizeof(double);
}

}  // namespace bench
