/// @file
/// The candidate pairs of pairwise: every detection with every ground truth of its cell.
#pragma once

#include <cmath>
#include <cstdint>

#include <maskmetrics/types.hpp>
#include <maskmetrics/view.hpp>

#include "common/search.cuh"
#include "geometry.cuh"

namespace maskmetrics::MASKMETRICS_KERNELS {

/// Cells whose pairs are found together. Candidates count from the first cell on, by cell, detection, ground truth.
/// Views are in device memory.
struct candidate_cells {
  view<std::uint32_t const> detection_begin;     ///< [N+1]
  view<std::uint32_t const> ground_truth_begin;  ///< [N+1]
  view<std::uint64_t const> candidate_begin;     ///< [N+1], from 0
  std::uint32_t first_detection = 0;             ///< detection_begin[0]
  std::uint32_t num_detections = 0;
  std::uint32_t first_ground_truth = 0;
  std::uint64_t num_candidates = 0;
};

struct candidate {
  std::uint32_t detection;
  std::uint32_t ground_truth;
};

[[nodiscard]] __device__ inline candidate candidate_at(candidate_cells const& cells, std::uint64_t at) {
  std::size_t const c = group_of(cells.candidate_begin, at);
  std::uint64_t const in_cell = at - cells.candidate_begin[c];
  std::uint32_t const g_begin = cells.ground_truth_begin[c];
  std::uint32_t const num_ground_truths = cells.ground_truth_begin[c + 1] - g_begin;
  return {cells.detection_begin[c] + static_cast<std::uint32_t>(in_cell / num_ground_truths),
          g_begin + static_cast<std::uint32_t>(in_cell % num_ground_truths)};
}

/// The overlap of a candidate that cannot matter, whatever it is; below every threshold.
[[nodiscard]] __device__ inline double overlap_left_out() {
  return -INFINITY;
}

/// IoU of every candidate, of boxes. Does not wait. @param ious  [num_candidates]
void box_overlaps(candidate_cells const& cells, view<box const> detections, view<box const> ground_truths,
                  view<std::uint8_t const> flags, box_convention convention, view<double> ious, stream_ref stream);

/// How many candidates of each detection stay: those that suffice for @p lowest, and all beside a NaN. Does not wait.
/// @param counts  [num_detections]
void count_pairs(candidate_cells const& cells, view<double const> ious, double lowest, view<std::uint32_t> counts,
                 stream_ref stream);
/// Writes those that stay. Does not wait.
/// @param begin  [num_detections + 1] where a detection's pairs start; those of the first at @p first
void write_pairs(candidate_cells const& cells, view<double const> ious, double lowest, view<std::uint64_t const> begin,
                 std::uint64_t first, view<std::uint32_t> pair_ground_truths, view<double> pair_ious,
                 stream_ref stream);

/// Masks and memory for mask_overlaps().
struct mask_overlaps_input {
  candidate_cells cells;
  decoded_masks detections;                     ///< of the chunk: [0] is first_detection
  decoded_masks ground_truths;                  ///< of the chunk: [0] is first_ground_truth
  view<std::uint8_t const> ground_truth_flags;  ///< [G], all
  double lowest_iou_threshold;
};

/// IoU of every candidate that can matter, overlap_left_out() for the others (mask_pairs.cu). Does not wait.
/// @param ious      [num_candidates]
/// @param work      [num_candidates] scratch
/// @param num_work  one word, set to 0
void mask_overlaps(mask_overlaps_input const& in, view<double> ious, view<std::uint64_t> work, std::uint64_t* num_work,
                   stream_ref stream);

/// areas[d] in px, of all masks.
void mask_areas(view<device_mask const> masks, view<double> areas, stream_ref stream);

}  // namespace maskmetrics::MASKMETRICS_KERNELS
