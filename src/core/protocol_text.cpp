#include "core/protocol_text.hpp"

#include <iterator>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace maskmetrics {

namespace {

std::string hex_list(std::vector<double> const& values) {
  std::vector<std::string> texts;
  for (double const value : values) texts.push_back(fmt::format("{:a}", value));
  return fmt::format("{}", fmt::join(texts, " "));
}

std::string id_list(std::optional<std::vector<std::int64_t>> const& ids) {
  return ids ? fmt::format("{}", fmt::join(*ids, " ")) : "all";
}

std::string area_list(std::vector<area_range> const& ranges) {
  std::vector<std::string> texts;
  for (area_range const& range : ranges) {
    texts.push_back(fmt::format("{}={:a}:{:a}", range.label, range.low_px, range.high_px));
  }
  return fmt::format("{}", fmt::join(texts, " "));
}

/// Cuts the next line off.
std::string_view take_line(std::string_view& text) {
  std::size_t const end = text.find('\n');
  std::string_view const line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

}  // namespace

std::string protocol_text(protocol const& how) {
  std::string text;
  auto const line = [&](std::string_view name, auto const& value) {
    fmt::format_to(std::back_inserter(text), "{}: {}\n", name, value);
  };
  line("rules", static_cast<int>(how.rules));
  line("iou", to_string(how.iou));
  line("boundary_dilation_ratio", fmt::format("{:a}", how.boundary_dilation_ratio));
  line("iou_thresholds", hex_list(how.iou_thresholds));
  line("recall_thresholds", hex_list(how.recall_thresholds));
  line("area_ranges", area_list(how.area_ranges));
  line("area_unit", static_cast<int>(how.area_unit));
  line("max_dets", fmt::format("{}", fmt::join(how.max_dets, " ")));
  line("cap", static_cast<int>(how.cap));
  line("max_dets_per_category", how.max_dets_per_category);
  line("recall_curve", fmt::format("{}", fmt::join(how.recall_curve, " ")));
  line("use_categories", how.use_categories);
  line("parity", static_cast<int>(how.parity));
  line("image_ids", id_list(how.image_ids));
  line("category_ids", id_list(how.category_ids));
  return text;
}

std::string first_difference(std::string const& a, std::string const& b) {
  std::string_view left = a;
  std::string_view right = b;
  while (!left.empty() || !right.empty()) {
    std::string_view const x = take_line(left);
    std::string_view const y = take_line(right);
    if (x == y) continue;
    std::size_t const colon = y.find(": ");
    return fmt::format("{} and {}", x, colon == std::string_view::npos ? y : y.substr(colon + 2));
  }
  return {};
}

}  // namespace maskmetrics
