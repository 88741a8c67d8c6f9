#include "support/dense_layout.hpp"

#include <cstring>
#include <limits>
#include <utility>

#include "reference/paste.hpp"

namespace support {

namespace {

using maskmetrics::dense_masks;
using maskmetrics::paste_kind;
using maskmetrics::pixel_format;

/// A number that every format holds, as one format has it.
void write_number(float value, pixel_format format, unsigned char* at) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  std::uint32_t const exponent = bits >> 23U & 0xFFU;
  std::uint32_t const half_exponent = exponent == 0 ? 0 : exponent == 0xFF ? 0x1F : exponent - 112;
  std::uint32_t const half = (bits >> 16U & 0x8000U) | half_exponent << 10U | (bits >> 13U & 0x3FFU);
  if (format == pixel_format::float32) std::memcpy(at, &bits, 4);
  auto const narrow = static_cast<std::uint16_t>(format == pixel_format::float16 ? half : bits >> 16U);
  if (format != pixel_format::float32) std::memcpy(at, &narrow, 2);
}

/// The bytes of a pixel that is set, or is not, in some of the ways in which that can be said.
void write_pixel(random_source& random, unsigned char* at, dense_masks const& how, bool set) {
  if (how.format == pixel_format::bytes) {
    std::uint32_t const value = random.chance(.2) ? random.pick(std::vector<std::uint32_t>{128, 255, 2}) : 1U;
    *at = static_cast<unsigned char>(set ? value : 0U);
    return;
  }
  float const nan = std::numeric_limits<float>::quiet_NaN();
  float const infinity = std::numeric_limits<float>::infinity();
  float const value = set ? random.pick(std::vector<float>{1, how.threshold + .5F, 1000, infinity})
                          : random.pick(std::vector<float>{-1, how.threshold, how.threshold - .5F, -infinity, nan});
  write_number(value, how.format, at);
}

/// Numbers of which single and half precision hold every one, and so does bfloat16.
float random_number(random_source& random) {
  return static_cast<float>(static_cast<int>(random.below(257)) - 128) / 64;
}

float random_edge(random_source& random, std::uint32_t size) {
  if (random.chance(.04)) {
    return random.pick(std::vector<float>{std::numeric_limits<float>::quiet_NaN(),
                                          std::numeric_limits<float>::infinity(), -1e30F, 2e8F, 1e7F});
  }
  double const reach = static_cast<double>(size) + 20;
  double const at = random.between_reals(-reach / 2, 1.5 * reach);
  return static_cast<float>(random.chance(.3) ? static_cast<int>(at) : at);
}

reference::corners random_corners(random_source& random, std::uint32_t height, std::uint32_t width) {
  reference::corners box{random_edge(random, width), random_edge(random, height), random_edge(random, width),
                         random_edge(random, height)};
  if (random.chance(.8) && box.x0 > box.x1) std::swap(box.x0, box.x1);
  if (random.chance(.8) && box.y0 > box.y1) std::swap(box.y0, box.y1);
  if (random.chance(.05)) box.x1 = box.x0;
  return box;
}

reference::mask pasted(paste_kind kind, reference::map_of_numbers const& map, reference::corners const* box,
                       std::uint32_t height, std::uint32_t width, float threshold) {
  switch (kind) {
    case paste_kind::box_padded:
      return reference::paste_padded(map, *box, height, width, threshold);
    case paste_kind::box_grid:
      return reference::paste_grid(map, *box, height, width, threshold);
    default:
      break;
  }
  reference::mask const whole = reference::paste_image(map, height, width, threshold);
  return box == nullptr ? whole : reference::crop(whole, *box);
}

}  // namespace

