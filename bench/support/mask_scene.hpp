/// @file
/// Cells of detections and ground truth whose masks and boxes overlap, for the stage pairwise.
#pragma once

#include <cstdint>
#include <vector>

#include <maskmetrics/pairwise.hpp>

#include "support/device_timer.hpp"
#include "support/masks.hpp"

namespace bench {

/// A cell an image.
struct scene_layout {
  std::uint32_t num_cells = 0;
  std::uint32_t detections_per_cell = 5;
  std::uint32_t ground_truths_per_cell = 2;
  mask_shape shape = mask_shape::octagon;
};

/// On the host. The same on every machine. Masks of a cell lie near one place.
struct mask_scene {
  explicit mask_scene(scene_layout const& layout);
  /// Detections alone, those of the batch, so that decoding is all there is to do.
  explicit mask_scene(maskmetrics::mask_batch masks);

  std::vector<std::uint32_t> categories, images, detection_begin{0}, ground_truth_begin{0};
  std::vector<std::uint8_t> cell_flags, ground_truth_flags;
  std::vector<std::uint32_t> detection_rows, ground_truth_rows, heights, widths;
  std::vector<std::int64_t> ids;
  std::vector<maskmetrics::box> detection_boxes, ground_truth_boxes;
  maskmetrics::mask_batch detections, ground_truths;

private:
  void add_cell(std::uint32_t num_detections, std::uint32_t num_ground_truths);
};

/// What overlap is measured on.
enum class overlap_of : unsigned char { boxes, masks, boundaries };

/// A scene in a place's memory, but for what stages take from the host. The scene must outlive it.
class placed_scene {
public:
  placed_scene(place const& where, mask_scene const& scene, overlap_of kind);

  /// Runs the stage. Masks are decoded, on a device copied there first, and their areas are wanted.
  void pairwise() const;
  [[nodiscard]] std::size_t num_detections() const { return areas_.all().size(); }
  /// Bytes of what overlap is measured on, detections and ground truth.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

private:
  place const& where_;
  placed<std::uint32_t> categories_, images_, detection_begin_, ground_truth_begin_;
  placed<std::uint8_t> cell_flags_, ground_truth_flags_;
  placed<maskmetrics::box> detection_boxes_, ground_truth_boxes_;
  placed<double> areas_;
  maskmetrics::pairwise_input in_;
  maskmetrics::pairwise_measures measures_;
  std::size_t bytes_;
};

}  // namespace bench
