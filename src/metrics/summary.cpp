#include <maskmetrics/summary.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <maskmetrics/error.hpp>

#include "metrics/array_mean.hpp"
#include "metrics/voc_summary.hpp"

namespace maskmetrics {

namespace {

enum class quantity : unsigned char { average_precision, average_recall };

/// What one line of a summary averages.
struct line_request {
  std::string name;
  quantity what = quantity::average_precision;
  std::optional<double> iou_threshold;  ///< absent: all
  std::string area_label;
  std::uint32_t max_dets = 0;
  std::optional<category_frequency> frequency = {};  ///< absent: all categories
};

/// "small" is "s"; labels of one's own stand in full.
std::string short_label(std::string const& label) {
  return label == "small" || label == "medium" || label == "large" ? label.substr(0, 1) : label;
}

/// "small" is "s" in the names of metrics; labels of one's own stand in full.
std::string area_suffix(std::string const& label) {
  std::string const letter = short_label(label);
  return letter == label ? fmt::format("_{}", label) : letter;
}

/// A cap as people read it. Where only categories are capped, that cap stands for the missing one.
std::string cap_text(protocol const& how, std::uint32_t max_dets) {
  if (max_dets != all_detections) return std::to_string(max_dets);
  return how.max_dets_per_category != 0 ? std::to_string(how.max_dets_per_category) : "all";
}

std::string recall_name(protocol const& how, std::uint32_t max_dets) {
  return fmt::format("AR@{}", cap_text(how, max_dets));
}

/// The reference's twelve: AP at a literal 100, the others at the third of max_dets.
std::vector<line_request> strict_lines(protocol const& how) {
  if (how.max_dets.size() < strict_summary_max_dets) {
    throw protocol_error(fmt::format("max_dets: the summary of strict parity reads the first three, but there {} {}",
                                     how.max_dets.size() == 1 ? "is" : "are", how.max_dets.size()));
  }
  constexpr auto ap = quantity::average_precision;
  constexpr auto ar = quantity::average_recall;
  std::uint32_t const third = how.max_dets[2];
  return {{"AP", ap, {}, "all", 100},
          {"AP50", ap, .5, "all", third},
          {"AP75", ap, .75, "all", third},
          {"APs", ap, {}, "small", third},
          {"APm", ap, {}, "medium", third},
          {"APl", ap, {}, "large", third},
          {recall_name(how, how.max_dets[0]), ar, {}, "all", how.max_dets[0]},
          {recall_name(how, how.max_dets[1]), ar, {}, "all", how.max_dets[1]},
          {recall_name(how, third), ar, {}, "all", third},
          {"ARs", ar, {}, "small", third},
          {"ARm", ar, {}, "medium", third},
          {"ARl", ar, {}, "large", third}};
}

/// The reference's thirteen, with an AR for every one of max_dets where there are more.
std::vector<line_request> federated_lines(protocol const& how) {
  constexpr auto ap = quantity::average_precision;
  constexpr auto ar = quantity::average_recall;
  std::uint32_t const largest = how.max_dets.back();
  std::vector<line_request> lines = {{"AP", ap, {}, "all", largest},
                                     {"AP50", ap, .5, "all", largest},
                                     {"AP75", ap, .75, "all", largest},
                                     {"APs", ap, {}, "small", largest},
                                     {"APm", ap, {}, "medium", largest},
                                     {"APl", ap, {}, "large", largest},
                                     {"APr", ap, {}, "all", largest, category_frequency::rare},
                                     {"APc", ap, {}, "all", largest, category_frequency::common},
                                     {"APf", ap, {}, "all", largest, category_frequency::frequent}};
  for (std::uint32_t const cap : how.max_dets) lines.push_back({recall_name(how, cap), ar, {}, "all", cap});
  for (char const* const area : {"small", "medium", "large"}) {
    lines.push_back({fmt::format("AR{}@{}", area_suffix(area), cap_text(how, largest)), ar, {}, area, largest});
  }
  return lines;
}

bool has_threshold(protocol const& how, double value) {
  return !metrics::thresholds_equal_to(how, value).empty();
}

/// The same lines for the standard protocols, fitted to any other.
std::vector<line_request> corrected_lines(protocol const& how) {
  constexpr auto ap = quantity::average_precision;
  constexpr auto ar = quantity::average_recall;
  bool const federated = how.rules == rule_set::lvis;
  std::string const main_label = how.area_ranges[metrics::main_area_range(how)].label;
  std::uint32_t const largest = how.max_dets.back();
  std::vector<line_request> lines = {{"AP", ap, {}, main_label, largest}};
  if (has_threshold(how, .5)) lines.push_back({"AP50", ap, .5, main_label, largest});
  if (has_threshold(how, .75)) lines.push_back({"AP75", ap, .75, main_label, largest});
  auto const add_areas = [&](quantity what, std::string_view prefix, std::string const& suffix) {
    for (area_range const& range : how.area_ranges) {
      if (range.label == main_label) continue;
      lines.push_back(
          {fmt::format("{}{}{}", prefix, area_suffix(range.label), suffix), what, {}, range.label, largest});
    }
  };
  add_areas(ap, "AP", "");
  if (federated) {
    lines.push_back({"APr", ap, {}, main_label, largest, category_frequency::rare});
    lines.push_back({"APc", ap, {}, main_label, largest, category_frequency::common});
    lines.push_back({"APf", ap, {}, main_label, largest, category_frequency::frequent});
  }
  for (std::uint32_t const cap : how.max_dets) lines.push_back({recall_name(how, cap), ar, {}, main_label, cap});
  add_areas(ar, "AR", federated ? fmt::format("@{}", cap_text(how, largest)) : std::string());
  return lines;
}

std::vector<line_request> lines_of(protocol const& how) {
  if (how.parity == parity::corrected) return corrected_lines(how);
  return how.rules == rule_set::lvis ? federated_lines(how) : strict_lines(how);
}

/// The columns whose label and cap are asked for. Where several of both match, the reference pairs them up.
std::vector<metrics::area_and_cap> columns_of(protocol const& how, line_request const& request) {
  std::vector<std::size_t> areas;
  for (std::size_t a = 0; a < how.area_ranges.size(); ++a) {
    if (how.area_ranges[a].label == request.area_label) areas.push_back(a);
  }
  std::vector<std::size_t> caps;
  for (std::size_t m = 0; m < how.max_dets.size(); ++m) {
    if (how.max_dets[m] == request.max_dets) caps.push_back(m);
  }
  std::vector<metrics::area_and_cap> columns;
  if (areas.empty() || caps.empty()) return columns;
  if (areas.size() > 1 && caps.size() > 1 && areas.size() != caps.size()) {
    throw protocol_error(fmt::format("the summary cannot pair {} area ranges labelled {} with {} max_dets of {}",
                                     areas.size(), request.area_label, caps.size(), request.max_dets));
  }
  std::size_t const count = std::max(areas.size(), caps.size());
  for (std::size_t i = 0; i < count; ++i) {
    columns.push_back({areas[areas.size() == 1 ? 0 : i], caps[caps.size() == 1 ? 0 : i]});
  }
  return columns;
}

/// The categories of one frequency; none where the data set does not know frequencies.
std::vector<std::size_t> categories_of(evaluation const& result, category_frequency frequency) {
  std::vector<std::size_t> categories;
  for (std::size_t k = 0; k < result.category_frequencies.size(); ++k) {
    if (result.category_frequencies[k] == frequency) categories.push_back(k);
  }
  return categories;
}

/// A group of categories as lvis-api prints it.
char const* group_label(std::optional<category_frequency> frequency) {
  if (!frequency) return "all";
  constexpr char const* letters[] = {"r", "c", "f"};
  return letters[static_cast<std::size_t>(*frequency)];
}

std::string printed_line(protocol const& how, line_request const& request, double value) {
  bool const precision = request.what == quantity::average_precision;
  std::string const iou = request.iou_threshold
                              ? fmt::format("{:0.2f}", *request.iou_threshold)
                              : fmt::format("{:0.2f}:{:0.2f}", how.iou_thresholds.front(), how.iou_thresholds.back());
  bool const federated = how.rules == rule_set::lvis;
  std::string const groups = federated ? fmt::format("catIds={:>3}", group_label(request.frequency)) : std::string();
  return fmt::format(" {:<18} {} @[ IoU={:<9} | area={:>6s} | maxDets={:>3} {}] = {:0.3f}",
                     precision ? "Average Precision" : "Average Recall", precision ? "(AP)" : "(AR)", iou,
                     federated ? short_label(request.area_label) : request.area_label, cap_text(how, request.max_dets),
                     groups, value);
}

/// A number and its line.
metric measured(evaluation const& result, line_request const& request, metrics::array_mean& mean) {
  protocol const& how = result.protocol;
  metrics::selection cells{
      request.iou_threshold ? metrics::thresholds_equal_to(how, *request.iou_threshold) : metrics::all_thresholds(how),
      columns_of(how, request)};
  if (request.frequency) cells.categories = categories_of(result, *request.frequency);
  double const value = request.what == quantity::average_precision ? mean.of_precision(cells) : mean.of_recall(cells);
  return {request.name, value, printed_line(how, request, value)};
}

/// The reference's lines are of four area ranges, whatever is evaluated.
void warn_of_other_areas(evaluation const& result, summary& numbers) {
  auto const& counts = result.num_ground_truths;
  bool const any = std::any_of(counts.begin(), counts.end(), [](std::uint64_t count) { return count != 0; });
  bool const shown = std::any_of(numbers.metrics.begin(), numbers.metrics.end(),
                                 [](metric const& number) { return number.value != -1; });
  if (!any || shown || !numbers.warnings.empty()) return;
  std::vector<std::string> labels;
  for (area_range const& range : result.protocol.area_ranges) labels.push_back(range.label);
  add_warning(numbers.warnings, "no_annotations_in_summary", 1,
              fmt::format("every line of the summary is -1: it has the area ranges all, small, medium, and large, "
                          "and what counts is in others; evaluated are {}",
                          fmt::join(labels, ", ")));
}

}  // namespace

bool can_summarize(protocol const& how) {
  return how.parity == parity::corrected || how.rules != rule_set::coco ||
         how.max_dets.size() >= strict_summary_max_dets;
}

summary summarize(evaluation const& result) {
  protocol const& how = result.protocol;
  summary numbers;
  metrics::array_mean mean(result);
  if (how.rules == rule_set::voc) {
    numbers.metrics = metrics::voc_metrics(result);
  } else {
    for (line_request const& request : lines_of(how)) numbers.metrics.push_back(measured(result, request, mean));
  }
  bool const reads_100 = how.parity == parity::strict && how.rules == rule_set::coco;
  if (reads_100 && std::find(how.max_dets.begin(), how.max_dets.end(), 100U) == how.max_dets.end()) {
    add_warning(numbers.warnings, "ap_needs_max_dets_100", 1,
                "AP is -1: the reference averages it at max_dets 100, which is not among those asked for");
  }
  warn_of_other_areas(result, numbers);
  numbers.categories = summarize_categories(result);
  numbers.recall_curve = summarize_recall_curve(result);
  return numbers;
}

recall_curve summarize_recall_curve(evaluation const& result) {
  protocol const& how = result.protocol;
  recall_curve curve;
  for (area_range const& range : how.area_ranges) curve.area_labels.push_back(range.label);
  metrics::array_mean mean(result);
  for (std::size_t n = 0; n < how.recall_curve.size(); ++n) {
    curve.points.push_back({how.recall_curve[n], {}});
    for (std::size_t a = 0; a < how.area_ranges.size(); ++a) {
      curve.points.back().ar.push_back(mean.of_recall_curve({metrics::all_thresholds(how), {{a, n}}}));
    }
  }
  return curve;
}

}  // namespace maskmetrics
