/// @file
/// The command line as it was typed. What the texts mean is decided later, by the command.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace maskmetrics::cli {

/// What all commands take.
struct input_arguments {
  std::string ground_truth_file;
  std::string results_file;
  std::string protocol = "coco";
  std::string iou;                       ///< empty: segm; for voc bbox
  std::optional<double> dilation_ratio;  ///< absent: the protocol's own
  std::string interpolation;             ///< empty: the protocol's own; so for the next
  std::string box_convention;
  std::string box_layout;     ///< empty: xywh
  std::string box_units;      ///< empty: pixels, unless boxes look relative
  std::string dt_box_layout;  ///< empty: as box_layout; so for the next
  std::string dt_box_units;
  std::string dt_score;     ///< empty: first, where boxes are in pixels
  std::string image_sizes;  ///< a file or folder; empty: none
  std::string parity = "strict";
  std::string device = "auto";
  int threads = 0;
  bool quiet = false;
};

struct eval_arguments {
  input_arguments input;
  std::string max_dets;  ///< empty: the protocol's own; so for the next five
  std::string iou_thresholds;
  std::string recall_thresholds;
  std::string area_ranges;
  std::string relative_area_ranges;
  std::string cap;
  std::string ar_curve;  ///< empty: none
  bool no_categories = false;
  std::optional<std::string> images;
  std::optional<std::string> categories;
  bool per_category = false;
  std::string output_file;
  std::string arrays_folder;
};

struct explain_arguments {
  input_arguments input;
  std::string category;
  double iou_threshold = 0.5;
  std::string area_range = "all";
  std::optional<std::uint32_t> max_dets;  ///< absent: the protocol's own
  std::string csv_file;
};

struct sweep_arguments {
  eval_arguments eval;                     ///< but for its files, which a sweep has others for
  std::vector<std::string> results_files;  ///< names, patterns, lists
  std::string output_folder;
  bool again = false;
};

/// Adds the subcommand "eval" to @p app. The parser writes into @p arguments.
CLI::App* add_eval(CLI::App& app, eval_arguments& arguments);
CLI::App* add_explain(CLI::App& app, explain_arguments& arguments);
CLI::App* add_sweep(CLI::App& app, sweep_arguments& arguments);

}  // namespace maskmetrics::cli
