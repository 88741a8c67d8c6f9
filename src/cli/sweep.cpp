#include <filesystem>
#include <future>
#include <optional>
#include <set>
#include <stdexcept>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <maskmetrics/error.hpp>
#include <maskmetrics/ingest.hpp>
#include <maskmetrics/prepared_ground_truth.hpp>
#include <maskmetrics/report.hpp>
#include <maskmetrics/version.hpp>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/eval.hpp"
#include "cli/file_patterns.hpp"
#include "cli/input.hpp"
#include "cli/interrupt.hpp"
#include "cli/lists.hpp"
#include "cli/sweep_names.hpp"
#include "cli/sweep_progress.hpp"
#include "cli/sweep_state.hpp"
#include "cli/timed.hpp"
#include "cli/usage_error.hpp"

namespace maskmetrics::cli {

namespace {

namespace fs = std::filesystem;

/// A results file on its way to a row of the table.
struct swept_file {
  std::string shown;
  std::string identity;
  std::string name;
  fs::path report;
};

struct loaded_results {
  file_stamp stamp;
  std::optional<detections> results;
  std::string error;  ///< why there are none
  std::vector<stage_time> timings;
};

/// Reads one file while another one is evaluated.
class read_ahead {
public:
  read_ahead(context ctx, prepared_ground_truth const& ground_truth, ingest_options options)
      : ctx_(std::move(ctx)), ground_truth_(ground_truth), options_(std::move(options)) {
    ctx_.progress = {};
  }

  void start(swept_file const& file) {
    next_ = std::async(std::launch::async, [this, shown = file.shown] { return load(shown); });
  }

  [[nodiscard]] loaded_results take(sweep_progress& progress) {
    while (next_.wait_for(progress_bar::redraw_interval) != std::future_status::ready) progress.tick();
    return next_.get();
  }

private:
  [[nodiscard]] loaded_results load(std::string const& file) const {
    loaded_results loaded;
    loaded.stamp = file_stamp::of(file);
    try {
      loaded.results = timed(loaded.timings, "read_results",
                             [&] { return load_detections(ctx_, file, ground_truth_.data(), options_); });
    } catch (std::exception const& failure) {
      loaded.error = failure.what();
    }
    return loaded;
  }

  context ctx_;
  prepared_ground_truth const& ground_truth_;
  ingest_options options_;
  std::future<loaded_results> next_;
};

std::string names_text(std::optional<std::vector<std::string>> const& names) {
  return names ? fmt::format("{}", fmt::join(*names, "\n")) : "all";
}

/// How boxes are read; empty where nothing was chosen.
std::string boxes_text(input_arguments const& input) {
  std::string const chosen = input.box_layout + input.box_units + input.dt_box_layout + input.dt_box_units +
                             input.dt_score + input.image_sizes;
  if (chosen.empty()) return {};
  file_stamp const sizes = file_stamp::of(input.image_sizes);
  return fmt::format("boxes {} {}, dt {} {}, score {}\nimage sizes {} {} {}\n", input.box_layout, input.box_units,
                     input.dt_box_layout, input.dt_box_units, input.dt_score, input.image_sizes, sizes.bytes,
                     sizes.modified);
}

/// Everything but the results file that decides a result.
std::string key_of(sweep_arguments const& arguments, protocol const& how, named_subsets const& subsets) {
  std::string const file = fs::weakly_canonical(fs::absolute(arguments.eval.input.ground_truth_file)).string();
  file_stamp const stamp = file_stamp::of(file);
  return fmt::format("version {}\nground truth {} {} {}\nparameters {}\ncategories {}\nimages {}\n{}", version(), file,
                     stamp.bytes, stamp.modified, format_parameters(how), names_text(subsets.categories),
                     names_text(subsets.images), boxes_text(arguments.eval.input));
}

class sweep {
public:
  explicit sweep(sweep_arguments const& arguments)
      : arguments_(arguments),
        folder_(arguments.output_folder),
        how_(eval_protocol(arguments.eval)),
        subsets_(arguments.eval, how_) {
    if (!can_summarize(how_)) {
      throw usage_error(
          "--max-dets: the summary of strict parity needs three or more; name three, or use --parity corrected");
    }
    std::vector<named_file> const found = expand_files("--dt", arguments.results_files);
    state_.emplace(state_file(), key_of(arguments, how_, subsets_));
    input_arguments const& input = arguments.eval.input;
    bool const inputs_are_files = file_stamp::of(input.ground_truth_file).regular &&
                                  (input.image_sizes.empty() || file_stamp::of(input.image_sizes).regular);
    if (arguments.again || !inputs_are_files) state_->forget_results();
    name_reports(found);
    check_outputs();
  }

  void run() {
    std::vector<swept_file> pending;
    for (swept_file const& file : files_) {
      finished_result const* const finished = state_->find(file.identity, file.report);
      if (finished == nullptr) {
        pending.push_back(file);
      } else {
        rows_.push_back({file.name, file.shown, finished->metrics, {}});
      }
    }
    if (!pending.empty()) evaluate_all(pending);
    sort_compared(rows_);
    write_table();
    print_result(format_comparison(rows_));
    if (num_failed_ != 0) {
      throw std::runtime_error(
          fmt::format("{} of {} results files could not be evaluated", num_failed_, files_.size()));
    }
  }

private:
  [[nodiscard]] fs::path state_file() const { return folder_ / ".maskmetrics-sweep"; }
  [[nodiscard]] fs::path table_file(char const* ending) const { return folder_ / (std::string("table.") + ending); }
  [[nodiscard]] bool quiet() const { return arguments_.eval.input.quiet; }

