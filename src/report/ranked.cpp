#include <algorithm>

#include <fmt/format.h>

#include <maskmetrics/report.hpp>

#include "report/display.hpp"

namespace maskmetrics {

namespace {

std::string shown_category(ranked_category const& table) {
  return table.category_name.empty() ? fmt::format("({})", table.category_id) : report::printable(table.category_name);
}

/// "-" where no ground truth counts, so that there is nothing to recall.
std::string fraction_cell(double value) {
  return value < 0 ? std::string("-") : fmt::format("{:.4f}", value);
}

/// By name where the data set has names.
std::string image_cell(ranked_detection const& row) {
  return row.image_name.empty() ? std::to_string(row.image_id) : report::printable(row.image_name);
}

/// In quotes where the text could be taken for more than one field.
std::string csv_field(std::string const& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (char const c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + '"';
}

char const* mark(bool set) {
  return set ? "x" : "";
}

}  // namespace

std::string format_ranked(ranked_category const& table) {
  fmt::memory_buffer text;
  auto const out = fmt::appender(text);
  fmt::format_to(out, "category {}, IoU threshold {}, area {} [{}, {}] px, max_dets {}\n", shown_category(table),
                 table.iou_threshold, report::printable(table.area.label), table.area.low_px, table.area.high_px,
                 table.max_dets == all_detections ? "all" : std::to_string(table.max_dets));
  auto const ignored = std::count_if(table.rows.begin(), table.rows.end(), [](ranked_detection const& row) {
    return !row.true_positive && !row.false_positive;
  });
  fmt::format_to(out, "ground truths {}, detections {} ({} ignored), AP{} {}\n\n", table.num_ground_truths,
                 table.rows.size(), ignored, table.interpolation == interpolation::every_point ? " by every point" : "",
                 report::metric_cell(table.average_precision));
  fmt::format_to(out, "{:>12}  {:>10}  {:>2}  {:>2}  {:>6}  {:>6}  {:>9}  {:>6}  {:>8}\n", "image", "confidence", "TP",
                 "FP", "cum TP", "cum FP", "precision", "recall", "monotone");
  for (ranked_detection const& row : table.rows) {
    fmt::format_to(out, "{:>12}  {:>10.6f}  {:>2}  {:>2}  {:>6}  {:>6}  {:>9}  {:>6}  {:>8}\n", image_cell(row),
                   row.score, mark(row.true_positive), mark(row.false_positive), row.cumulative_true_positives,
                   row.cumulative_false_positives, fraction_cell(row.precision), fraction_cell(row.recall),
                   fraction_cell(row.monotone_precision));
  }
  return fmt::to_string(text);
}

std::string format_ranked_csv(ranked_category const& table) {
  fmt::memory_buffer text;
  auto const out = fmt::appender(text);
  bool const has_names = !table.rows.empty() && !table.rows.front().image_name.empty();
  fmt::format_to(out,
                 "image_id,result_row,confidence,true_positive,false_positive,cumulative_true_positives,"
                 "cumulative_false_positives,precision,recall,monotone_precision{}\n",
                 has_names ? ",image_name" : "");
  for (ranked_detection const& row : table.rows) {
    fmt::format_to(out, "{},{},{},{:d},{:d},{},{},{},{},{}", row.image_id, row.result_row, row.score, row.true_positive,
                   row.false_positive, row.cumulative_true_positives, row.cumulative_false_positives, row.precision,
                   row.recall, row.monotone_precision);
    fmt::format_to(out, "{}\n", has_names ? ',' + csv_field(row.image_name) : std::string());
  }
  return fmt::to_string(text);
}

}  // namespace maskmetrics