dense_layout random_layout(random_source& random, std::vector<reference::mask> const& masks, std::uint32_t height,
                           std::uint32_t width) {
  dense_layout to;
  dense_masks& s = to.strides;
  s.count = static_cast<std::uint32_t>(masks.size());
  std::uint32_t const kind = random.below(8);
  constexpr pixel_format of_numbers[] = {pixel_format::bytes, pixel_format::bytes, pixel_format::float32,
                                         pixel_format::float16, pixel_format::bfloat16};
  s.format = kind >= 6 ? pixel_format::bits : of_numbers[random.below(5)];
  s.threshold = random.pick(std::vector<float>{0, .5F, -.25F});
  std::int64_t const pixel_bytes = maskmetrics::semantics::bytes_per_pixel(s.format);
  std::int64_t const row_bytes = s.format == pixel_format::bits ? (std::int64_t{width} + 7) / 8 : pixel_bytes * width;
  bool const is_padded = kind == 3 || kind == 7;
  s.column_stride = pixel_bytes;
  s.row_stride = row_bytes + (is_padded ? random.between(1, 9) : 0);
  s.mask_stride = s.row_stride * height + (is_padded ? random.below(40) : 0);
  std::size_t const size = static_cast<std::size_t>(s.mask_stride) * masks.size();
  std::size_t const shift = random.below(2) * random.below(33);
  if (kind == 4) {  // columns first
    s.column_stride = pixel_bytes * height;
    s.row_stride = pixel_bytes;
  }
  to.first = shift;
  if (kind == 5) {  // the last row first, each from its end
    to.first += size == 0 ? 0U : static_cast<std::size_t>(s.row_stride * height - pixel_bytes);
    s.row_stride = -s.row_stride;
    s.column_stride = -pixel_bytes;
  }
  // Whatever is not a pixel is not 0 either.
  to.bytes.assign(size + shift, 0xEE);
  for (std::size_t m = 0; m < masks.size(); ++m) {
    for (std::uint32_t y = 0; y < height; ++y) {
      for (std::uint32_t x = 0; x < width; ++x) {
        auto const mask = static_cast<std::int64_t>(to.first) + static_cast<std::int64_t>(m) * s.mask_stride;
        bool const set = masks[m].at(x, y) != 0;
        if (s.format == pixel_format::bits) {
          unsigned char& byte = to.bytes[static_cast<std::size_t>(mask + y * s.row_stride + x / 8)];
          byte = static_cast<unsigned char>((byte & ~(1U << (x % 8))) | (set ? 1U << (x % 8) : 0U));
        } else {
          auto const at = static_cast<std::size_t>(mask + y * s.row_stride + x * s.column_stride);
          write_pixel(random, &to.bytes[at], s, set);
        }
      }
    }
  }
  return to;
}

dense_layout random_pasted(random_source& random, std::uint32_t count, std::uint32_t height, std::uint32_t width,
                           std::vector<reference::mask>& masks) {
  dense_layout to;
  dense_masks& s = to.strides;
  maskmetrics::paste& how = s.paste;
  how.kind = random.pick(std::vector<paste_kind>{paste_kind::image, paste_kind::box_padded, paste_kind::box_grid});
  how.map_height = random.between(1, 12);
  how.map_width = random.between(1, 12);
  s.count = count;
  s.format =
      random.pick(std::vector<pixel_format>{pixel_format::float32, pixel_format::float16, pixel_format::bfloat16});
  // Whole images count as background what no map reaches, so that a threshold below 0 is for images alone.
  s.threshold = random.pick(std::vector<float>{0, .5F, how.kind == paste_kind::box_padded ? .25F : -.25F});
  std::int64_t const number = maskmetrics::semantics::bytes_per_pixel(s.format);
  bool const is_padded = random.chance(.3);
  s.column_stride = number;
  s.row_stride = number * how.map_width + (is_padded ? random.between(1, 9) : 0);
  s.mask_stride = s.row_stride * how.map_height + (is_padded ? random.below(40) : 0);
  to.first = random.below(2) * random.below(33);
  to.bytes.assign(static_cast<std::size_t>(s.mask_stride) * count + to.first, 0xEE);
  bool const has_boxes = how.kind != paste_kind::image || random.chance(.5);
  for (std::uint32_t m = 0; m < count; ++m) {
    reference::map_of_numbers map{how.map_height, how.map_width, {}};
    for (std::uint32_t y = 0; y < how.map_height; ++y) {
      for (std::uint32_t x = 0; x < how.map_width; ++x) {
        map.numbers.push_back(random_number(random));
        auto const at = static_cast<std::size_t>(static_cast<std::int64_t>(to.first) + m * s.mask_stride +
                                                 y * s.row_stride + x * s.column_stride);
        write_number(map.numbers.back(), s.format, &to.bytes[at]);
      }
    }
    reference::corners const box = random_corners(random, height, width);
    if (has_boxes) to.boxes.insert(to.boxes.end(), {box.x0, box.y0, box.x1, box.y1});
    masks.push_back(pasted(how.kind, map, has_boxes ? &box : nullptr, height, width, s.threshold));
  }
  return to;
}

}  // namespace support
