/// @file
/// Boundaries of masks as bits: built by erosion inside the tight box, compared word by word.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <maskmetrics/semantics/boundary.hpp>
#include <maskmetrics/types.hpp>

#include "cpu/bit_words.hpp"
#include "cpu/interval_decoder.hpp"
#include "cpu/pixel_words.hpp"

namespace maskmetrics::cpu {

/// Pixels of a mask as words.
struct packed_boundary {
  semantics::strip_grid grid;
  std::uint32_t area_px = 0;
  std::size_t first_word = 0;  ///< where the grid's words begin
};

/// A mask that has a pixel, and its tight box.
struct bounded_mask {
  decoded_mask const& mask;
  box const& bounds;
};

/// Packs boundaries; scratch memory is kept. One a thread.
class boundary_packer {
public:
  explicit boundary_packer(bit_word_loops const& loops) : loops_(loops) {}

  /// Appends to @p words the boundary of a mask, its pixels that are at most @p reach_px columns and rows away from one
  /// that is not in it. Time and memory grow with the runs of the mask and the words of its box.
  [[nodiscard]] packed_boundary pack(bounded_mask const& source, std::uint32_t reach_px,
                                     std::vector<std::uint64_t>& words);
  /// The same for a dense mask that has a pixel; time and memory grow with the words of its box.
  [[nodiscard]] packed_boundary pack(packed_mask const& source, std::uint32_t reach_px,
                                     std::vector<std::uint64_t>& words);

  /// Number of pixels in both. @param a_words, b_words  what pack() appended them to
  [[nodiscard]] std::uint32_t common_px(packed_boundary const& a, std::vector<std::uint64_t> const& a_words,
                                        packed_boundary const& b, std::vector<std::uint64_t> const& b_words) const;

private:
  void erode_rows(semantics::strip_grid const& grid, std::uint32_t reach_px);
  void clear_interior(packed_boundary& boundary, std::uint32_t reach_px, std::uint64_t* words);

  bit_word_loops const& loops_;
  std::vector<std::uint64_t> shrunk_;   // [num_strips, num_columns] the mask eroded up and down
  std::vector<std::uint64_t> passes_;   // [2, num_columns] a strip while it is eroded sideways
  std::vector<std::uint64_t> no_rows_;  // [num_columns] of zeros: what stands beyond the last strip
};

/// Overlaps of boundaries within a cell. A boundary is packed when first asked for; words live until the next cell, of
/// the detection until the next detection. One a thread.
class cell_boundaries {
public:
  cell_boundaries();

  void start_cell(double dilation_ratio, std::size_t num_ground_truths);
  void start_detection();

  /// @param detection  the same one since start_detection()
  /// @param i  the ground truth's number in the cell. Both masks have a pixel, and are of one size.
  [[nodiscard]] double iou(bounded_mask const& detection, std::uint32_t i, bounded_mask const& ground_truth);

private:
  boundary_packer packer_;
  double dilation_ratio_ = 0;
  std::optional<packed_boundary> detection_;
  std::vector<std::optional<packed_boundary>> ground_truths_;
  std::vector<std::uint64_t> detection_words_;
  std::vector<std::uint64_t> ground_truth_words_;
};

}  // namespace maskmetrics::cpu
