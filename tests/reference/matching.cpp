#include "reference/matching.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

namespace reference {

std::vector<std::size_t> score_order(std::vector<double> const& scores) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (std::isnan(scores[a])) return false;
    return std::isnan(scores[b]) || scores[a] > scores[b];
  });
  return order;
}

namespace {

bool outside(double area, double low, double high) {
  return area < low || area > high;
}

}  // namespace

image_result evaluate_image(std::vector<candidate> const& candidates, std::vector<target> const& targets,
                            std::vector<std::vector<double>> const& ious, std::vector<double> const& iou_thresholds,
                            double low_area, double high_area, bool strict, bool unmatched_ignored) {
  std::vector<bool> ignored_target;
  for (target const& g : targets) ignored_target.push_back(g.ignore || outside(g.area, low_area, high_area));
  std::vector<std::size_t> real_first;
  for (std::size_t g = 0; g < targets.size(); ++g) {
    if (!ignored_target[g]) real_first.push_back(g);
  }
  std::size_t const num_real = real_first.size();
  for (std::size_t g = 0; g < targets.size(); ++g) {
    if (ignored_target[g]) real_first.push_back(g);
  }

  image_result result;
  result.num_counted_targets = num_real;
  result.target_order = real_first;
  for (candidate const& d : candidates) result.scores.push_back(d.score);
  for (double const threshold : iou_thresholds) {
    std::vector<bool> taken(targets.size());
    std::vector<bool> matched;
    std::vector<bool> ignored;
    std::vector<std::optional<std::size_t>> target_of;
    std::vector<std::optional<std::size_t>> candidate_of(targets.size());
    for (std::size_t d = 0; d < candidates.size(); ++d) {
      double best_iou = std::min(threshold, 1 - 1e-10);
      std::optional<std::size_t> best;
      for (std::size_t const g : real_first) {
        if (taken[g] && !targets[g].crowd) continue;
        if (best && !ignored_target[*best] && ignored_target[g]) break;
        if (ious[d][g] < best_iou) continue;  // a tie goes to the later one, and NaN is never less
        best_iou = ious[d][g];
        best = g;
      }
      bool is_matched = false;
      bool is_ignored = false;
      if (best) {
        is_matched = !(strict && targets[*best].id == 0);
        is_ignored = ignored_target[*best];
        if (!(strict && candidates[d].id <= 0)) taken[*best] = true;
        candidate_of[*best] = d;
      }
      bool const ignored_if_unmatched =
          unmatched_ignored || candidates[d].ignored_unless_matched || outside(candidates[d].area, low_area, high_area);
      if (!is_matched && ignored_if_unmatched) is_ignored = true;
      target_of.push_back(best);
      matched.push_back(is_matched);
      ignored.push_back(is_ignored);
    }
    result.matched.push_back(matched);
    result.ignored.push_back(ignored);
    result.target_of.push_back(target_of);
    result.candidate_of.push_back(candidate_of);
  }
  return result;
}

image_result evaluate_image_by_best(std::vector<candidate> const& candidates, std::vector<target> const& targets,
                                    std::vector<std::vector<double>> const& ious,
                                    std::vector<double> const& iou_thresholds, double low_area, double high_area,
                                    bool unmatched_ignored) {
  image_result result;
  std::vector<bool> difficult;
  for (target const& g : targets) {
    difficult.push_back(g.ignore || outside(g.area, low_area, high_area));
    if (!difficult.back()) ++result.num_counted_targets;
  }
  for (candidate const& d : candidates) result.scores.push_back(d.score);
  for (double const threshold : iou_thresholds) {
    std::vector<bool> taken(targets.size());
    std::vector<bool> true_positive(candidates.size());
    std::vector<bool> ignored(candidates.size());
    for (std::size_t d = 0; d < candidates.size(); ++d) {
      double largest = 0;
      std::optional<std::size_t> best;
      for (std::size_t g = 0; g < targets.size(); ++g) {
        if (ious[d][g] > largest) {
          largest = ious[d][g];
          best = g;
        }
      }
      bool false_positive = true;
      if (best && largest >= threshold) {
        false_positive = !difficult[*best] && taken[*best];
        true_positive[d] = !difficult[*best] && !taken[*best];
        ignored[d] = difficult[*best];
        taken[*best] = true;
      }
      bool const outside_range = outside(candidates[d].area, low_area, high_area);
      if (false_positive && (unmatched_ignored || candidates[d].ignored_unless_matched || outside_range)) {
        ignored[d] = true;
      }
    }
    result.matched.push_back(true_positive);
    result.ignored.push_back(ignored);
  }
  return result;
}

}  // namespace reference
