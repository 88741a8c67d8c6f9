#include <algorithm>

#include <fmt/format.h>

#include <maskmetrics/report.hpp>

#include "report/display.hpp"

namespace maskmetrics {

namespace {

std::string shown_name(category_metrics const& category) {
  return category.name.empty() ? fmt::format("({})", category.id) : report::printable(category.name);
}

}  // namespace

std::string format_categories(summary const& numbers) {
  std::size_t width = std::string_view("category").size();
  for (category_metrics const& category : numbers.categories) {
    width = std::max(width, report::display_width(shown_name(category)));
  }
  constexpr char const* row = "{:<{}}  {:>6}  {:>6}  {:>6}  {:>6}  {:>13}  {:>10}\n";
  fmt::memory_buffer text;
  auto const out = fmt::appender(text);
  fmt::format_to(out, fmt::runtime(row), "category", width, "AP", "AP50", "AP75", "AR", "ground truths", "detections");
  for (category_metrics const& category : numbers.categories) {
    fmt::format_to(out, fmt::runtime(row), shown_name(category), width, report::metric_cell(category.ap),
                   report::metric_cell(category.ap50), report::metric_cell(category.ap75),
                   report::metric_cell(category.ar), category.num_ground_truths, category.num_detections);
  }
  return fmt::to_string(text);
}

std::string format_recall_curve(recall_curve const& curve) {
  if (curve.points.empty()) return {};
  fmt::memory_buffer text;
  auto const out = fmt::appender(text);
  fmt::format_to(out, "{:>10}", "max dets");
  std::vector<std::string> headings;
  for (std::string const& label : curve.area_labels) {
    headings.push_back("AR " + report::printable(label));
    fmt::format_to(out, "  {:>10}", headings.back());
  }
  fmt::format_to(out, "\n");
  for (recall_curve_point const& point : curve.points) {
    fmt::format_to(out, "{:>10}", point.max_dets == all_detections ? "all" : std::to_string(point.max_dets));
    for (std::size_t a = 0; a < point.ar.size(); ++a) {
      std::size_t const width = std::max<std::size_t>(10, report::display_width(headings[a]));
      fmt::format_to(out, "  {:>{}}", report::metric_cell(point.ar[a]), width);
    }
    fmt::format_to(out, "\n");
  }
  return fmt::to_string(text);
}

}  // namespace maskmetrics
