/// @file
/// Boundary IoU (Cheng et al. 2021): which pixels of a mask are its boundary, and how its overlap joins the mask's.
/// Source: boundary-iou-api boundary_utils.py mask_to_boundary, coco cocoeval.py computeBoundaryIoU.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "maskmetrics/host_device.hpp"
#include "maskmetrics/semantics/matching.hpp"
#include "maskmetrics/types.hpp"

namespace maskmetrics::semantics {

/// How far the boundary reaches into a mask, in px: a pixel belongs to it if a background pixel, or a place outside of
/// the image, is at most so many rows and so many columns away. At least 1; halves are rounded to even.
/// @param height, width  px, of the image that the mask is a mask of
/// @param dilation_ratio  part of the image's diagonal, above 0
[[nodiscard]] MASKMETRICS_HOST_DEVICE inline std::uint32_t boundary_reach_px(std::uint32_t height, std::uint32_t width,
                                                                             double dilation_ratio) {
  // Beyond every image, and small enough that a position plus this fits 32 bits.
  constexpr double farthest = 0x7FFFFFFF;
  std::uint64_t const squared = std::uint64_t{height} * height + std::uint64_t{width} * width;
  double const reach = std::rint(dilation_ratio * std::sqrt(static_cast<double>(squared)));
  if (reach < 1) return 1;
  return static_cast<std::uint32_t>(reach < farthest ? reach : farthest);
}

/// False where every pixel of a mask with this tight box is boundary.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr bool may_have_interior(double box_width, double box_height,
                                                                       std::uint32_t reach_px) {
  double const across = 2. * reach_px;
  return box_width > across && box_height > across;
}

/// The next step of an AND over windows of @p length elements by doubling. A pass replaces each element by itself AND
/// the element a step behind it; an element that covered itself and what follows, @p covered in all, then covers as
/// many more as the step is long. Starts with 1 covered.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr std::uint64_t doubling_step(std::uint64_t covered,
                                                                            std::uint64_t length) {
  return covered < length - covered ? covered : length - covered;
}

/// Rows of pixels that a word holds.
inline constexpr std::uint32_t strip_rows = 64;

/// The words that hold the box of a mask: strips of 64 rows of the image, in each a word a column. Bit r of word
/// [strip, column] is the pixel in row 64 (first_strip + strip) + r of column first_column + column.
struct strip_grid {
  std::uint32_t first_column = 0;
  std::uint32_t num_columns = 0;
  std::uint32_t first_strip = 0;
  std::uint32_t num_strips = 0;

  constexpr strip_grid() = default;
  /// @param bounds  of a mask with a pixel
  MASKMETRICS_HOST_DEVICE constexpr explicit strip_grid(box const& bounds)
      : first_column(static_cast<std::uint32_t>(bounds.x)),
        num_columns(static_cast<std::uint32_t>(bounds.width)),
        first_strip(static_cast<std::uint32_t>(bounds.y) / strip_rows),
        num_strips((static_cast<std::uint32_t>(bounds.y + bounds.height) - 1) / strip_rows - first_strip + 1) {}

  [[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr std::size_t num_words() const {
    return std::size_t{num_strips} * num_columns;
  }
  /// Word of a strip and a column of the image.
  [[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr std::size_t word(std::uint32_t strip, std::uint32_t column) const {
    return std::size_t{strip - first_strip} * num_columns + (column - first_column);
  }
};

/// Words that two grids have in common.
struct common_strips {
  std::uint32_t first_column;
  std::uint32_t end_column;  ///< at least first_column
  std::uint32_t first_strip;
  std::uint32_t end_strip;

  MASKMETRICS_HOST_DEVICE constexpr common_strips(strip_grid const& a, strip_grid const& b)
      : first_column(a.first_column > b.first_column ? a.first_column : b.first_column),
        end_column(lesser(a.first_column + a.num_columns, b.first_column + b.num_columns)),
        first_strip(a.first_strip > b.first_strip ? a.first_strip : b.first_strip),
        end_strip(lesser(a.first_strip + a.num_strips, b.first_strip + b.num_strips)) {
    if (end_column < first_column) end_column = first_column;
  }

private:
  MASKMETRICS_HOST_DEVICE static constexpr std::uint32_t lesser(std::uint32_t x, std::uint32_t y) {
    return x < y ? x : y;
  }
};

/// Bits of the rows [begin, end) of the image in the words of a strip that they reach.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr std::uint64_t strip_bits(std::uint32_t begin, std::uint32_t end,
                                                                         std::uint32_t strip) {
  std::uint64_t bits = ~std::uint64_t{0};
  if (begin / strip_rows == strip) bits &= ~std::uint64_t{0} << (begin % strip_rows);
  if ((end - 1) / strip_rows == strip) bits &= ~std::uint64_t{0} >> (strip_rows - 1 - (end - 1) % strip_rows);
  return bits;
}

/// 64 rows of a column from row @p first in [0, 64) of a word on, which the next word of the column completes.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr std::uint64_t rows_from(std::uint64_t word, std::uint64_t next,
                                                                        std::uint64_t first) {
  return first == 0 ? word : word >> first | next << (strip_rows - first);
}

/// The 64 rows that begin @p back in [0, 64) rows before a word.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr std::uint64_t rows_back(std::uint64_t before, std::uint64_t word,
                                                                        std::uint64_t back) {
  return back == 0 ? word : before >> (strip_rows - back) | word << back;
}

/// A column of a strip_grid eroded up and down, in place: a pixel stays where it and the reach_px rows above and below
/// are set. What lies outside of the column is not. The words of a column are @p stride apart.
MASKMETRICS_HOST_DEVICE constexpr void erode_column(std::uint64_t* words, std::uint32_t num_strips, std::size_t stride,
                                                    std::uint32_t reach_px) {
  auto const at = [&](std::uint64_t strip) { return strip < num_strips ? words[strip * stride] : std::uint64_t{0}; };
  std::uint64_t const length = 2 * std::uint64_t{reach_px} + 1;
  for (std::uint64_t covered = 1; covered < length;) {
    std::uint64_t const step = doubling_step(covered, length);
    covered += step;
    for (std::uint32_t strip = 0; strip < num_strips; ++strip) {
      words[strip * stride] &=
          rows_from(at(strip + step / strip_rows), at(strip + step / strip_rows + 1), step % strip_rows);
    }
  }
  // What held from a row on holds around the row reach_px further.
  for (std::uint32_t strip = num_strips; strip-- > 0;) {
    std::uint64_t const behind = reach_px / strip_rows;
    // Wraps to beyond the end where there is no such strip.
    words[strip * stride] = rows_back(at(strip - behind - 1), at(strip - behind), reach_px % strip_rows);
  }
}

/// Whether the boundaries' overlap can change what comes of a pair. The smaller overlap decides, so an overlap of the
/// masks that matches at no threshold already does; where the masks overlap by 0 or have different sizes (-1) their
/// boundaries overlap no less; and a crowd has no boundary.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr bool needs_boundary(double mask_iou, bool crowd, double lowest_iou) {
  return !crowd && mask_iou > 0 && suffices(mask_iou, lowest_iou);
}

/// Overlap of a pair whose ground truth is no crowd.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr double joined_iou(double mask_iou, double boundary_iou) {
  return boundary_iou < mask_iou ? boundary_iou : mask_iou;
}

}  // namespace maskmetrics::semantics
