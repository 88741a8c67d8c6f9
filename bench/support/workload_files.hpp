/// @file
/// Generated ground truth and results as files, for benches of reading and of whole evaluations.
#pragma once

#include <cstdint>
#include <filesystem>

#include "workload/scene.hpp"

namespace bench {

/// A folder of its own with gt.json and dt.json, gone when this is.
class workload_files {
public:
  /// Results carry boxes and masks.
  explicit workload_files(maskmetrics::workload::settings const& how);
  ~workload_files();
  workload_files(workload_files const&) = delete;
  workload_files& operator=(workload_files const&) = delete;

  [[nodiscard]] std::filesystem::path ground_truth() const { return folder_ / "gt.json"; }
  [[nodiscard]] std::filesystem::path results() const { return folder_ / "dt.json"; }
  [[nodiscard]] std::uint64_t num_annotations() const { return num_annotations_; }
  [[nodiscard]] std::uint64_t num_detections() const { return num_detections_; }

private:
  std::filesystem::path folder_;
  std::uint64_t num_annotations_ = 0;
  std::uint64_t num_detections_ = 0;
};

/// Writes a JSON file again with a line break and spaces behind every comma and bracket, as people's tools do.
void indent_json(std::filesystem::path const& from, std::filesystem::path const& to);

}  // namespace bench
