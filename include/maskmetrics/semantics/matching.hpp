/// @file
/// One matching step and what a match means. Sources: cocoeval.py evaluateImg; VOCdevkit VOCevaldet.m.
#pragma once

#include <cstdint>

#include "maskmetrics/host_device.hpp"
#include "maskmetrics/semantics/area_range.hpp"

namespace maskmetrics::semantics {

/// A threshold as the search starts from it: an overlap of exactly 1 must match at threshold 1 despite rounding.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr double starting_iou(double iou_threshold) {
  double const almost_one = 1 - 1e-10;
  return almost_one < iou_threshold ? almost_one : iou_threshold;
}

/// True where the overlap suffices. Written with !(<) as the reference is: NaN suffices.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr bool suffices(double iou, double best_so_far) {
  return !(iou < best_so_far);
}

/// The search for the ground truth of one detection at one threshold. Candidates must come with those that count
/// first and the ignored ones last, each group in file order.
struct match_search {
  double best_iou;
  std::int64_t best = -1;  ///< candidate taken, -1 for none
  bool best_ignored = false;

  MASKMETRICS_HOST_DEVICE constexpr explicit match_search(double iou_threshold)
      : best_iou(starting_iou(iou_threshold)) {}

  /// Looks at the next candidate. Of equal overlaps the last wins.
  /// @param taken  already matched at this threshold
  /// @param crowd  may be matched again
  /// @return false where the search is over: a ground truth that counts is held and only ignored ones follow
  MASKMETRICS_HOST_DEVICE constexpr bool consider(std::int64_t candidate, double iou, bool ignored, bool taken,
                                                  bool crowd) {
    if (taken && !crowd) return true;
    if (best >= 0 && !best_ignored && ignored) return false;
    if (suffices(iou, best_iou)) {
      best_iou = iou;
      best = candidate;
      best_ignored = ignored;
    }
    return true;
  }
};

/// The search of Pascal VOC: the ground truth of the largest overlap, taken or not, for every threshold at once.
/// Candidates come in file order; of equal overlaps the first stays. No overlap and NaN are never the largest, so that
/// pairs below every threshold may be left out. Source: VOCevaldet.m (ovmax, jmax).
struct best_search {
  double best_iou = 0;
  std::int64_t best = -1;  ///< candidate found, -1 for none

  MASKMETRICS_HOST_DEVICE constexpr void consider(std::int64_t candidate, double iou) {
    if (!(iou > best_iou)) return;
    best_iou = iou;
    best = candidate;
  }
  /// Whether it matches at a threshold.
  [[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr bool matches(double iou_threshold) const {
    return best >= 0 && best_iou >= iou_threshold;
  }
};

/// What a detection counts as at one threshold in one area range.
enum class outcome : unsigned char { false_positive, true_positive, ignored };

/// @param matched          a ground truth was found
/// @param match_counts     false for a ground truth whose id the reference reads as "no match" (id 0, strict parity)
/// @param match_ignored    the ground truth is ignored
/// @param unmatched_ignored  the detection is to be ignored if nothing matched: its area is outside the range, or the
///                         category is not annotated exhaustively in this image
/// Source: cocoeval.py evaluateImg (dtIg) and accumulate (tps, fps).
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr outcome outcome_of(bool matched, bool match_counts, bool match_ignored,
                                                                   bool unmatched_ignored) {
  if (matched && match_ignored) return outcome::ignored;
  if (matched && match_counts) return outcome::true_positive;
  return unmatched_ignored ? outcome::ignored : outcome::false_positive;
}

/// The same under Pascal VOC's rule, which has no second choice: a best ground truth that is taken makes the detection
/// a false positive, one that is ignored (difficult) makes it count as nothing. Source: VOCevaldet.m (tp, fp).
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr outcome outcome_of_best(bool matches, bool taken, bool ignored,
                                                                        bool unmatched_ignored) {
  return outcome_of(matches && (ignored || !taken), true, ignored, unmatched_ignored);
}

}  // namespace maskmetrics::semantics
