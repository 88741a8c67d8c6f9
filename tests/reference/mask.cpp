#include "reference/mask.hpp"

#include <algorithm>
#include <deque>
#include <utility>

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

rle merge(rle const& a, rle const& b, bool intersect) {
  std::deque<std::uint32_t> runs_a(a.counts.begin(), a.counts.end());
  std::deque<std::uint32_t> runs_b(b.counts.begin(), b.counts.end());
  bool in_a = false;
  bool in_b = false;
  // What is cut off both codes at once, piece by piece, and whether it is in the result.
  std::vector<std::pair<std::uint32_t, bool>> pieces;
  auto const next_run = [](std::deque<std::uint32_t>& runs, bool& inside) {
    if (runs.front() != 0 || runs.size() == 1) return;
    runs.pop_front();
    inside = !inside;
  };
  do {
    std::uint32_t const length = std::min(runs_a.front(), runs_b.front());
    pieces.emplace_back(length, intersect ? in_a && in_b : in_a || in_b);
    runs_a.front() -= length;
    runs_b.front() -= length;
    next_run(runs_a, in_a);
    next_run(runs_b, in_b);
  } while (runs_a.front() + runs_b.front() > 0);

  rle merged{a.height, a.width, {0}};
  bool inside = false;
  for (auto const& [length, piece_inside] : pieces) {
    if (piece_inside != inside) merged.counts.push_back(0);
    inside = piece_inside;
    merged.counts.back() += length;
  }
  return merged;
}

mask unite(std::vector<mask> const& parts) {
  mask all = parts.at(0);
  for (mask const& part : parts) {
    for (std::size_t i = 0; i < all.pixels.size(); ++i) all.pixels[i] |= part.pixels.at(i);
  }
  return all;
}

}  // namespace reference
