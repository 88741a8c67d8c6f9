/// @file
/// What an evaluator keeps of a data set: detections in cells, scores, areas, and the pairs that can matter.
#pragma once

#include <cstdint>
#include <vector>

#include "support/device_timer.hpp"
#include "support/registration.hpp"

namespace bench {

/// Sizes of a data set. Categories are as skewed as real ones: category k is about 1 / (k + 1) as frequent as the
/// first.
struct state_size {
  std::uint32_t num_images = 0;
  std::uint32_t num_categories = 0;
  std::uint32_t detections_per_image = 0;
  std::uint32_t ground_truths_per_image = 0;
  bool equal_scores = false;  ///< every score is the same, so that order is file order
};

/// On the host. The same on every machine.
struct kept_state {
  explicit kept_state(state_size const& size);

  std::vector<std::uint32_t> categories, images, detection_begin, ground_truth_begin;
  std::vector<std::uint8_t> cell_flags;
  std::vector<std::uint32_t> category_begin, ranks_in_cell;
  std::vector<double> scores, detection_areas, ground_truth_areas;
  std::vector<std::uint8_t> ground_truth_flags;
  std::vector<std::uint64_t> pair_begin;
  std::vector<std::uint32_t> pair_ground_truths;
  std::vector<double> pair_ious;
};

/// COCO's protocol over a state in a place's memory, stage by stage.
class placed_state {
public:
  placed_state(place const& where, kept_state const& state);

  void matching() const;
  void ranking() const;
  void accumulate() const;
  /// Bytes of the state: what an evaluator holds.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t num_detections() const { return scores_.all().size(); }

private:
  place const& where_;
  std::size_t bytes_;
  placed<std::uint32_t> categories_, images_, detection_begin_, ground_truth_begin_;
  placed<std::uint8_t> cell_flags_;
  placed<std::uint32_t> category_begin_, ranks_;
  placed<double> scores_, detection_areas_, ground_truth_areas_;
  placed<std::uint8_t> ground_truth_flags_;
  placed<std::uint64_t> pair_begin_;
  placed<std::uint32_t> pair_ground_truths_;
  placed<double> pair_ious_;
  placed<double> iou_thresholds_, recall_thresholds_;
  placed<maskmetrics::area_bounds> area_ranges_;
  placed<std::uint32_t> max_dets_;
  placed<maskmetrics::outcome_word> outcomes_;
  placed<std::uint32_t> num_ground_truths_, order_;
  placed<double> precision_, recall_, sampled_scores_;
};

/// Benchmarks "<stage>/<place>/<data>/<detections>": COCO val (500,000 detections of 5,000 images, 80 categories) and
/// LVIS val (6,000,000 of 19,809 images, 1,203 categories), each with a quarter and a half of it; and awkward ones: a
/// single category, five crowded images, many categories with a detection each, equal scores. Bytes/s are those of what
/// an evaluator keeps.
void register_state_benches(std::string const& stage, void (*run)(placed_state const&));

}  // namespace bench
