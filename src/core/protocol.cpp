#include <maskmetrics/protocol.hpp>

#include <algorithm>
#include <cmath>
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
  // Written so that a NaN fails.
  if (range.low_px <= range.high_px) return;
  throw protocol_error(
      fmt::format("area_ranges[{}] ({}): {}:{} holds no area", i, range.label, range.low_px, range.high_px));
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

void protocol::validate() {
  require_some(iou_thresholds, "iou_thresholds");
  require_fractions(iou_thresholds, "iou_thresholds");
  require_some(recall_thresholds, "recall_thresholds");
  require_fractions(recall_thresholds, "recall_thresholds");
  require_ascending(recall_thresholds, "recall_thresholds");
  require_some(area_ranges, "area_ranges");
  for (std::size_t i = 0; i < area_ranges.size(); ++i) require_range(area_ranges[i], i);
  require_some(max_dets, "max_dets");
  for (std::size_t i = 0; i < max_dets.size(); ++i) {
    if (max_dets[i] == 0) throw protocol_error(fmt::format("max_dets[{}]: 0 keeps no detection", i));
  }
  std::sort(max_dets.begin(), max_dets.end());
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
