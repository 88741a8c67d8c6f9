#include <filesystem>

#include <maskmetrics/evaluate.hpp>
#include <maskmetrics/report.hpp>
#include <maskmetrics/summary.hpp>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/eval.hpp"
#include "cli/input.hpp"
#include "cli/lists.hpp"
#include "cli/subsets.hpp"
#include "cli/timed.hpp"
#include "cli/usage_error.hpp"

namespace maskmetrics::cli {

namespace {

/// Whether images may be asked for by name, which only the ground truth knows.
bool names_images(protocol const& how) {
  return how.rules == rule_set::voc;
}

}  // namespace

protocol eval_protocol(eval_arguments const& arguments) {
  protocol how = protocol_of(arguments.input);
  if (!arguments.max_dets.empty()) how.max_dets = parse_counts("--max-dets", arguments.max_dets);
  if (!arguments.iou_thresholds.empty()) {
    how.iou_thresholds = parse_numbers("--iou-thresholds", arguments.iou_thresholds);
  }
  if (!arguments.recall_thresholds.empty()) {
    how.recall_thresholds = parse_numbers("--recall-thresholds", arguments.recall_thresholds);
  }
  if (!arguments.area_ranges.empty()) how.area_ranges = parse_area_ranges("--area-ranges", arguments.area_ranges);
  if (!arguments.relative_area_ranges.empty()) {
    if (!arguments.area_ranges.empty()) throw usage_error("--relative-area-ranges: stands for --area-ranges, give one");
    how.area_ranges = parse_relative_area_ranges("--relative-area-ranges", arguments.relative_area_ranges);
    how.area_unit = area_unit::relative;
  }
  if (!arguments.cap.empty()) how.cap = arguments.cap == "image" ? cap_scope::image : cap_scope::category;
  if (!arguments.ar_curve.empty()) how.recall_curve = parse_counts("--ar-curve", arguments.ar_curve);
  how.use_categories = !arguments.no_categories;
  if (arguments.images && !names_images(how)) how.image_ids = parse_ids("--images", *arguments.images);
  how.validate();
  return how;
}

named_subsets::named_subsets(eval_arguments const& arguments, protocol const& how) {
  if (arguments.categories) categories = parse_names(*arguments.categories);
  if (arguments.images && names_images(how)) images = parse_names(*arguments.images);
}

void named_subsets::choose(dataset const& ground_truth, protocol& how) const {
  if (images) how.image_ids = image_ids_of(ground_truth, *images);
  if (!categories) return;
  how.category_ids.emplace();
  for (std::string const& name : *categories) {
    for (std::int64_t const id : category_ids_of(ground_truth, name)) how.category_ids->push_back(id);
  }
}

namespace {

void require_something_to_show(eval_arguments const& arguments, protocol const& how) {
  bool const other_output = !arguments.output_file.empty() || !arguments.arrays_folder.empty() ||
                            arguments.per_category || !how.recall_curve.empty();
  if (can_summarize(how) || other_output) return;
  throw usage_error(
      "--max-dets: the summary of strict parity needs three or more; name three, or use --parity corrected, "
      "--per-category, --ar-curve, --output or --arrays");
}

/// Finds out about a full house before the long work, not after it.
void require_writable(eval_arguments const& arguments, protocol const& how) {
  if (!arguments.output_file.empty()) check_writable(arguments.output_file);
  if (arguments.arrays_folder.empty()) return;
  for (std::string const& name : array_files(how)) {
    check_writable(std::filesystem::path(arguments.arrays_folder) / name);
  }
}

/// Files read and evaluated; the masks are gone when it returns.
evaluation evaluate_files(eval_arguments const& arguments, protocol how) {
  named_subsets const subsets(arguments, how);
  progress_bar bar(!arguments.input.quiet);
  context const ctx = context_of(arguments.input, bar);
  input_files const files = read_files(ctx, arguments.input, how);
  subsets.choose(files.ground_truth, how);
  evaluation result = evaluate(ctx, files.ground_truth, files.results, how);
  result.timings.insert(result.timings.begin(), files.timings.begin(), files.timings.end());
  return result;
}

summary summary_of(evaluation const& result) {
  if (can_summarize(result.protocol)) return summarize(result);
  summary numbers;
  numbers.categories = summarize_categories(result);
  numbers.recall_curve = summarize_recall_curve(result);
  numbers.warnings.push_back({"summary_needs_three_max_dets", 1,
                              "no summary: strict parity needs three or more max_dets; parity corrected takes fewer"});
  return numbers;
}

void write_files(eval_arguments const& arguments, evaluation const& result, summary const& numbers) {
  output_set files;
  if (!arguments.arrays_folder.empty()) files.add_arrays(arguments.arrays_folder, result);
  if (!arguments.output_file.empty()) files.add_text(arguments.output_file, format_json(result, numbers));
  files.commit();
}

}  // namespace

void run_eval(eval_arguments const& arguments) {
  protocol const how = eval_protocol(arguments);
  require_something_to_show(arguments, how);
  require_writable(arguments, how);
  evaluation result = evaluate_files(arguments, how);
  summary const numbers = timed(result.timings, "summarize", [&] { return summary_of(result); });
  if (!arguments.input.quiet) {
    print_warnings(result.warnings);
    print_warnings(numbers.warnings);
  }
  write_files(arguments, result, numbers);
  std::string text = format_summary(numbers);
  std::string const curve = format_recall_curve(numbers.recall_curve);
  if (!curve.empty()) text += (text.empty() ? "" : "\n") + curve;
  if (arguments.per_category) text += (text.empty() ? "" : "\n") + format_categories(numbers);
  print_result(text);
}

}  // namespace maskmetrics::cli
