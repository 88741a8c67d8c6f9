#include "cpu/boundary.hpp"

#include <algorithm>
#include <utility>

#include <maskmetrics/semantics/boundary.hpp>
#include <maskmetrics/semantics/iou.hpp>
#include <maskmetrics/semantics/runs.hpp>

namespace maskmetrics::cpu {

namespace {

/// Sets rows [begin, end), not empty, of a column.
void set_rows(std::uint64_t* words, semantics::strip_grid const& grid, std::uint32_t column, std::uint32_t begin,
              std::uint32_t end) {
  std::uint32_t const last_strip = (end - 1) / semantics::strip_rows;
  std::uint64_t* word = words + grid.word(begin / semantics::strip_rows, column);
  for (std::uint32_t strip = begin / semantics::strip_rows; strip <= last_strip; ++strip) {
    *word |= semantics::strip_bits(begin, end, strip);
    word += grid.num_columns;
  }
}

/// Calls piece(column, first row, end row) for the vertical runs of a mask, each as long as it can be.
template <class Piece>
void for_each_piece(view<interval const> intervals, std::uint32_t height, Piece&& piece) {
  std::uint32_t column = 0;
  std::uint32_t column_begin = 0;
  for (std::size_t i = 0; i < intervals.size();) {
    std::uint32_t begin = intervals[i].begin;
    std::uint32_t end = intervals[i].end;
    // Runs of length zero leave intervals that touch.
    for (++i; i < intervals.size() && intervals[i].begin == end; ++i) end = intervals[i].end;
    if (begin - column_begin >= height) {
      std::uint32_t const columns = begin - column_begin < 2 * height ? 1 : (begin - column_begin) / height;
      column += columns;
      column_begin += columns * height;
    }
    while (end - column_begin > height) {
      piece(column, begin - column_begin, height);
      ++column;
      column_begin += height;
      begin = column_begin;
    }
    piece(column, begin - column_begin, end - column_begin);
  }
}

/// Bit c of word r becomes bit r of word c: squares of half the size change places, again and again.
void transpose(std::uint64_t* words) {
  std::uint64_t low_bits = 0xFFFFFFFFU;
  for (unsigned side = 32; side != 0; side /= 2, low_bits ^= low_bits << side) {
    for (unsigned first = 0; first < 64; first += 2 * side) {
      for (unsigned r = first; r < first + side; ++r) {
        std::uint64_t const differing = (words[r] >> side ^ words[r + side]) & low_bits;
        words[r] ^= differing << side;
        words[r + side] ^= differing;
      }
    }
  }
}

/// Fills the words of a grid, square by square.
void set_pixels(packed_mask const& mask, semantics::strip_grid const& grid, std::uint64_t* words) {
  constexpr std::uint32_t side = semantics::strip_rows;
  auto const first_row = static_cast<std::uint32_t>(mask.bounds().y);
  std::uint32_t const end_row = first_row + static_cast<std::uint32_t>(mask.bounds().height);
  for (std::uint32_t strip = 0; strip < grid.num_strips; ++strip) {
    std::uint32_t const strip_begin = (grid.first_strip + strip) * side;
    for (std::uint32_t column = 0; column < grid.num_columns; column += side) {
      std::uint32_t const count = std::min(grid.num_columns - column, side);
      std::uint64_t const present = ~std::uint64_t{0} >> (side - count);
      std::uint64_t square[side] = {};
      for (std::uint32_t y = std::max(first_row, strip_begin); y < std::min(end_row, strip_begin + side); ++y) {
        std::size_t const pixel = std::size_t{y} * mask.width() + grid.first_column + column;
        square[y - strip_begin] = mask.bits_at(pixel) & present;
      }
      transpose(square);
      std::copy_n(square, count, words + std::size_t{strip} * grid.num_columns + column);
    }
  }
}

}  // namespace

packed_boundary boundary_packer::pack(bounded_mask const& source, std::uint32_t reach_px,
                                      std::vector<std::uint64_t>& words) {
  packed_boundary boundary{semantics::strip_grid(source.bounds), source.mask.area_px, words.size()};
  semantics::strip_grid const& grid = boundary.grid;
  words.resize(words.size() + grid.num_words());
  std::uint64_t* const own = words.data() + boundary.first_word;
  view<interval const> const intervals = source.mask.intervals;
  if (!semantics::may_have_interior(source.bounds.width, source.bounds.height, reach_px)) {
    for_each_piece(intervals, source.mask.height, [&](std::uint32_t column, std::uint32_t begin, std::uint32_t end) {
      set_rows(own, grid, column, begin, end);
    });
    return boundary;
  }
  shrunk_.assign(grid.num_words(), 0);
  for_each_piece(intervals, source.mask.height, [&](std::uint32_t column, std::uint32_t begin, std::uint32_t end) {
    set_rows(own, grid, column, begin, end);
    if (end - begin > 2 * reach_px) set_rows(shrunk_.data(), grid, column, begin + reach_px, end - reach_px);
  });
  clear_interior(boundary, reach_px, own);
  return boundary;
}

packed_boundary boundary_packer::pack(packed_mask const& source, std::uint32_t reach_px,
                                      std::vector<std::uint64_t>& words) {
  packed_boundary boundary{semantics::strip_grid(source.bounds()), source.area_px(), words.size()};
  words.resize(words.size() + boundary.grid.num_words());
  std::uint64_t* const own = words.data() + boundary.first_word;
  set_pixels(source, boundary.grid, own);
  if (!semantics::may_have_interior(source.bounds().width, source.bounds().height, reach_px)) return boundary;
  shrunk_.assign(own, own + boundary.grid.num_words());
  erode_rows(boundary.grid, reach_px);
  clear_interior(boundary, reach_px, own);
  return boundary;
}

/// semantics::erode_column for all columns of the shrunk mask, strip by strip.
void boundary_packer::erode_rows(semantics::strip_grid const& grid, std::uint32_t reach_px) {
  no_rows_.assign(grid.num_columns, 0);
  std::uint64_t* const words = shrunk_.data();
  auto const at = [&](std::uint64_t strip) -> std::uint64_t const* {
    return strip < grid.num_strips ? words + strip * grid.num_columns : no_rows_.data();
  };
  std::uint64_t const length = 2 * std::uint64_t{reach_px} + 1;
  for (std::uint64_t covered = 1; covered < length;) {
    std::uint64_t const step = semantics::doubling_step(covered, length);
    covered += step;
    for (std::uint64_t strip = 0; strip < grid.num_strips; ++strip) {
      std::uint64_t const ahead = strip + step / semantics::strip_rows;
      loops_.and_rows(words + strip * grid.num_columns, at(ahead), at(ahead + 1), step % semantics::strip_rows,
                      grid.num_columns);
    }
  }
  std::uint64_t const back = reach_px % semantics::strip_rows;
  for (std::uint64_t strip = grid.num_strips; strip-- > 0;) {
    std::uint64_t const behind = strip - reach_px / semantics::strip_rows;
    std::uint64_t const* const before = at(behind - 1);
    std::uint64_t const* const word = at(behind);
    for (std::size_t x = 0; x < grid.num_columns; ++x) {
      words[strip * grid.num_columns + x] = semantics::rows_back(before[x], word[x], back);
    }
  }
}

/// Removes the pixels that are farther than @p reach_px from every side; the area falls accordingly.
void boundary_packer::clear_interior(packed_boundary& boundary, std::uint32_t reach_px, std::uint64_t* words) {
  std::size_t const num_columns = boundary.grid.num_columns;
  std::uint64_t const length = 2 * std::uint64_t{reach_px} + 1;
  passes_.resize(2 * num_columns);
  for (std::uint32_t strip = 0; strip < boundary.grid.num_strips; ++strip) {
    std::uint64_t const* from = shrunk_.data() + strip * num_columns;
    std::uint64_t* to = passes_.data();
    std::uint64_t* next = passes_.data() + num_columns;
    std::uint64_t covered = 1;
    while (covered < length) {
      std::uint64_t const step = semantics::doubling_step(covered, length);
      covered += step;
      loops_.and_ahead(from, num_columns - (covered - 1), step, to);
      from = to;
      std::swap(to, next);
    }
    boundary.area_px -= loops_.clear(words + strip * num_columns + reach_px, from, num_columns - (length - 1));
  }
}

std::uint32_t boundary_packer::common_px(packed_boundary const& a, std::vector<std::uint64_t> const& a_words,
                                         packed_boundary const& b, std::vector<std::uint64_t> const& b_words) const {
  semantics::common_strips const both(a.grid, b.grid);
  std::uint32_t common = 0;
  for (std::uint32_t strip = both.first_strip; strip < both.end_strip; ++strip) {
    std::uint64_t const* const of_a = a_words.data() + a.first_word + a.grid.word(strip, both.first_column);
    std::uint64_t const* const of_b = b_words.data() + b.first_word + b.grid.word(strip, both.first_column);
    common += loops_.count_common(of_a, of_b, both.end_column - both.first_column);
  }
  return common;
}

cell_boundaries::cell_boundaries() : packer_(fastest_bit_word_loops()) {}

void cell_boundaries::start_cell(double dilation_ratio, std::size_t num_ground_truths) {
  dilation_ratio_ = dilation_ratio;
  ground_truths_.assign(num_ground_truths, std::nullopt);
  ground_truth_words_.clear();
}

void cell_boundaries::start_detection() {
  detection_.reset();
  detection_words_.clear();
}

double cell_boundaries::iou(bounded_mask const& detection, std::uint32_t i, bounded_mask const& ground_truth) {
  std::uint32_t const reach_px =
      semantics::boundary_reach_px(detection.mask.height, detection.mask.width, dilation_ratio_);
  auto const has_interior = [&](box const& bounds) {
    return semantics::may_have_interior(bounds.width, bounds.height, reach_px);
  };
  if (!has_interior(detection.bounds) && !has_interior(ground_truth.bounds)) {
    // Both boundaries are the masks themselves.
    std::uint32_t const common = semantics::intersection_px(detection.mask.intervals, ground_truth.mask.intervals);
    return semantics::mask_iou(common, detection.mask.area_px, ground_truth.mask.area_px, false);
  }
  if (!detection_) detection_ = packer_.pack(detection, reach_px, detection_words_);
  std::optional<packed_boundary>& truth = ground_truths_[i];
  if (!truth) truth = packer_.pack(ground_truth, reach_px, ground_truth_words_);
  std::uint32_t const common = packer_.common_px(*detection_, detection_words_, *truth, ground_truth_words_);
  return semantics::mask_iou(common, detection_->area_px, truth->area_px, false);
}

}  // namespace maskmetrics::cpu
