/// @file
/// Intersection over union of boxes and of masks.
#pragma once

#include "reference/mask.hpp"

namespace reference {

/// pycocotools `mask.iou` for boxes. NaN coordinates follow C's fmin and fmax.
[[nodiscard]] double box_iou(box const& detection, box const& ground_truth, bool crowd);

/// VOCdevkit `VOCevaldet`: corners are pixels that belong to the box, so x + width is its last column.
[[nodiscard]] double inclusive_box_iou(box const& detection, box const& ground_truth);

/// pycocotools `mask.iou` for run-length codes: 0 where the tight boxes do not overlap, then -1 where the sizes differ,
/// else pixel counts. Pixels stop counting where both codes at once end a run that is followed by an empty one.
[[nodiscard]] double mask_iou(rle const& detection, rle const& ground_truth, bool crowd);

}  // namespace reference
