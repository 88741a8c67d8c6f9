#include "reference/mask.hpp"

#include <algorithm>

namespace reference {

rle encode(mask const& pixels) {
  rle code{pixels.height, pixels.width, {0}};
  std::uint8_t previous = 0;
  for (std::uint8_t const pixel : pixels.pixels) {
    if (pixel != previous) code.counts.push_back(0);
    ++code.counts.back();
    previous = pixel;
  }
  return code;
}

mask decode(rle const& code) {
  mask pixels(code.height, code.width);
  std::size_t position = 0;
  for (std::size_t run = 0; run < code.counts.size(); ++run) {
    for (std::uint32_t i = 0; i < code.counts[run]; ++i) pixels.pixels.at(position++) = run % 2;
  }
  return pixels;
}

std::string encode_string(std::vector<std::uint32_t> const& counts) {
  std::string text;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    std::int64_t value = counts[i];
    if (i >= 3) value -= counts[i - 2];
    // Two's complement in groups of five bits: done when the rest of the bits equal the sign bit of the last group.
    for (bool done = false; !done;) {
      int const group = static_cast<int>(value & 31);
      value >>= 5;
      bool const negative = (group & 16) != 0;
      done = value == (negative ? -1 : 0);
      text.push_back(static_cast<char>('0' + (done ? group : group + 32)));
    }
  }
  return text;
}

std::vector<std::uint32_t> decode_string(std::string const& text) {
  std::vector<std::uint32_t> counts;
  std::size_t position = 0;
  while (position < text.size()) {
    std::int64_t value = 0;
    std::int64_t weight = 1;
    int group = 32;
    while (group >= 32) {
      group = text.at(position++) - '0';
      value += (group % 32) * weight;
      weight *= 32;
    }
    if (group >= 16) value -= weight;
    if (counts.size() >= 3) value += counts[counts.size() - 2];
    counts.push_back(static_cast<std::uint32_t>(value));
  }
  return counts;
}

std::uint32_t area(rle const& code) {
  std::uint32_t pixels = 0;
  for (std::size_t run = 1; run < code.counts.size(); run += 2) pixels += code.counts[run];
  return pixels;
}

box tight_box(rle const& code) {
  if (code.counts.size() < 2) return {};
  mask const pixels = decode(code);
  std::uint32_t left = code.width;
  std::uint32_t top = code.height;
  std::uint32_t right = 0;
  std::uint32_t bottom = 0;
  for (std::uint32_t x = 0; x < code.width; ++x) {
    for (std::uint32_t y = 0; y < code.height; ++y) {
      if (pixels.at(x, y) == 0) continue;
      left = std::min(left, x);
      top = std::min(top, y);
      right = std::max(right, x);
      bottom = std::max(bottom, y);
    }
  }
  // Unsigned on purpose: without a foreground pixel the reference's 32 bits wrap.
  std::uint32_t const width = right - left + 1;
  std::uint32_t const height = bottom - top + 1;
  return {static_cast<double>(left), static_cast<double>(top), static_cast<double>(width), static_cast<double>(height)};
}

mask unite(std::vector<mask> const& parts) {
  mask all = parts.at(0);
  for (mask const& part : parts) {
    for (std::size_t i = 0; i < all.pixels.size(); ++i) all.pixels[i] |= part.pixels.at(i);
  }
  return all;
}

}  // namespace reference
