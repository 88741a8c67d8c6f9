#include "engine/mask_codes.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <maskmetrics/error.hpp>
#include <maskmetrics/geometry.hpp>

#include "core/mask_error.hpp"

namespace maskmetrics {

namespace {

/// Draws masks of one size, one after another.
class renderer {
public:
  renderer(std::uint32_t height, std::uint32_t width, std::size_t count)
      : height_(height), row_bytes_((std::size_t{width} + 7) / 8), bits_(count * height * row_bytes_) {}

  void draw(mask_intervals const& mask) {
    unsigned char* const first = bits_.data() + drawn_++ * height_ * row_bytes_;
    for (interval const run : mask.intervals) {
      std::size_t x = run.begin / height_;
      std::size_t y = run.begin % height_;
      for (std::uint32_t pixel = run.begin; pixel < run.end; ++pixel) {
        unsigned char& byte = first[y * row_bytes_ + x / 8];
        byte = static_cast<unsigned char>(byte | 1U << (x % 8));
        if (++y == height_) {
          y = 0;
          ++x;
        }
      }
    }
  }
  [[nodiscard]] std::vector<unsigned char> take() { return std::move(bits_); }

private:
  std::size_t height_;
  std::size_t row_bytes_;
  std::size_t drawn_ = 0;
  std::vector<unsigned char> bits_;
};

bool has_size(mask_intervals const& mask, job_image const& image) {
  return mask.height == image.height && mask.width == image.width;
}

std::string other_size(mask_intervals const& mask, job_image const& image) {
  return fmt::format("a mask of {} x {} px in an image of {} x {}", mask.height, mask.width, image.height, image.width);
}

}  // namespace

void append_code(mask_columns const& from, std::uint32_t row, mask_batch& to, std::string& text) {
  if (row >= from.entries.size()) {
    to.entries.emplace_back();
    return;
  }
  mask_entry entry = from.entries[row];
  if (!from.hold(entry)) {
    // Nor does the batch, so that the fault is found where it can be named.
    to.entries.push_back({~std::uint64_t{0}, 1, entry.height, entry.width, mask_form::text});
    return;
  }
  std::uint64_t const first = entry.begin;
  switch (entry.form) {
    case mask_form::text:
    case mask_form::json_text:
      entry.begin = text.size();
      text += from.text_of(from.entries[row]);
      break;
    case mask_form::counts:
      entry.begin = to.counts.size();
      to.counts.insert(to.counts.end(), from.counts.data() + first, from.counts.data() + first + entry.length);
      break;
    case mask_form::polygons:
      entry.begin = to.rings.size();
      for (std::uint32_t r = 0; r < entry.length; ++r) {
        polygon_ring const& ring = from.rings[first + r];
        to.rings.push_back({to.coordinates.size(), ring.num_values});
        double const* const values = from.coordinates.data() + ring.begin;
        to.coordinates.insert(to.coordinates.end(), values, values + ring.num_values);
      }
      break;
    case mask_form::none:
    case mask_form::box:
    case mask_form::invalid:
      break;
  }
  to.entries.push_back(entry);
}

std::vector<unsigned char> render_codes(mask_columns const& codes, job_image const& image, char const* side) {
  renderer pixels(image.height, image.width, codes.entries.size());
  mask_decoder decoder;
  mask_intervals mask;
  for (std::size_t i = 0; i < codes.entries.size(); ++i) {
    mask_fault const fault = decoder.decode(codes, i, image.height, image.width, nullptr, mask);
    std::string const place = fmt::format("{}.masks[{}]", side, i);
    if (fault != mask_fault::none) throw input_error(image.name(), place, describe(fault));
    if (!has_size(mask, image)) throw input_error(image.name(), place, other_size(mask, image));
    pixels.draw(mask);
  }
  return pixels.take();
}

std::vector<unsigned char> render_registered(registered_truth const& registered, job_image const& image) {
  view<std::uint32_t const> const rows = registered.rows(image.registered_index);
  annotation_table const& annotations = registered.all().annotations;
  renderer pixels(image.height, image.width, rows.size());
  mask_decoder decoder;
  mask_intervals mask;
  for (std::uint32_t const row : rows) {
    mask_fault const fault = decoder.decode(annotations.masks, row, image.height, image.width, nullptr, mask);
    if (fault != mask_fault::none) throw_ground_truth_fault(fault, annotations.masks, row, annotations.ids[row]);
    if (!has_size(mask, image)) {
      throw input_error(registered.all().source, fmt::format("annotation {}", annotations.ids[row]),
                        other_size(mask, image));
    }
    pixels.draw(mask);
  }
  return pixels.take();
}

}  // namespace maskmetrics
