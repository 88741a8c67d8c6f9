#include <maskmetrics/protocol.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <maskmetrics/error.hpp>
#include <maskmetrics/semantics/grid.hpp>

namespace maskmetrics {

namespace {

std::vector<double> grid(double start, double stop, std::size_t size) {
  std::vector<double> values(size);
  for (std::size_t i = 0; i < size; ++i) values[i] = semantics::linspace(start, stop, size, i);
  return values;
}

template <class T>
void require_some(std::vector<T> const& values, std::string_view field) {
  if (values.empty()) throw protocol_error(fmt::format("{}: at least one is needed", field));
}

/// An overlap and a recall are fractions; anything else is a percentage or a typing error.
void require_fractions(std::vector<double> const& values, std::string_view field) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] >= 0 && values[i] <= 1) continue;
    throw protocol_error(fmt::format("{}[{}]: {} is not between 0 and 1", field, i, values[i]));
  }
}

void require_ascending(std::vector<double> const& values, std::string_view field) {
  auto const drop = std::adjacent_find(values.begin(), values.end(), [](double a, double b) { return a > b; });
  if (drop == values.end()) return;
  throw protocol_error(fmt::format("{}[{}]: {} stands after {}, but they must ascend", field,
                                   std::distance(values.begin(), drop) + 1, *std::next(drop), *drop));
}

void require_range(area_range const& range, std::size_t i) {
  if (range.label.empty()) throw protocol_error(fmt::format("area_ranges[{}]: the label is empty", i));
  // -inf would hold even what the engine means to lie outside of every range.
  if (range.low_px == -std::numeric_limits<double>::infinity()) {
    throw protocol_error(fmt::format("area_ranges[{}] ({}): the low end is -inf", i, range.label));
  }
  // Written so that a NaN fails.
  if (range.low_px <= range.high_px) return;
  throw protocol_error(
      fmt::format("area_ranges[{}] ({}): {}:{} holds no area", i, range.label, range.low_px, range.high_px));
}

void require_caps(std::vector<std::uint32_t> const& caps, std::string_view field) {
  for (std::size_t i = 0; i < caps.size(); ++i) {
    if (caps[i] == 0) throw protocol_error(fmt::format("{}[{}]: 0 keeps no detection", field, i));
  }
}

/// Beyond 1 the boundary would be wider than the image: a percentage or a typing error. Written so that a NaN fails.
void require_dilation_ratio(double ratio) {
  if (ratio > 0 && ratio <= 1) return;
  throw protocol_error(fmt::format("boundary_dilation_ratio: {} is not above 0 and at most 1", ratio));
}

/// Other summaries know neither.
void require_voc_where_needed(protocol const& how) {
  if (how.rules == rule_set::voc) return;
  if (how.interpolation == interpolation::every_point) {
    throw protocol_error("interpolation: every point is for the rules of Pascal VOC");
  }
  if (how.box_convention == box_convention::inclusive) {
    throw protocol_error("box_convention: inclusive boxes are for the rules of Pascal VOC");
  }
}

}  // namespace

protocol protocol::coco(iou_type iou) {
  protocol standard;
  standard.iou = iou;
  standard.iou_thresholds = grid(.5, .95, 10);
  standard.recall_thresholds = grid(0, 1, 101);
  standard.area_ranges = label_area_ranges({{"", 0, 1e10}, {"", 0, 1024}, {"", 1024, 9216}, {"", 9216, 1e10}});
  standard.max_dets = {1, 10, 100};
  return standard;
}

protocol protocol::lvis(iou_type iou) {
  protocol standard = coco(iou);
  standard.rules = rule_set::lvis;
  standard.max_dets = {300};
  standard.cap = cap_scope::image;
  if (iou == iou_type::boundary) {
    // boundary-iou-api leaves the upper ends of LVIS' area ranges out.
    for (area_range& range : standard.area_ranges) range.high_px = std::nextafter(range.high_px, 0.);
  }
  return standard;
}

protocol protocol::lvis_fixed(iou_type iou) {
  protocol fixed = lvis(iou);
  fixed.max_dets = {all_detections};
  fixed.max_dets_per_category = 10'000;
  return fixed;
}

protocol protocol::voc(iou_type iou, std::uint32_t num_points) {
  protocol standard;
  standard.rules = rule_set::voc;
  standard.iou = iou;
  standard.iou_thresholds = {.5};
  standard.recall_thresholds = grid(0, 1, num_points == 0 ? 101 : num_points);
  standard.interpolation = num_points == 0 ? interpolation::every_point : interpolation::points;
  standard.box_convention = box_convention::inclusive;
  standard.area_ranges = label_area_ranges({{"", 0, std::numeric_limits<double>::infinity()}});
  standard.max_dets = {all_detections};
  return standard;
}

std::uint32_t protocol::deepest_cap() const {
  std::uint32_t deepest = *std::max_element(max_dets.begin(), max_dets.end());
  for (std::uint32_t const further : recall_curve) deepest = std::max(deepest, further);
  return deepest;
}

void protocol::validate() {
  require_dilation_ratio(boundary_dilation_ratio);
  require_some(iou_thresholds, "iou_thresholds");
  require_fractions(iou_thresholds, "iou_thresholds");
  require_some(recall_thresholds, "recall_thresholds");
  require_fractions(recall_thresholds, "recall_thresholds");
  require_ascending(recall_thresholds, "recall_thresholds");
  require_some(area_ranges, "area_ranges");
  for (std::size_t i = 0; i < area_ranges.size(); ++i) require_range(area_ranges[i], i);
  require_some(max_dets, "max_dets");
  require_caps(max_dets, "max_dets");
  require_caps(recall_curve, "recall_curve");
  require_voc_where_needed(*this);
  std::sort(max_dets.begin(), max_dets.end());
  std::sort(recall_curve.begin(), recall_curve.end());
}

std::vector<area_range> label_area_ranges(std::vector<area_range> ranges) {
  constexpr char const* usual[] = {"all", "small", "medium", "large"};
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    area_range& range = ranges[i];
    if (!range.label.empty()) continue;
    range.label = i < std::size(usual) ? std::string(usual[i]) : fmt::format("{}:{}", range.low_px, range.high_px);
  }
  return ranges;
}

}  // namespace maskmetrics
