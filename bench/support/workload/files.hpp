/// @file
/// Workloads as files.
#pragma once

#include <cstdint>
#include <filesystem>

#include "workload/scene.hpp"
#include "workload/scene_json.hpp"

namespace maskmetrics::workload {

struct written_workload {
  std::filesystem::path ground_truth;
  std::filesystem::path results;
  std::uint64_t num_annotations = 0;
  std::uint64_t num_detections = 0;
  std::uint64_t num_bytes = 0;  ///< both files
};

/// Writes gt.json and dt.json into @p folder, creating it where needed. The bytes depend on @p how and @p fields only.
/// Memory stays at a few images a thread and some 150 bytes an image. Each file appears whole or not at all.
/// @param num_threads  0 means all cores
/// @throws output_error
written_workload write_workload(settings const& how, result_fields fields, int num_threads,
                                std::filesystem::path const& folder);

}  // namespace maskmetrics::workload
