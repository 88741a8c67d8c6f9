#include "reference/overlap.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace reference {

double box_iou(box const& detection, box const& ground_truth, bool crowd) {
  double const width = std::fmin(detection.width + detection.x, ground_truth.width + ground_truth.x) -
                       std::fmax(detection.x, ground_truth.x);
  if (width <= 0) return 0;
  double const height = std::fmin(detection.height + detection.y, ground_truth.height + ground_truth.y) -
                        std::fmax(detection.y, ground_truth.y);
  if (height <= 0) return 0;
  double const intersection = width * height;
  double const detection_area = detection.width * detection.height;
  double const ground_truth_area = ground_truth.width * ground_truth.height;
  double const denominator = crowd ? detection_area : (detection_area + ground_truth_area) - intersection;
  return intersection / denominator;
}

double inclusive_box_iou(box const& detection, box const& ground_truth) {
  double const left = std::fmax(detection.x, ground_truth.x);
  double const top = std::fmax(detection.y, ground_truth.y);
  double const right = std::fmin(detection.x + detection.width, ground_truth.x + ground_truth.width);
  double const bottom = std::fmin(detection.y + detection.height, ground_truth.y + ground_truth.height);
  double const columns = right - left + 1;
  double const rows = bottom - top + 1;
  if (columns > 0 && rows > 0) {
    double const detection_area = (detection.width + 1) * (detection.height + 1);
    double const ground_truth_area = (ground_truth.width + 1) * (ground_truth.height + 1);
    return columns * rows / (detection_area + ground_truth_area - columns * rows);
  }
  return 0;
}

namespace {

/// Pixel positions at which a code has an end of run whose next run is empty. Of the runs that end at one position only
/// the first counts.
std::set<std::size_t> ends_before_empty_run(rle const& code) {
  std::set<std::size_t> seen;
  std::set<std::size_t> found;
  std::size_t position = 0;
  for (std::size_t run = 0; run < code.counts.size(); ++run) {
    position += code.counts[run];
    bool const first_here = seen.insert(position).second;
    if (first_here && run + 1 < code.counts.size() && code.counts[run + 1] == 0) found.insert(position);
  }
  return found;
}

/// Where the reference's walk over both codes stops: at the end, or at the first position where both meet an empty run.
std::size_t end_of_walk(rle const& a, rle const& b) {
  std::set<std::size_t> const ends_b = ends_before_empty_run(b);
  for (std::size_t const position : ends_before_empty_run(a)) {
    if (ends_b.contains(position)) return position;
  }
  return std::size_t{a.height} * a.width;
}

}  // namespace

double mask_iou(rle const& detection, rle const& ground_truth, bool crowd) {
  double const gate = box_iou(tight_box(detection), tight_box(ground_truth), crowd);
  if (gate <= 0) return gate;
  if (detection.height != ground_truth.height || detection.width != ground_truth.width) return -1;
  mask const d = decode(detection);
  mask const g = decode(ground_truth);
  std::uint32_t intersection = 0;
  std::uint32_t either = 0;
  std::size_t const end = end_of_walk(detection, ground_truth);
  for (std::size_t i = 0; i < end; ++i) {
    if (d.pixels[i] != 0 && g.pixels[i] != 0) ++intersection;
    if (d.pixels[i] != 0 || g.pixels[i] != 0) ++either;
  }
  if (intersection == 0) return 0;
  std::uint32_t const denominator = crowd ? area(detection) : either;
  return static_cast<double>(intersection) / static_cast<double>(denominator);
}

}  // namespace reference