  void name_reports(std::vector<named_file> const& found) {
    std::vector<fs::path> identities;
    for (named_file const& file : found) identities.push_back(file.identity);
    std::vector<std::string> const names = report_names(identities, state_->names());
    for (std::size_t i = 0; i < found.size(); ++i) {
      std::string const identity = identities[i].string();
      state_->set_name(identity, names[i]);
      files_.push_back({found[i].shown, identity, names[i], folder_ / (names[i] + ".json")});
    }
  }

  /// Finds out about a full house before the long work, and lets no input be overwritten.
  void check_outputs() const {
    std::vector<fs::path> inputs = {arguments_.eval.input.ground_truth_file};
    for (swept_file const& file : files_) inputs.emplace_back(file.identity);
    std::vector<fs::path> outputs = {table_file("csv"), table_file("md"), state_file()};
    for (swept_file const& file : files_) outputs.push_back(file.report);
    std::set<fs::path> input_identities;
    for (fs::path const& input : inputs) input_identities.insert(fs::weakly_canonical(fs::absolute(input)));
    for (fs::path const& output : outputs) {
      if (input_identities.contains(fs::weakly_canonical(fs::absolute(output)))) {
        throw usage_error(fmt::format("--output: {} is an input; name another folder", output.string()));
      }
      check_writable(output);
    }
  }

  void evaluate_all(std::vector<swept_file> const& pending) {
    progress_bar bar(!quiet());
    context ctx = context_of(arguments_.eval.input, bar);
    ingest_options const options = options_of(ctx, arguments_.eval.input, how_);
    dataset data = load_dataset(ctx, arguments_.eval.input.ground_truth_file, options);
    subsets_.choose(data, how_);
    prepared_ground_truth const ground_truth(ctx, std::move(data), how_);
    std::uint64_t num_bytes = 0;
    for (swept_file const& file : pending) num_bytes += file_stamp::of(file.identity).bytes;
    sweep_progress progress(bar, pending.size(), num_bytes);
    if (ctx.progress) ctx.progress = progress.callback();

    read_ahead reader(ctx, ground_truth, options);
    reader.start(pending.front());
    for (std::size_t i = 0; i < pending.size(); ++i) {
      progress.start(pending[i].name);
      loaded_results loaded = reader.take(progress);
      if (i + 1 < pending.size()) reader.start(pending[i + 1]);
      std::uint64_t const bytes = loaded.stamp.bytes;
      evaluate_one(ctx, ground_truth, pending[i], std::move(loaded), bar);
      progress.finish(bytes);
    }
  }

  void evaluate_one(context const& ctx, prepared_ground_truth const& ground_truth, swept_file const& file,
                    loaded_results loaded, progress_bar& bar) {
    std::optional<evaluation> result;
    if (loaded.results) {
      try {
        result = evaluate(ctx, ground_truth, *loaded.results);
      } catch (std::exception const& failure) {
        loaded.error = failure.what();
      }
      loaded.results.reset();
    }
    if (!result) {
      ++num_failed_;
      rows_.push_back({file.name, file.shown, {}, loaded.error});
      bar.erase();
      print_error(loaded.error);
      return;
    }
    result->timings.insert(result->timings.begin(), loaded.timings.begin(), loaded.timings.end());
    summary const numbers = timed(result->timings, "summarize", [&] { return summarize(*result); });
    show_warnings(result->warnings, bar);
    show_warnings(numbers.warnings, bar);
    rows_.push_back({file.name, file.shown, numbers.metrics, {}});
    write_report(file, loaded.stamp, format_json(*result, numbers), numbers.metrics);
  }

  /// What is true of the ground truth is said once, not once a file.
  void show_warnings(std::vector<warning> const& warnings, progress_bar& bar) {
    if (quiet()) return;
    std::vector<warning> fresh;
    for (warning const& one : warnings) {
      if (shown_warnings_.insert({one.code, one.count, one.message}).second) fresh.push_back(one);
    }
    if (fresh.empty()) return;
    bar.erase();
    print_warnings(fresh);
  }

  void write_report(swept_file const& file, file_stamp const& stamp, std::string const& report,
                    std::vector<metric> const& metrics) {
    state_->add(file.identity, {stamp, hash_of(report), metrics});
    output_shield const shield;
    output_set files;
    files.add_text(file.report, report);
    files.add_text(state_file(), state_->text());
    files.commit();
  }

  void write_table() const {
    output_shield const shield;
    output_set files;
    files.add_text(table_file("csv"), format_comparison_csv(rows_));
    files.add_text(table_file("md"), format_comparison_markdown(rows_));
    files.commit();
  }

  sweep_arguments const& arguments_;
  fs::path folder_;
  protocol how_;
  named_subsets subsets_;
  std::optional<sweep_state> state_;
  std::vector<swept_file> files_;
  std::vector<compared_result> rows_;
  std::set<std::tuple<std::string, std::uint64_t, std::string>> shown_warnings_;
  std::size_t num_failed_ = 0;
};

}  // namespace

void run_sweep(sweep_arguments const& arguments) {
  interruptible const scope("maskmetrics: stopped; the same command goes on from here\n");
  sweep(arguments).run();
}

}  // namespace maskmetrics::cli
