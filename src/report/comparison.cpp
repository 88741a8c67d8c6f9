#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include <maskmetrics/report.hpp>

#include "report/display.hpp"

namespace maskmetrics {

namespace {

constexpr std::size_t metric_width = 7;

/// The metrics that the results have; all that succeeded have the same ones.
std::vector<metric> const& columns_of(std::vector<compared_result> const& results) {
  static std::vector<metric> const none;
  auto const first = std::find_if(results.begin(), results.end(), [](auto const& one) { return one.error.empty(); });
  return first == results.end() ? none : first->metrics;
}

/// A cell of a Markdown table.
std::string escaped(std::string const& text) {
  std::string out;
  for (char const c : report::printable(text)) {
    if (c == '|' || c == '\\' || c == '<' || c == '*' || c == '_' || c == '`') out += '\\';
    out += c;
  }
  return out;
}

std::string quoted(std::string const& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (char const c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

}  // namespace

void sort_compared(std::vector<compared_result>& results) {
  auto const key = [](compared_result const& one) {
    double const value = one.metrics.empty() ? -1 : one.metrics.front().value;
    return std::tuple<bool, double, std::string const&>(!one.error.empty(), -value, one.name);
  };
  std::stable_sort(results.begin(), results.end(), [&](auto const& x, auto const& y) { return key(x) < key(y); });
}

std::string format_comparison(std::vector<compared_result> const& results) {
  std::size_t width = std::string_view("results").size();
  for (compared_result const& one : results) {
    width = std::max(width, report::display_width(report::printable(one.name)));
  }
  fmt::memory_buffer text;
  auto const out = fmt::appender(text);
  fmt::format_to(out, "{:<{}}", "results", width);
  for (metric const& column : columns_of(results)) fmt::format_to(out, "  {:>{}}", column.name, metric_width);
  fmt::format_to(out, "\n");
  for (compared_result const& one : results) {
    fmt::format_to(out, "{:<{}}", report::printable(one.name), width);
    for (metric const& cell : one.metrics) {
      std::size_t const cell_width = std::max(metric_width, cell.name.size());
      fmt::format_to(out, "  {:>{}}", report::metric_cell(cell.value), cell_width);
    }
    if (!one.error.empty()) fmt::format_to(out, "  error: {}", report::printable(one.error));
    fmt::format_to(out, "\n");
  }
  return fmt::to_string(text);
}

std::string format_comparison_markdown(std::vector<compared_result> const& results) {
  std::vector<metric> const& columns = columns_of(results);
  bool const any_error =
      std::any_of(results.begin(), results.end(), [](auto const& one) { return !one.error.empty(); });
  std::string text = "| results |";
  std::string rule = "\n|---|";
  for (metric const& column : columns) {
    text += fmt::format(" {} |", escaped(column.name));
    rule += "---:|";
  }
  if (any_error) {
    text += " error |";
    rule += "---|";
  }
  text += rule + '\n';
  for (compared_result const& one : results) {
    text += fmt::format("| {} |", escaped(one.name));
    for (std::size_t i = 0; i < columns.size(); ++i) {
      text += i < one.metrics.size() ? fmt::format(" {} |", report::metric_cell(one.metrics[i].value)) : " |";
    }
    if (any_error) text += one.error.empty() ? " |" : fmt::format(" {} |", escaped(one.error));
    text += '\n';
  }
  return text;
}

std::string format_comparison_csv(std::vector<compared_result> const& results) {
  std::vector<metric> const& columns = columns_of(results);
  std::string text = "results,file";
  for (metric const& column : columns) text += ',' + quoted(column.name);
  text += ",error\n";
  for (compared_result const& one : results) {
    text += quoted(one.name) + ',' + quoted(one.file);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      text += i < one.metrics.size() ? fmt::format(",{}", one.metrics[i].value) : ",";
    }
    text += ',' + quoted(one.error) + '\n';
  }
  return text;
}

}  // namespace maskmetrics
