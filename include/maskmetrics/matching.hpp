/// @file
/// Stage matching: assignment for every IoU threshold and area range at once.
#pragma once

#include <cstdint>

#include "maskmetrics/host_device.hpp"
#include "maskmetrics/pairwise.hpp"

namespace maskmetrics {

/// Outcomes of one detection in one area range for up to 16 IoU thresholds: bit t is set in the low half where the
/// detection is a true positive at threshold t, in the high half where it is ignored. Neither means false positive.
using outcome_word = std::uint32_t;
inline constexpr std::uint32_t thresholds_per_outcome = 16;

/// Words that T thresholds need.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr std::uint32_t outcome_words(std::size_t num_thresholds) {
  return static_cast<std::uint32_t>((num_thresholds + thresholds_per_outcome - 1) / thresholds_per_outcome);
}

/// [low, high] in px, both ends included.
struct area_bounds {
  double low_px = 0;
  double high_px = 0;
};

/// How a detection finds its ground truth.
enum class match_rule : unsigned char {
  greedy,     ///< the largest overlap among ground truth that is free, what counts before what is ignored; COCO
  best_only,  ///< the largest overlap of all; where that one is taken there is no second choice; Pascal VOC
};

/// Equals pycocotools `COCOeval.evaluateImg` for all cells, thresholds and area ranges; with match_rule::best_only the
/// loop of VOCdevkit `VOCevaldet`, where ignored ground truth is "difficult".
struct matching_input {
  cell_index cells;
  view<double const> detection_areas;  ///< [D] px
  view<std::uint8_t const>
      detection_never_takes;  ///< [D] or empty; 1: greedy matches do not use the ground truth up (strict, id <= 0)
  view<double const> ground_truth_areas;         ///< [G] px
  view<std::uint8_t const> ground_truth_flags;   ///< [G]
  view<std::uint64_t const> pair_begin;          ///< [D+1]
  view<std::uint32_t const> pair_ground_truths;  ///< [P]
  view<double const> pair_ious;                  ///< [P]
  view<double const> iou_thresholds;             ///< [T]
  view<area_bounds const> area_ranges;           ///< [A]
  match_rule rule = match_rule::greedy;          ///< best_only reads of flags ground_truth_ignore alone
};

struct matching_output {
  view<outcome_word> outcomes;            ///< [D, A, W], W = outcome_words(T)
  view<std::uint32_t> num_ground_truths;  ///< [K, A] not ignored, the denominator of recall
};

}  // namespace maskmetrics
