/// @file
/// Run-length codes by themselves: from pixels and back, merged, measured, compared. What COCO's mask API offers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "maskmetrics/context.hpp"
#include "maskmetrics/geometry.hpp"
#include "maskmetrics/mask_batch.hpp"
#include "maskmetrics/types.hpp"
#include "maskmetrics/view.hpp"

namespace maskmetrics {

/// A mask as the lengths of its runs, background and foreground in turn, background first, column by column. Runs of
/// length zero stay where they are: to the reference they are not the same mask without them.
struct rle {
  std::uint32_t height = 0;  ///< px
  std::uint32_t width = 0;
  std::vector<std::uint32_t> counts;

  [[nodiscard]] std::uint64_t num_pixels() const { return std::uint64_t{height} * width; }
};

/// The code of a text, json_text or counts entry as it stands; whether it covers its size is not looked at.
/// Equals maskApi.c `rleFrString` where that is defined.
/// @param out  overwritten. Unspecified where a fault is returned.
[[nodiscard]] mask_fault read_rle(mask_batch const& batch, std::size_t row, rle& out);

/// read_rle() of every entry.
/// @throws input_error for the first entry that is no run-length code, naming batch.source and "[row]"
[[nodiscard]] std::vector<rle> read_rles(context const& ctx, mask_batch const& batch);

/// COCO's compressed string, runs of length zero included. Equals maskApi.c `rleToString`.
[[nodiscard]] std::string encode_text(rle const& mask);

/// Codes masks that lie one after the other, each column by column. A run ends wherever the byte changes, be it between
/// two values that both mean foreground. Equals pycocotools `mask.encode`.
/// @param pixels  [count, width, height]
[[nodiscard]] std::vector<rle> encode_pixels(context const& ctx, view<std::uint8_t const> pixels, std::size_t count,
                                             std::uint32_t height, std::uint32_t width);

/// Equals pycocotools `mask.decode`: 1 for foreground, 0 for background.
/// @param masks  all of as many pixels as the first one has
/// @param pixels  [masks.size(), width, height]; every byte is written
/// @throws input_error naming @p source and "[row]" for a code that does not cover that many pixels
void decode_pixels(context const& ctx, view<rle const> masks, view<std::uint8_t> pixels, std::string const& source);

/// Union or intersection. Equals pycocotools `mask.merge`, which yields a mask of size 0 x 0 for masks of different
/// sizes and for none at all, and returns a single one as it is.
/// @throws input_error naming @p source and "[row]" for a code that does not cover its size: the reference's walk over
///         such a pair never ends
[[nodiscard]] rle merge(view<rle const> masks, bool intersect, std::string const& source);

/// Number of foreground pixels, modulo 2^32. Equals pycocotools `mask.area`.
[[nodiscard]] std::uint32_t area_px(rle const& mask);

/// The tight box. Equals pycocotools `mask.toBbox`, its answer for masks of zero-length runs included.
/// @throws input_error naming @p source for runs in a mask without height, which the reference divides by
[[nodiscard]] box bounds_of(rle const& mask, std::string const& source);

/// Areas and tight boxes of every entry of a batch, without keeping their codes.
/// @param areas_px  [entries]
/// @param bounds    [entries]
/// @throws input_error as read_rles() and bounds_of(), naming batch.source and "[row]"
void measure_rles(context const& ctx, mask_batch const& batch, view<std::uint32_t> areas_px, view<box> bounds);

/// Rasterises one ring, x and y alternating, of any number of points. Equals maskApi.c `rleFrPoly`.
/// @throws input_error naming @p source for a size or a coordinate that cannot be drawn
[[nodiscard]] rle rasterize_ring(view<double const> coordinates, std::uint32_t height, std::uint32_t width,
                                 std::string const& source);

/// rasterize_ring() of many.
/// @throws input_error naming @p source and "[row]"
[[nodiscard]] std::vector<rle> rasterize_rings(context const& ctx, std::vector<std::vector<double>> const& rings,
                                               std::uint32_t height, std::uint32_t width, std::string const& source);

/// IoU of every detection with every ground truth; over the detection's area for a crowd. Equals pycocotools `mask.iou`
/// for run-length codes.
/// @param crowd  [G]
/// @param ious   [G, D]
/// @throws input_error naming @p source and "[row]" for a code that does not cover its size
void rle_ious(context const& ctx, view<rle const> detections, view<rle const> ground_truths,
              view<std::uint8_t const> crowd, view<double> ious, std::string const& source);

/// The same for boxes.
void box_ious(context const& ctx, view<box const> detections, view<box const> ground_truths,
              view<std::uint8_t const> crowd, view<double> ious);

}  // namespace maskmetrics
