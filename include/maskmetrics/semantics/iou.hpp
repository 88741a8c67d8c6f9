/// @file
/// Overlap of two boxes and of two masks. Doubles are never contracted: every build of these lines uses
/// -ffp-contract=off or --fmad=false.
#pragma once

#include <cmath>
#include <cstdint>

#include "maskmetrics/host_device.hpp"
#include "maskmetrics/types.hpp"

namespace maskmetrics::semantics {

/// Width and height of the common part of two boxes; a value <= 0 means none. fmin and fmax drop a NaN operand, so a
/// box with a NaN coordinate still overlaps. Source: maskApi.c bbIou.
struct box_overlap {
  double width;
  double height;

  /// Written so that NaN counts as overlap, as the reference's `if (w <= 0) continue` does.
  [[nodiscard]] MASKMETRICS_HOST_DEVICE bool any() const { return !(width <= 0) && !(height <= 0); }
};

[[nodiscard]] MASKMETRICS_HOST_DEVICE inline box_overlap overlap(box const& d, box const& g) {
  return {std::fmin(d.width + d.x, g.width + g.x) - std::fmax(d.x, g.x),
          std::fmin(d.height + d.y, g.height + g.y) - std::fmax(d.y, g.y)};
}

/// Intersection over union of two boxes; over the detection's area for a crowd. Source: maskApi.c bbIou.
[[nodiscard]] MASKMETRICS_HOST_DEVICE inline double box_iou(box const& d, box const& g, bool crowd) {
  box_overlap const common = overlap(d, g);
  if (!common.any()) return 0;
  double const intersection = common.width * common.height;
  double const detection_area = d.width * d.height;
  double const unions = crowd ? detection_area : detection_area + g.width * g.height - intersection;
  return intersection / unions;
}

/// Area of a box, px.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr double box_area(box const& b, box_convention convention) {
  return convention == box_convention::inclusive ? (b.width + 1) * (b.height + 1) : b.width * b.height;
}

/// A box that was measured on pixels, of their number wide and high, in a convention.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr box measured_box(box const& b, box_convention convention) {
  if (convention == box_convention::continuous) return b;
  return {b.x, b.y, b.width - 1, b.height - 1};
}

/// Intersection over union of two boxes whose last pixels count: every side is one px longer. Boxes that only touch
/// share a row or a column of pixels. Source: VOCdevkit VOCevaldet.m.
[[nodiscard]] MASKMETRICS_HOST_DEVICE inline double inclusive_box_iou(box const& d, box const& g) {
  box_overlap const between = overlap(d, g);
  double const width = between.width + 1;
  double const height = between.height + 1;
  if (!(width > 0 && height > 0)) return 0;
  double const intersection = width * height;
  double const unions = box_area(d, box_convention::inclusive) + box_area(g, box_convention::inclusive) - intersection;
  return intersection / unions;
}

/// @param crowd  the continuous convention divides by the detection's area; the other one does not know crowds
[[nodiscard]] MASKMETRICS_HOST_DEVICE inline double box_iou(box const& d, box const& g, bool crowd,
                                                            box_convention convention) {
  return convention == box_convention::inclusive ? inclusive_box_iou(d, g) : box_iou(d, g, crowd);
}

/// IoU of masks of different sizes whose tight boxes overlap; where they do not it is 0, as for all masks. Source:
/// maskApi.c rleIou.
inline constexpr double size_mismatch_iou = -1;

/// Intersection over union of two masks from pixel counts. Source: maskApi.c rleIou: a pair without common pixel
/// divides by 1, a crowd by the detection's area.
[[nodiscard]] MASKMETRICS_HOST_DEVICE inline double mask_iou(std::uint32_t intersection_px, std::uint32_t detection_px,
                                                             std::uint32_t ground_truth_px, bool crowd) {
  if (intersection_px == 0) return 0;
  std::uint32_t const unions = crowd ? detection_px : detection_px + ground_truth_px - intersection_px;
  return static_cast<double>(intersection_px) / static_cast<double>(unions);
}

/// The largest IoU that masks of these areas can have when they share at most @p intersection_px pixels. Division of
/// integers is monotone under rounding, so an exact IoU is never above it.
[[nodiscard]] MASKMETRICS_HOST_DEVICE inline double mask_iou_bound(std::uint32_t intersection_px,
                                                                   std::uint32_t detection_px,
                                                                   std::uint32_t ground_truth_px, bool crowd) {
  std::uint32_t const smaller = detection_px < ground_truth_px ? detection_px : ground_truth_px;
  return mask_iou(intersection_px < smaller ? intersection_px : smaller, detection_px, ground_truth_px, crowd);
}

/// What the overlap of two masks depends on besides their pixels.
struct mask_measures {
  box bounds;  ///< tight
  std::uint32_t height;
  std::uint32_t width;
  std::uint32_t area_px;
  bool has_empty_runs;  ///< a run of length zero stands behind the first one
};

/// What has to be done for a pair of masks.
enum class mask_pair_work : unsigned char {
  none,       ///< the IoU is known
  below,      ///< nothing: whatever it is, it is below the lowest threshold
  intersect,  ///< count common pixels, then mask_iou()
  merge,      ///< walk the runs as the reference does, then merged_iou()
};
struct mask_pair {
  mask_pair_work work;
  double iou;  ///< where it is known
};

/// Looks at a pair before its pixels: tight boxes, sizes, runs of length zero, and the bound that areas and boxes give.
/// @param lowest_iou  pairs below it are not asked for
[[nodiscard]] MASKMETRICS_HOST_DEVICE inline mask_pair look_at_pair(mask_measures const& d, mask_measures const& g,
                                                                    bool crowd, double lowest_iou) {
  box_overlap const common = overlap(d.bounds, g.bounds);
  if (!common.any()) return {mask_pair_work::none, 0};
  if (d.height != g.height || d.width != g.width) return {mask_pair_work::none, size_mismatch_iou};
  if (d.has_empty_runs && g.has_empty_runs) return {mask_pair_work::merge, 0};
  if (d.area_px == 0 || g.area_px == 0) return {mask_pair_work::none, 0};
  // Boxes of masks with pixels are whole numbers within the image, so their overlap fits 32 bits.
  auto const most = static_cast<std::uint32_t>(common.width * common.height);
  if (mask_iou_bound(most, d.area_px, g.area_px, crowd) < lowest_iou) return {mask_pair_work::below, 0};
  return {mask_pair_work::intersect, 0};
}

/// IoU from the counts of the reference's run merge.
[[nodiscard]] MASKMETRICS_HOST_DEVICE inline double merged_iou(std::uint32_t intersection_px, std::uint32_t union_px,
                                                               std::uint32_t detection_px, bool crowd) {
  if (intersection_px == 0) return 0;
  return static_cast<double>(intersection_px) / static_cast<double>(crowd ? detection_px : union_px);
}

}  // namespace maskmetrics::semantics
