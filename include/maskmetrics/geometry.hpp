/// @file
/// Masks to foreground intervals and back: run-length codes, polygons, boxes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "maskmetrics/mask_batch.hpp"
#include "maskmetrics/types.hpp"
#include "maskmetrics/view.hpp"

namespace maskmetrics {

/// One mask as foreground intervals, ascending and not overlapping, with its measures.
struct mask_intervals {
  std::uint32_t height = 0;  ///< px
  std::uint32_t width = 0;   ///< px
  std::uint32_t area_px = 0;
  /// Tight box as pycocotools `mask.toBbox` gives it, its answer for masks of zero-length runs included.
  box bounds;
  /// A run of length zero stands behind the first one; the reference's merge loop can stop early at those.
  bool has_empty_runs = false;
  std::vector<interval> intervals;
};

/// What is wrong with a mask.
enum class mask_fault : unsigned char {
  none,
  missing,             ///< no segmentation
  invalid_form,        ///< neither polygons nor a run-length code
  bad_character,       ///< run-length string with a byte outside '0'..'o'
  truncated,           ///< run-length string that ends within a number
  overlong,            ///< number of more groups than 32 bits need
  count_out_of_range,  ///< run below 0 or above 2^32 - 1
  sum_mismatch,        ///< runs do not sum to height x width
  bad_size,            ///< height or width of zero, or height x width above 2^31 - 1
  no_rings,            ///< empty polygon list
  too_few_points,      ///< first ring of fewer than three points
  coordinate,          ///< polygon point that is not finite or too far away
  outside,             ///< codes that do not lie in the columns which should hold them
};

/// One sentence for people.
[[nodiscard]] char const* describe(mask_fault fault) noexcept;

/// Decodes or rasterises one mask; scratch memory is kept between calls. Not thread-safe: one a thread.
class mask_decoder {
public:
  mask_decoder();
  ~mask_decoder();
  mask_decoder(mask_decoder&&) noexcept;
  mask_decoder& operator=(mask_decoder&&) noexcept;

  /// @param batch  the batch
  /// @param row    which of its entries
  /// @param image_height, image_width  px; the size that polygons and boxes are rasterised with
  /// @param bounds  the annotation's box, for mask_form::box
  /// @param out  overwritten; its vector's memory is reused. Unspecified where a fault is returned.
  /// Equals pycocotools `COCO.annToRLE` with `mask.area` and `mask.toBbox`.
  [[nodiscard]] mask_fault decode(mask_columns const& batch, std::size_t row, std::uint32_t image_height,
                                  std::uint32_t image_width, box const* bounds, mask_intervals& out);

private:
  struct scratch;
  scratch* scratch_;
};

/// Encodes intervals as COCO's compressed run-length string. Equals pycocotools `mask.encode` on the same pixels.
[[nodiscard]] std::string encode_text(mask_intervals const& mask);

/// Rasterises rings (x, y alternating, px) and unites them. Equals pycocotools `mask.merge(mask.frPyObjects(...))`.
/// @throws input_error for what mask_fault calls bad_size, no_rings, too_few_points or coordinate
[[nodiscard]] mask_intervals rasterize(std::vector<std::vector<double>> const& rings, std::uint32_t height,
                                       std::uint32_t width);

}  // namespace maskmetrics
