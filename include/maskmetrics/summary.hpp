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
  std::vector<double> ap_by_threshold = {};  ///< [T] under VOC's rules, else empty
};

/// Average recall over all IoU thresholds and categories at one cap.
struct recall_curve_point {
  std::uint32_t max_dets = 0;
  std::vector<double> ar;  ///< [A], -1 where nothing counts
};

/// What more detections would bring: average recall over the protocol's recall_curve.
struct recall_curve {
  std::vector<std::string> area_labels;    ///< [A]
  std::vector<recall_curve_point> points;  ///< [N]
};

struct summary {
  std::vector<metric> metrics;               ///< COCO: the twelve, LVIS: the thirteen, in the reference's order; VOC
  std::vector<category_metrics> categories;  ///< [K]
  maskmetrics::recall_curve recall_curve;
  std::vector<warning> warnings;
};

/// The fewest max_dets that the summary of strict parity works with: the reference reads three by position.
inline constexpr std::size_t strict_summary_max_dets = 3;

/// Whether summarize() has an answer: strict parity needs enough max_dets under COCO's rules.
[[nodiscard]] bool can_summarize(protocol const& how);

/// COCO's or LVIS' numbers and those of each category.
///
/// LVIS' rules: the thirteen, equal to lvis-api `LVISEval.summarize` in every bit: APr, APc and APf average the
/// categories of one frequency. AP is that at the largest max_dets, and every max_dets has an AR.
///
/// VOC's rules, in either parity: "mAP@0.5" at every IoU threshold, the mean over the categories that have something to
/// find of their average precision, at the main area range and the largest max_dets; "mAP", their mean, where there are
/// several thresholds; "mAP_small" for every other area range; then "AP@0.5 person" by category and threshold.
///
/// strict: the twelve, equal to pycocotools `COCOeval.summarize` in every bit. AP is -1 where 100 is not among
/// max_dets, as there; the summary then carries the warning "ap_needs_max_dets_100".
///
/// corrected: the same for the standard protocols, and fitted to others: AP50 and AP75 where .5 and .75 are among the
/// thresholds, AP at the largest max_dets, an AR for every max_dets, an AP and an AR for every area range but the main
/// one (the one labelled "all", else the first).
///
/// @throws protocol_error in strict parity for fewer than three max_dets, where the reference fails as well
[[nodiscard]] summary summarize(evaluation const& result);

/// Numbers of each category [K] alone, in either parity: at the main area range and the largest max_dets.
[[nodiscard]] std::vector<category_metrics> summarize_categories(evaluation const& result);

/// The recall curve alone, in either parity.
[[nodiscard]] recall_curve summarize_recall_curve(evaluation const& result);

}  // namespace maskmetrics
