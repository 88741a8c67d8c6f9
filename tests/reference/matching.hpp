/// @file
/// Order by score and greedy matching inside one image.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace reference {

/// `np.argsort(-scores, kind='mergesort')`: best first, ties as they came, NaN last, -0.0 equal to 0.0.
[[nodiscard]] std::vector<std::size_t> score_order(std::vector<double> const& scores);

struct target {
  std::int64_t id = 1;
  double area = 0;
  bool crowd = false;
  bool ignore = false;  ///< in every area range
};

struct candidate {
  std::int64_t id = 1;
  double area = 0;
  double score = 0;
  bool ignored_unless_matched = false;
};

/// What one image, category and area range yields; [t][d] at IoU threshold t, detection d.
struct image_result {
  std::vector<double> scores;              ///< [d] best first
  std::vector<std::vector<bool>> matched;  ///< [t][d]
  std::vector<std::vector<bool>> ignored;  ///< [t][d]
  std::size_t num_counted_targets = 0;     ///< ground truth that is not ignored
  /// [t][d] the target that was taken, or none. One with id 0 is none to `matched` where the reference reads ids.
  std::vector<std::vector<std::optional<std::size_t>>> target_of;
  std::vector<std::vector<std::optional<std::size_t>>> candidate_of;  ///< [t][g] the last candidate that took it
  std::vector<std::size_t> target_order;                              ///< [g] those that count first
};

/// pycocotools `COCOeval.evaluateImg`.
/// @param candidates  best first, capped at the largest max_dets
/// @param targets  in file order
/// @param ious  [d][g]
/// @param strict  the reference's truth values of ids: a match with ground truth 0 counts as none, and a detection of
/// id
///   0 or less does not use its ground truth up
/// @param unmatched_ignored  detections without a match are ignored whatever their area (LVIS, category not
/// exhaustively
///   annotated)
[[nodiscard]] image_result evaluate_image(std::vector<candidate> const& candidates, std::vector<target> const& targets,
                                          std::vector<std::vector<double>> const& ious,
                                          std::vector<double> const& iou_thresholds, double low_area, double high_area,
                                          bool strict = true, bool unmatched_ignored = false);

/// The same by Pascal VOC's rule, VOCdevkit `VOCevaldet`: a detection looks at the ground truth that it overlaps most,
/// the first of equals. If the overlap suffices, it is a true positive where that is free, ignored where that is
/// ignored (difficult), and else false; nobody looks for a second.
[[nodiscard]] image_result evaluate_image_by_best(std::vector<candidate> const& candidates,
                                                  std::vector<target> const& targets,
                                                  std::vector<std::vector<double>> const& ious,
                                                  std::vector<double> const& iou_thresholds, double low_area,
                                                  double high_area, bool unmatched_ignored = false);

}  // namespace reference
