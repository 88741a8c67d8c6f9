/// @file
/// The usual numbers of an evaluation.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "maskmetrics/evaluate.hpp"

namespace maskmetrics {

/// One line of a summary.
struct metric {
  std::string name;   ///< "AP", "AP50", "APs", "AR@100", ...
  double value = -1;  ///< -1 where nothing counts
  std::string line;   ///< the reference's printed line, without the line break
};

/// Numbers of one category, averaged as the first lines of the summary are.
struct category_metrics {
  std::int64_t id = 0;
  std::string name;
  double ap = -1;    ///< all IoU thresholds
  double ap50 = -1;  ///< -1 where .5 is not among the thresholds
  double ap75 = -1;
  double ar = -1;
  std::uint64_t num_ground_truths = 0;
  std::uint64_t num_detections = 0;
};

struct summary {
  std::vector<metric> metrics;               ///< COCO: the twelve, in the reference's order
  std::vector<category_metrics> categories;  ///< [K]
  std::vector<warning> warnings;
};

/// The fewest max_dets that the summary of strict parity works with: the reference reads three by position.
inline constexpr std::size_t strict_summary_max_dets = 3;

/// COCO's numbers and those of each category.
///
/// strict: the twelve, equal to pycocotools `COCOeval.summarize` in every bit. AP is -1 where 100 is not among
/// max_dets, as there; the summary then carries the warning "ap_needs_max_dets_100".
///
/// corrected: the same for COCO's own protocol, and fitted to others: AP at the largest max_dets, an AR for every
/// max_dets, an AP and an AR for every area range but the main one (the one labelled "all", else the first).
///
/// @throws protocol_error in strict parity for fewer than three max_dets, where the reference fails as well
[[nodiscard]] summary summarize(evaluation const& result);

/// Numbers of each category [K] alone, in either parity: at the main area range and the largest max_dets.
[[nodiscard]] std::vector<category_metrics> summarize_categories(evaluation const& result);

}  // namespace maskmetrics
