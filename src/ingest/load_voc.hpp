/// @file
/// Data sets and detections from the files of Pascal VOC.
#pragma once

#include <filesystem>

#include <maskmetrics/ingest.hpp>

namespace maskmetrics::ingest {

/// Whether a path means files of Pascal VOC and not JSON: a folder, or what should be one.
[[nodiscard]] bool is_voc_ground_truth(std::filesystem::path const& path);
[[nodiscard]] bool is_voc_results(std::filesystem::path const& path);

/// load_dataset() for what is_voc_ground_truth().
[[nodiscard]] dataset read_voc_dataset(context const& ctx, std::filesystem::path const& folder,
                                       ingest_options const& options);

/// load_detections() for what is_voc_results().
[[nodiscard]] detections read_voc_detections(context const& ctx, std::filesystem::path const& path,
                                             dataset const& ground_truth, ingest_options const& options);

}  // namespace maskmetrics::ingest
