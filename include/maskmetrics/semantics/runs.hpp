/// @file
/// Runs and intervals of column-major masks: stepping through two masks, tight boxes.
#pragma once

#include <cstdint>

#include "maskmetrics/host_device.hpp"
#include "maskmetrics/types.hpp"
#include "maskmetrics/view.hpp"

namespace maskmetrics::semantics {

/// A size that masks may have: at least one pixel, and few enough that pixel indices and their sums fit 32 bits.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr bool valid_mask_size(std::uint64_t height, std::uint64_t width) {
  return height > 0 && width > 0 && height <= 0x7FFFFFFFU && width <= 0x7FFFFFFFU && height * width <= 0x7FFFFFFFU;
}

/// The tight box of a mask while its foreground runs arrive. A run that crosses into another column makes the box
/// full height; runs of length zero are passed over. Source: maskApi.c rleToBbox.
struct bounds_of_runs {
  std::uint32_t x_begin;
  std::uint32_t y_begin;
  std::uint32_t x_last = 0;
  std::uint32_t y_last = 0;
  bool any_run = false;

  MASKMETRICS_HOST_DEVICE constexpr bounds_of_runs(std::uint32_t height, std::uint32_t width)
      : x_begin(width), y_begin(height) {}

  /// Takes the foreground run [begin, end); @p end may equal @p begin.
  MASKMETRICS_HOST_DEVICE constexpr void take(std::uint32_t begin, std::uint32_t end, std::uint32_t height) {
    any_run = true;
    if (begin == end) return;
    std::uint32_t const first_column = begin / height;
    std::uint32_t const last_column = (end - 1) / height;
    take_columns(first_column, last_column, begin - first_column * height, end - 1 - last_column * height, height);
  }

  /// As take(), for a caller that knows the columns already.
  MASKMETRICS_HOST_DEVICE constexpr void take_columns(std::uint32_t first_column, std::uint32_t last_column,
                                                      std::uint32_t first_row, std::uint32_t last_row,
                                                      std::uint32_t height) {
    if (first_column < x_begin) x_begin = first_column;
    if (last_column > x_last) x_last = last_column;
    if (first_column < last_column) {
      first_row = 0;
      last_row = height - 1;
    }
    if (first_row < y_begin) y_begin = first_row;
    if (last_row > y_last) y_last = last_row;
  }

  /// The box. Without any foreground run it is all zeros; where every run had length zero the reference's unsigned
  /// arithmetic wraps, and so does this.
  [[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr box bounds() const {
    if (!any_run) return {};
    return {static_cast<double>(x_begin), static_cast<double>(y_begin), static_cast<double>(x_last - x_begin + 1U),
            static_cast<double>(y_last - y_begin + 1U)};
  }
};

/// Common pixels of two interval lists by one walk over both.
[[nodiscard]] MASKMETRICS_HOST_DEVICE inline std::uint32_t intersection_px(view<interval const> a,
                                                                           view<interval const> b) {
  std::uint32_t common = 0;
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    std::uint32_t const begin = a[i].begin > b[j].begin ? a[i].begin : b[j].begin;
    std::uint32_t const end = a[i].end < b[j].end ? a[i].end : b[j].end;
    common += end > begin ? end - begin : 0U;
    bool const first_ends = a[i].end <= b[j].end;
    i += first_ends ? 1U : 0U;
    j += first_ends ? 0U : 1U;
  }
  return common;
}

/// The run lengths of a mask, background first, read off its intervals: of every foreground run one, be it empty.
struct runs_of_intervals {
  view<interval const> foreground;
  std::uint32_t num_pixels;
  std::size_t num_runs;  ///< twice the intervals, or one more where a background run ends the mask

  [[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr std::size_t size() const { return num_runs; }
  [[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr std::uint32_t operator[](std::size_t run) const {
    std::size_t const i = run / 2;
    if (run % 2 != 0) return foreground[i].end - foreground[i].begin;
    std::uint32_t const begin = i == 0 ? 0U : foreground[i - 1].end;
    return (i < foreground.size() ? foreground[i].begin : num_pixels) - begin;
  }
};

/// Walks two masks run by run, as the reference does, and calls take(length, d_is_foreground, g_is_foreground) for
/// every common stretch, stretches of length zero included. The walk ends early where both masks have a run of length
/// zero at the same place. Source: maskApi.c rleIou, rleMerge.
/// @param d, g  run lengths, background first, at least one, as view or runs_of_intervals; both sum to the same number
///              of pixels
template <class DetectionRuns, class GroundTruthRuns, class Take>
MASKMETRICS_HOST_DEVICE void walk_runs(DetectionRuns d, GroundTruthRuns g, Take& take) {
  std::uint32_t d_left = d[0];
  std::uint32_t g_left = g[0];
  bool d_foreground = false;
  bool g_foreground = false;
  std::size_t d_next = 1;
  std::size_t g_next = 1;
  for (std::uint32_t left = 1; left > 0;) {
    std::uint32_t const step = d_left < g_left ? d_left : g_left;
    take(step, d_foreground, g_foreground);
    d_left -= step;
    if (d_left == 0 && d_next < d.size()) {
      d_left = d[d_next++];
      d_foreground = !d_foreground;
    }
    g_left -= step;
    if (g_left == 0 && g_next < g.size()) {
      g_left = g[g_next++];
      g_foreground = !g_foreground;
    }
    left = d_left + g_left;
  }
}

/// Intersection and union as the reference's run merge counts them. It equals pixel counting except where both masks
/// have a run of length zero at the same place: there the walk ends early. Source: maskApi.c rleIou.
struct merged_counts {
  std::uint32_t intersection_px = 0;
  std::uint32_t union_px = 0;

  MASKMETRICS_HOST_DEVICE constexpr void operator()(std::uint32_t step, bool d_foreground, bool g_foreground) {
    if (d_foreground || g_foreground) union_px += step;
    if (d_foreground && g_foreground) intersection_px += step;
  }
};

/// Parameters as walk_runs().
template <class DetectionRuns = view<std::uint32_t const>, class GroundTruthRuns = view<std::uint32_t const>>
[[nodiscard]] MASKMETRICS_HOST_DEVICE merged_counts merge_runs(DetectionRuns d, GroundTruthRuns g) {
  merged_counts counts;
  walk_runs(d, g, counts);
  return counts;
}

/// The runs of the union or the intersection of two masks while walk_runs() passes over them. Calls emit(length) for
/// every run, background first; finish() for the last one. Source: maskApi.c rleMerge.
template <class Emit>
struct run_merger {
  Emit emit;
  bool intersect = false;
  std::uint32_t length = 0;
  bool foreground = false;

  MASKMETRICS_HOST_DEVICE constexpr void operator()(std::uint32_t step, bool a_foreground, bool b_foreground) {
    bool const next = intersect ? a_foreground && b_foreground : a_foreground || b_foreground;
    if (next != foreground) {
      emit(length);
      length = 0;
      foreground = next;
    }
    length += step;
  }
  MASKMETRICS_HOST_DEVICE constexpr void finish() { emit(length); }
};

}  // namespace maskmetrics::semantics
