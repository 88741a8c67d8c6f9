#include "engine/state_warnings.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include <fmt/format.h>

#include <maskmetrics/semantics/ranking.hpp>

namespace maskmetrics {

namespace {

void check_scores(kept_state const& state, std::vector<warning>& warnings) {
  std::uint64_t count = 0;
  std::pair<std::int64_t, double> first{std::numeric_limits<std::int64_t>::max(), 0};  // of the lowest image id
  std::size_t d = 0;
  for (std::size_t c = 0; c < state.cell_images.size(); ++c) {
    for (std::size_t const end = d + state.cell_num_detections[c]; d < end; ++d) {
      double const score = state.scores[d];
      if (!semantics::is_odd_score(score)) continue;
      ++count;
      first = std::min(first, {state.image_ids[state.cell_images[c]], score});
    }
  }
  add_warning(warnings, "score_outside_0_1", count,
              fmt::format("scores outside of 0 to 1, which are taken as they are; the first is of image {}: {}",
                          first.first, first.second));
}

void check_areas(std::vector<double> const& areas, char const* code, char const* boxes,
                 std::vector<warning>& warnings) {
  std::uint64_t count = 0;
  bool any_part = false;
  for (double const area : areas) {
    if (std::isinf(area) && area < 0) continue;  // in no area range, by the rules
    if (!(area >= 0 && area <= 1)) return;
    ++count;
    any_part = any_part || (area > 0 && area < 1);
  }
  if (!any_part) return;
  add_warning(warnings, code, count,
              fmt::format("all {} boxes of {} are at most 1 px in area; boxes are in pixels, and relative coordinates "
                          "are not converted",
                          count, boxes));
}

}  // namespace

std::vector<warning> warnings_of(kept_state const& state, protocol const& how, bool with_ground_truth) {
  std::vector<warning> warnings;
  check_scores(state, warnings);
  if (how.iou != iou_type::bbox || how.area_unit != area_unit::pixels) return warnings;
  if (with_ground_truth) {
    check_areas(state.ground_truth_areas, "ground_truth_boxes_look_relative", "the ground truth", warnings);
  }
  check_areas(state.detection_areas, "result_boxes_look_relative", "the detections", warnings);
  return warnings;
}

}  // namespace maskmetrics
