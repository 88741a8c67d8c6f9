#include <algorithm>
#include <optional>

#include <maskmetrics/report.hpp>
#include <maskmetrics/version.hpp>

#include "report/json.hpp"

namespace maskmetrics {

namespace {

namespace json = report::json;

constexpr int schema_version = 1;

std::string numbers_array(std::vector<double> const& values) {
  return json::array_of(values, [](double value) { return json::number(value); });
}

std::string subset(std::optional<std::vector<std::int64_t>> const& ids) {
  if (!ids) return "null";
  return json::array_of(*ids, [](std::int64_t id) { return json::number(id); });
}

std::string area_object(area_range const& range, area_unit unit) {
  bool const pixels = unit == area_unit::pixels;
  return json::object({{"label", json::string(range.label)},
                       {pixels ? "low_px" : "low", json::number(range.low_px)},
                       {pixels ? "high_px" : "high", json::number(range.high_px)}});
}

/// A cap; null for none.
std::string cap_value(std::uint32_t max_dets) {
  return max_dets == all_detections ? "null" : json::number(max_dets);
}

std::string caps_array(std::vector<std::uint32_t> const& caps) {
  return json::array_of(caps, cap_value);
}

char const* name_of(rule_set rules) {
  constexpr char const* names[] = {"coco", "lvis", "voc"};
  return names[static_cast<std::size_t>(rules)];
}

std::string parameters_object(protocol const& how) {
  bool const boundary = how.iou == iou_type::boundary;
  bool const inclusive = how.box_convention == box_convention::inclusive;
  std::uint32_t const category_cap = how.max_dets_per_category;
  return json::object(
      {{"rules", json::string(name_of(how.rules))},
       {"iou_type", json::string(to_string(how.iou))},
       {"boundary_dilation_ratio", boundary ? json::number(how.boundary_dilation_ratio) : "null"},
       {"iou_thresholds", numbers_array(how.iou_thresholds)},
       {"recall_thresholds", numbers_array(how.recall_thresholds)},
       {"interpolation", json::string(how.interpolation == interpolation::points ? "points" : "every_point")},
       {"box_convention", json::string(inclusive ? "inclusive" : "continuous")},
       {"area_ranges",
        json::array_of(how.area_ranges, [&](area_range const& range) { return area_object(range, how.area_unit); })},
       {"area_unit", json::string(how.area_unit == area_unit::pixels ? "pixels" : "relative")},
       {"max_dets", caps_array(how.max_dets)},
       {"max_dets_per_category", category_cap == 0 ? "null" : json::number(category_cap)},
       {"cap", json::string(how.cap == cap_scope::category ? "category" : "image")},
       {"recall_curve", caps_array(how.recall_curve)},
       {"use_categories", json::boolean(how.use_categories)},
       {"parity", json::string(how.parity == parity::strict ? "strict" : "corrected")},
       {"image_ids", subset(how.image_ids)},
       {"category_ids", subset(how.category_ids)}},
      2);
}

/// Metrics by name. A max_dets given twice makes two lines of one name and one value: the first stands for both.
std::string metrics_object(std::vector<metric> const& metrics) {
  std::vector<json::member> members;
  for (metric const& number : metrics) {
    bool const known =
        std::any_of(members.begin(), members.end(), [&](json::member const& m) { return m.first == number.name; });
    if (!known) members.emplace_back(number.name, json::number(number.value));
  }
  return json::object(members, 2);
}

/// AR is in the order of the parameters' area ranges.
std::string recall_point_object(recall_curve_point const& point) {
  return json::object({{"max_dets", cap_value(point.max_dets)}, {"AR", numbers_array(point.ar)}});
}

std::string category_object(category_metrics const& category) {
  std::vector<json::member> members = {{"id", json::number(category.id)},
                                       {"name", json::string(category.name)},
                                       {"AP", json::number(category.ap)},
                                       {"AP50", json::number(category.ap50)},
                                       {"AP75", json::number(category.ap75)},
                                       {"AR", json::number(category.ar)},
                                       {"num_ground_truths", json::number(category.num_ground_truths)},
                                       {"num_detections", json::number(category.num_detections)}};
  if (!category.ap_by_threshold.empty()) {
    members.emplace_back("AP_by_iou_threshold", numbers_array(category.ap_by_threshold));
  }
  return json::object(members);
}

std::string warning_object(warning const& accepted) {
  return json::object({{"code", json::string(accepted.code)},
                       {"count", json::number(accepted.count)},
                       {"message", json::string(accepted.message)}});
}

/// Seconds by stage; a stage that ran twice is added up.
std::string timings_object(std::vector<stage_time> const& timings) {
  std::vector<stage_time> sums;
  for (stage_time const& timing : timings) {
    auto const same =
        std::find_if(sums.begin(), sums.end(), [&](stage_time const& s) { return s.stage == timing.stage; });
    if (same == sums.end()) {
      sums.push_back(timing);
    } else {
      same->seconds += timing.seconds;
    }
  }
  std::vector<json::member> members;
  for (stage_time const& sum : sums) members.emplace_back(sum.stage, json::number(sum.seconds));
  return json::object(members, 2);
}

}  // namespace

std::string format_parameters(protocol const& how) {
  return parameters_object(how);
}

std::string format_json(evaluation const& result, summary const& numbers) {
  std::vector<warning> warnings = result.warnings;
  warnings.insert(warnings.end(), numbers.warnings.begin(), numbers.warnings.end());
  std::string const text =
      json::object({{"schema_version", json::number(schema_version)},
                    {"version", json::string(version())},
                    {"device", json::string(to_string(result.device))},
                    {"parameters", parameters_object(result.protocol)},
                    {"num_images", json::number(result.num_images)},
                    {"stats", json::array_of(
                                  numbers.metrics, [](metric const& number) { return json::number(number.value); }, 2)},
                    {"metrics", metrics_object(numbers.metrics)},
                    {"recall_curve", json::array_of(numbers.recall_curve.points, recall_point_object, 2)},
                    {"categories", json::array_of(numbers.categories, category_object, 2)},
                    {"warnings", json::array_of(warnings, warning_object, 2)},
                    {"timings", timings_object(result.timings)}},
                   1);
  return text + '\n';
}

}  // namespace maskmetrics
