/// @file
/// Dense masks to words of 64 pixels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <maskmetrics/dense.hpp>
#include <maskmetrics/types.hpp>

#include "cpu/paste.hpp"

namespace maskmetrics::cpu {

/// A mask as words of 64 pixels, row-major without gaps between rows, with its measures. Memory is kept from mask to
/// mask.
class packed_mask {
public:
  void pack(dense_masks const& masks, std::uint32_t index, std::uint32_t height, std::uint32_t width);

  [[nodiscard]] std::uint32_t width() const { return width_; }
  [[nodiscard]] std::uint32_t area_px() const { return area_px_; }
  /// Tight; zeros for a mask without a pixel.
  [[nodiscard]] box const& bounds() const { return bounds_; }

  /// Number of pixels in both; they have one size.
  [[nodiscard]] std::uint32_t common_px(packed_mask const& other) const;

  /// Pixels [first, first + 64) of the mask, counted row by row; those behind the last one are 0.
  [[nodiscard]] std::uint64_t bits_at(std::size_t first) const {
    std::size_t const w = first / 64;
    std::size_t const shift = first % 64;
    std::uint64_t const low = words_[w] >> shift;
    return shift == 0 || w + 1 == words_.size() ? low : low | words_[w + 1] << (64 - shift);
  }

private:
  void pack_rows(dense_masks const& masks, unsigned char const* first, std::uint32_t height);
  void pack_pasted(dense_masks const& masks, std::uint32_t index, std::uint32_t height);
  void put(std::size_t at, std::uint64_t bits, std::uint32_t count);
  void measure();
  void find_columns(std::size_t first_row, std::size_t last_row);

  std::vector<std::uint64_t> words_;
  std::vector<std::uint64_t> columns_;  // a bit a column
  std::size_t begin_ = 0;               // words outside of [begin_, end_) are 0
  std::size_t end_ = 0;
  std::uint32_t width_ = 0;
  std::uint32_t area_px_ = 0;
  box bounds_;
  paster paster_;
};

}  // namespace maskmetrics::cpu
