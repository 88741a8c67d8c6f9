/// @file
/// Masks of any form to foreground intervals, with scratch memory that lives from mask to mask.
#pragma once

#include <cstdint>
#include <vector>

#include <maskmetrics/geometry.hpp>
#include <maskmetrics/mask_batch.hpp>
#include <maskmetrics/types.hpp>
#include <maskmetrics/view.hpp>

namespace maskmetrics {

/// A decoded mask. The intervals belong to the decoder and live until its next call.
struct decoded_mask {
  std::uint32_t height = 0;
  std::uint32_t width = 0;
  std::uint32_t area_px = 0;
  bool any_run = false;         ///< the code has a foreground run, be it of length zero
  bool has_empty_runs = false;  ///< see mask_intervals
  view<interval const> intervals;
};

/// The tight box of a decoded mask. Equals pycocotools `mask.toBbox`.
[[nodiscard]] box bounds_of(decoded_mask const& mask);

/// One a thread.
class interval_decoder {
public:
  /// Parameters as mask_decoder::decode.
  [[nodiscard]] mask_fault decode(mask_columns const& batch, std::size_t row, std::uint32_t image_height,
                                  std::uint32_t image_width, box const* bounds, decoded_mask& out);

  /// The run lengths themselves, background first, of a text, json_text or counts entry that decode() accepts.
  [[nodiscard]] static std::vector<std::uint32_t> run_lengths(mask_columns const& batch, std::size_t row);

  /// Starts a polygon of the given size; then one add_ring() a ring, then finish().
  [[nodiscard]] mask_fault begin_polygon(std::uint32_t height, std::uint32_t width);
  [[nodiscard]] mask_fault add_ring(double const* coordinates, std::size_t num_points);
  void finish_polygon(decoded_mask& out);

private:
  [[nodiscard]] mask_fault decode_text(std::string_view text, mask_entry const& entry, decoded_mask& out);
  [[nodiscard]] mask_fault decode_counts(view<std::uint32_t const> counts, mask_entry const& entry, decoded_mask& out);
  [[nodiscard]] mask_fault decode_polygons(mask_columns const& batch, mask_entry const& entry, std::uint32_t height,
                                           std::uint32_t width, decoded_mask& out);
  [[nodiscard]] mask_fault decode_box(box const& bounds, std::uint32_t height, std::uint32_t width, decoded_mask& out);

  struct crossing {
    std::uint32_t column;
    std::uint32_t pixel;
  };

  void sort_crossings();

  std::vector<interval> intervals_;
  std::vector<crossing> crossings_;  ///< of a ring, edge by edge
  std::vector<std::uint32_t> column_ends_;
  std::vector<std::uint32_t> toggles_;  ///< pixels at which a ring toggles, ascending
  std::size_t num_intervals_ = 0;
  std::uint32_t num_rings_ = 0;
  std::uint32_t height_ = 0;
  std::uint32_t width_ = 0;
};

}  // namespace maskmetrics
