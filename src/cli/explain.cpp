#include <algorithm>

#include <maskmetrics/evaluate.hpp>
#include <maskmetrics/report.hpp>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/input.hpp"
#include "cli/lists.hpp"
#include "cli/subsets.hpp"
#include "cli/usage_error.hpp"

namespace maskmetrics::cli {

namespace {

constexpr char const* standard_output = "-";

/// One of the standard ranges by label, or a range of one's own.
area_range chosen_area_range(protocol const& standard, std::string const& text) {
  auto const named = std::find_if(standard.area_ranges.begin(), standard.area_ranges.end(),
                                  [&](area_range const& range) { return range.label == text; });
  if (named != standard.area_ranges.end()) return *named;
  std::vector<area_range> ranges = parse_area_ranges("--area-range", text);
  if (ranges.size() != 1) throw usage_error("--area-range: takes one range, got '" + text + "'");
  if (text.find('=') == std::string::npos) ranges.front().label = text;
  return ranges.front();
}

protocol explain_protocol(explain_arguments const& arguments) {
  protocol how = protocol_of(arguments.input);
  how.iou_thresholds = {arguments.iou_threshold};
  how.area_ranges = {chosen_area_range(how, arguments.area_range)};
  how.max_dets = {arguments.max_dets.value_or(how.max_dets.back())};
  how.validate();
  return how;
}

ranked_category ranked(explain_arguments const& arguments, protocol const& how) {
  progress_bar bar(!arguments.input.quiet);
  context const ctx = context_of(arguments.input, bar);
  input_files const files = read_files(ctx, arguments.input, how);
  if (!arguments.input.quiet) {
    bar.erase();
    print_warnings(files.ground_truth.warnings);
    print_warnings(files.results.warnings);
  }
  return rank_category(ctx, files.ground_truth, files.results, how,
                       category_id_of(files.ground_truth, arguments.category));
}

}  // namespace

void run_explain(explain_arguments const& arguments) {
  protocol const how = explain_protocol(arguments);
  bool const csv_file = !arguments.csv_file.empty() && arguments.csv_file != standard_output;
  if (csv_file) check_writable(arguments.csv_file);
  ranked_category const table = ranked(arguments, how);
  if (csv_file) write_text(arguments.csv_file, format_ranked_csv(table));
  print_result(arguments.csv_file == standard_output ? format_ranked_csv(table) : format_ranked(table));
}

}  // namespace maskmetrics::cli
