/// @file
/// Small value types that every room shares.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace maskmetrics {

/// What an overlap is measured on: boxes, masks, or the smaller of the overlaps of masks and of their boundaries.
enum class iou_type : unsigned char { bbox, segm, boundary };

/// "bbox", "segm" or "boundary".
[[nodiscard]] char const* to_string(iou_type iou) noexcept;

/// How faithful an evaluation is to the reference implementation.
/// strict reproduces it to the last bit, its known faults included, and counts in the warnings where one bit the data;
/// corrected mends exactly the faults listed in docs/parity.md.
enum class parity : unsigned char { strict, corrected };

/// x, y, width, height in pixels, as COCO stores boxes.
struct box {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;
};

/// What the four numbers of a box are.
enum class box_layout : unsigned char {
  xywh,    ///< left, top, width, height, as COCO has them
  xyxy,    ///< left, top, right, bottom
  cxcywh,  ///< center, width, height
};

/// What the four numbers of a box are given in.
enum class box_units : unsigned char {
  pixels,
  relative,  ///< parts of the image's width and height
};

/// How the pixels of a dense mask are stored, and which of them are foreground.
enum class pixel_format : unsigned char {
  bytes,     ///< bool or uint8: whatever is not 0
  bits,      ///< eight pixels a byte, the first in the lowest bit; every row starts with a byte
  float32,   ///< whatever is above a threshold: logits or probabilities; a NaN is background
  float16,   ///< the same in half precision
  bfloat16,  ///< the same in the upper half of a float32
};

/// How a small map of numbers becomes a mask of its image's size.
enum class paste_kind : unsigned char {
  none,        ///< it has that size already
  image,       ///< the map covers the image: torch interpolate, bilinear, align_corners=False (DETR, Mask2Former)
  box_padded,  ///< the map covers a box: torchvision paste_masks_in_image
  box_grid,    ///< the map covers a box: detectron2 paste_masks_in_image
};

/// How far a box reaches.
enum class box_convention : unsigned char {
  continuous,  ///< from x to x + width, as COCO measures
  inclusive,   ///< from pixel x to pixel x + width, both counted, so that every side is one px longer; Pascal VOC
};

/// Foreground pixels [begin, end) of a mask in column-major order.
struct interval {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

/// An index that points nowhere: a category that the ground truth does not have.
inline constexpr std::uint32_t no_index = 0xFFFFFFFFU;

/// Something accepted as the reference accepts it, that a user should know of.
struct warning {
  std::string code;         ///< stable, snake_case: "duplicate_annotation_id"
  std::uint64_t count = 0;  ///< how often it was met
  std::string message;      ///< one sentence, names the first place
};

/// Adds to the count of a warning; the first message stays.
void add_warning(std::vector<warning>& warnings, std::string const& code, std::uint64_t count,
                 std::string const& message);

}  // namespace maskmetrics
