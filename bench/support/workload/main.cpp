#include <cstdio>
#include <exception>
#include <string>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "workload/files.hpp"

namespace {

using namespace maskmetrics::workload;

constexpr int exit_success = 0;
constexpr int exit_failure = 1;
constexpr int exit_usage = 2;

struct options {
  settings how;
  std::string results = "both";
  int num_threads = 0;
  std::string folder;
};

CLI::App* add_flavour(CLI::App& app, std::string const& name, std::string const& description,
                      std::uint32_t dets_per_image, options& chosen) {
  CLI::App* const command = app.add_subcommand(name, description);
  command->add_option("--images", chosen.how.num_images, "Images to make")
      ->check(CLI::Range(1U, 100'000'000U))
      ->default_val(100);
  command->add_option("--dets-per-image", chosen.how.dets_per_image, "Detections on every image")
      ->check(CLI::Range(0U, 100'000U))
      ->default_str(std::to_string(dets_per_image));
  command->add_option("--seed", chosen.how.seed, "The same seed gives the same bytes on every machine")->default_val(1);
  command->add_option("--results", chosen.results, "What each result carries: segm, bbox or both")
      ->check(CLI::IsMember({"segm", "bbox", "both"}))
      ->default_str("both");
  command->add_option("--threads", chosen.num_threads, "CPU threads, 0 for all cores")
      ->check(CLI::Range(0, 1024))
      ->default_val(0);
  command->add_option("OUT_DIR", chosen.folder, "Folder for gt.json and dt.json")->required();
  command->preparse_callback([&chosen, dets_per_image](std::size_t) { chosen.how.dets_per_image = dets_per_image; });
  return command;
}

result_fields parse_fields(std::string const& name) {
  return name == "segm" ? result_fields::segm : (name == "bbox" ? result_fields::bbox : result_fields::both);
}

int run(options const& chosen) {
  written_workload const written =
      write_workload(chosen.how, parse_fields(chosen.results), chosen.num_threads, chosen.folder);
  fmt::print("{}: {} images, {} annotations\n{}: {} detections\n", written.ground_truth.string(), chosen.how.num_images,
             written.num_annotations, written.results.string(), written.num_detections);
  return exit_success;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    CLI::App app("Makes scenes with the statistics of COCO or LVIS, and the detections of a fallible detector.",
                 "maskmetrics-workload");
    app.require_subcommand(1);
    options chosen;
    CLI::App const* const lvis = add_flavour(app, "lvis", "1,203 categories with a long tail", 300, chosen);
    add_flavour(app, "coco", "80 categories, crowds", 100, chosen);
    try {
      app.parse(argc, argv);
    } catch (CLI::ParseError const& problem) {
      return app.exit(problem) == 0 ? exit_success : exit_usage;
    }
    chosen.how.kind = lvis->parsed() ? flavour::lvis : flavour::coco;
    return run(chosen);
  } catch (std::exception const& problem) {
    fmt::print(stderr, "maskmetrics-workload: {}\n", problem.what());
    return exit_failure;
  }
}
