/// @file
/// Masks as dense pixels and as run-length codes, pixel by pixel.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace reference {

/// x, y, width, height in px.
struct box {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;
};

/// Dense pixels, column by column: pixel (x, y) stands at [x * height + y].
struct mask {
  std::uint32_t height = 0;
  std::uint32_t width = 0;
  std::vector<std::uint8_t> pixels;

  mask() = default;
  mask(std::uint32_t height_px, std::uint32_t width_px)
      : height(height_px), width(width_px), pixels(std::size_t{height_px} * width_px) {}
  [[nodiscard]] std::uint8_t& at(std::uint32_t x, std::uint32_t y) { return pixels[std::size_t{x} * height + y]; }
  [[nodiscard]] std::uint8_t at(std::uint32_t x, std::uint32_t y) const { return pixels[std::size_t{x} * height + y]; }
};

/// Run-length code: lengths of background and foreground runs in turn, background first, column by column.
/// The runs sum to height x width; runs of length zero are allowed anywhere.
struct rle {
  std::uint32_t height = 0;
  std::uint32_t width = 0;
  std::vector<std::uint32_t> counts;
};

/// pycocotools `mask.encode` for bytes of any value: a run ends wherever the byte changes.
[[nodiscard]] rle encode(mask const& pixels);

/// pycocotools `mask.decode`.
[[nodiscard]] mask decode(rle const& code);

/// The compressed string of pycocotools: five bits a character, least significant first, from '0'; from the fourth
/// count on the difference to the count before the last is written.
[[nodiscard]] std::string encode_string(std::vector<std::uint32_t> const& counts);
[[nodiscard]] std::vector<std::uint32_t> decode_string(std::string const& text);

/// pycocotools `mask.area`: number of foreground pixels.
[[nodiscard]] std::uint32_t area(rle const& code);

/// pycocotools `mask.toBbox`: the smallest box around the foreground, zeros for a code without a foreground run. A
/// code whose foreground runs are all empty yields the reference's wrapped answer: x = width, y = height.
[[nodiscard]] box tight_box(rle const& code);

/// pycocotools `mask.merge` of two codes of one size: the runs of the union or the intersection, runs of length zero of
/// either code included, up to the first place where both codes have one at once.
[[nodiscard]] rle merge(rle const& a, rle const& b, bool intersect);

/// Pixels that are in any of the masks, all of one size. pycocotools `mask.merge`.
[[nodiscard]] mask unite(std::vector<mask> const& parts);

}  // namespace reference
