#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "reference/accumulate.hpp"
#include "reference/matching.hpp"
#include "support/backends.hpp"
#include "support/cells.hpp"

namespace {

using maskmetrics::outcome_word;
using support::backend_under_test;
using support::cell_layout;
using support::placed;
using support::random_source;

struct matching_case {
  cell_layout cells;
  std::vector<double> detection_areas;
  std::vector<std::uint8_t> never_takes;  ///< or empty
  std::vector<double> ground_truth_areas;
  std::vector<std::uint8_t> flags;
  std::vector<std::vector<double>> ious;  ///< [d][g within the cell]
  std::vector<double> iou_thresholds;
  std::vector<maskmetrics::area_bounds> area_ranges;
  std::vector<std::uint64_t> pair_begin = {0};
  std::vector<std::uint32_t> pair_ground_truths;
  std::vector<double> pair_ious;
  maskmetrics::match_rule rule = maskmetrics::match_rule::greedy;
};

double random_area(random_source& random) {
  if (random.chance(.03)) return std::numeric_limits<double>::quiet_NaN();
  return random.pick(std::vector<double>{0, 10, 50, 50.5, 1024, 1024, 9216, 20000, random.unit() * 2000});
}

double random_iou(random_source& random, std::uint32_t kind) {
  if (kind == 1) return random.below(5) / 4.;  // many ties
  if (kind == 2) return .75;
  if (kind == 3 && random.chance(.1)) return std::numeric_limits<double>::quiet_NaN();
  if (kind == 3 && random.chance(.2)) return -1;
  return random.chance(.5) ? 0 : random.unit();
}

std::vector<double> random_thresholds(random_source& random) {
  if (random.chance(.4)) return reference::linspace(.5, .95, 10);
  std::vector<double> thresholds;
  for (std::uint32_t t = random.chance(.3) ? random.between(15, 50) : random.between(1, 4); t > 0; --t) {
    thresholds.push_back(random.pick(std::vector<double>{-1.5, -1, 0, .25, .5, .75, 1, 1.5, random.unit()}));
  }
  return thresholds;
}

std::uint8_t random_ground_truth_flags(random_source& random) {
  unsigned flags = 0;
  if (random.chance(.2)) flags |= maskmetrics::ground_truth_crowd | maskmetrics::ground_truth_ignore;
  if (random.chance(.1)) flags |= maskmetrics::ground_truth_ignore;
  if (random.chance(.1)) flags |= maskmetrics::ground_truth_id_zero;
  return static_cast<std::uint8_t>(flags);
}

/// Pairs below every threshold are left out now and then, as pairwise does.
void make_pairs(random_source& random, matching_case& one) {
  double const lowest = *std::min_element(one.iou_thresholds.begin(), one.iou_thresholds.end());
  double const start = std::min(lowest, 1 - 1e-10);
  double const left_out = random.pick(std::vector<double>{0, .5, 1});
  for (std::vector<double> const& row : one.ious) {
    bool const any_nan = std::any_of(row.begin(), row.end(), [](double iou) { return std::isnan(iou); });
    for (std::uint32_t g = 0; g < row.size(); ++g) {
      if (!any_nan && row[g] < start && random.chance(left_out)) continue;
      one.pair_ground_truths.push_back(g);
      one.pair_ious.push_back(row[g]);
    }
    one.pair_begin.push_back(one.pair_ious.size());
  }
}

matching_case random_matching_case(random_source& random, cell_layout const& cells) {
  matching_case one;
  one.cells = cells;
  std::uint32_t const kind = random.below(4);
  for (std::size_t c = 0; c < one.cells.num_cells(); ++c) {
    std::uint32_t const num_ground_truths = one.cells.ground_truth_begin[c + 1] - one.cells.ground_truth_begin[c];
    for (std::uint32_t d = one.cells.detection_begin[c]; d < one.cells.detection_begin[c + 1]; ++d) {
      std::vector<double> row;
      for (std::uint32_t g = 0; g < num_ground_truths; ++g) row.push_back(random_iou(random, kind));
      one.ious.push_back(row);
    }
  }
  for (std::uint32_t d = 0; d < one.cells.num_detections(); ++d) one.detection_areas.push_back(random_area(random));
  if (random.chance(.3)) {
    for (std::uint32_t d = 0; d < one.cells.num_detections(); ++d) one.never_takes.push_back(random.chance(.3) ? 1 : 0);
  }
  for (std::uint32_t g = 0; g < one.cells.num_ground_truths(); ++g) {
    one.ground_truth_areas.push_back(random_area(random));
    one.flags.push_back(random_ground_truth_flags(random));
  }
  one.iou_thresholds = random_thresholds(random);
  one.area_ranges = {{0, 1e10}, {0, 1024}, {1024, 9216}, {9216, 1e10}, {50, 50}};
  one.area_ranges.resize(random.between(1, 5));
  one.rule = random.chance(.45) ? maskmetrics::match_rule::best_only : maskmetrics::match_rule::greedy;
  make_pairs(random, one);
  return one;
}

/// Oracle's results by cell and area range.
struct expected_results {
  std::vector<std::vector<reference::image_result>> cells;  ///< [c][a]
  std::vector<std::uint32_t> num_ground_truths;             ///< [K, A]
};

expected_results expect_results(matching_case const& one) {
  expected_results expected;
  std::size_t const num_areas = one.area_ranges.size();
  expected.num_ground_truths.assign(one.cells.num_categories * num_areas, 0);
  for (std::size_t c = 0; c < one.cells.num_cells(); ++c) {
    std::vector<reference::candidate> candidates;
    std::vector<std::vector<double>> ious;
    for (std::uint32_t d = one.cells.detection_begin[c]; d < one.cells.detection_begin[c + 1]; ++d) {
      std::int64_t const id = !one.never_takes.empty() && one.never_takes[d] != 0 ? 0 : 1;
      candidates.push_back({id, one.detection_areas[d], 0});
      ious.push_back(one.ious[d]);
    }
    std::vector<reference::target> targets;
    for (std::uint32_t g = one.cells.ground_truth_begin[c]; g < one.cells.ground_truth_begin[c + 1]; ++g) {
      std::int64_t const id = (one.flags[g] & maskmetrics::ground_truth_id_zero) != 0 ? 0 : 1;
      targets.push_back({id, one.ground_truth_areas[g], (one.flags[g] & maskmetrics::ground_truth_crowd) != 0,
                         (one.flags[g] & maskmetrics::ground_truth_ignore) != 0});
    }
    bool const unmatched_ignored = (one.cells.flags[c] & maskmetrics::cell_unmatched_ignored) != 0;
    expected.cells.emplace_back();
    for (std::size_t a = 0; a < num_areas; ++a) {
      auto const [low, high] = one.area_ranges[a];
      expected.cells.back().push_back(one.rule == maskmetrics::match_rule::greedy
                                          ? reference::evaluate_image(candidates, targets, ious, one.iou_thresholds,
                                                                      low, high, true, unmatched_ignored)
                                          : reference::evaluate_image_by_best(candidates, targets, ious,
                                                                              one.iou_thresholds, low, high,
                                                                              unmatched_ignored));
      expected.num_ground_truths[one.cells.categories[c] * num_areas + a] +=
          static_cast<std::uint32_t>(expected.cells.back().back().num_counted_targets);
    }
  }
  return expected;
}

/// One bit per threshold: true positive in the low half, ignored in the high half.
std::vector<outcome_word> to_words(matching_case const& one, expected_results const& expected) {
  std::size_t const num_words = maskmetrics::outcome_words(one.iou_thresholds.size());
  std::vector<outcome_word> words;
  for (auto const& areas : expected.cells) {
    for (std::size_t d = 0; d < areas.front().scores.size(); ++d) {
      for (reference::image_result const& result : areas) {
        std::vector<outcome_word> of_detection(num_words);
        for (std::size_t t = 0; t < one.iou_thresholds.size(); ++t) {
          bool const ignored = result.ignored[t][d];
          bool const true_positive = result.matched[t][d] && !ignored;
          std::size_t const bit = t % maskmetrics::thresholds_per_outcome;
          outcome_word& word = of_detection[t / maskmetrics::thresholds_per_outcome];
          if (true_positive) word |= outcome_word{1} << bit;
          if (ignored) word |= outcome_word{1} << (bit + maskmetrics::thresholds_per_outcome);
        }
        words.insert(words.end(), of_detection.begin(), of_detection.end());
      }
    }
  }
  return words;
}

void expect_outcomes(matching_case const& one) {
  expected_results const expected = expect_results(one);
  std::vector<outcome_word> const expected_words = to_words(one, expected);
  for (backend_under_test const& where : support::backends()) {
    support::placed_cells const cells(where, one.cells);
    placed<double> const detection_areas(where, one.detection_areas);
    placed<std::uint8_t> const never_takes(where, one.never_takes);
    placed<double> const ground_truth_areas(where, one.ground_truth_areas);
    placed<std::uint8_t> const flags(where, one.flags);
    placed<std::uint64_t> const pair_begin(where, one.pair_begin);
    placed<std::uint32_t> const pair_ground_truths(where, one.pair_ground_truths);
    placed<double> const pair_ious(where, one.pair_ious);
    placed<double> const iou_thresholds(where, one.iou_thresholds);
    placed<maskmetrics::area_bounds> const area_ranges(where, one.area_ranges);
    // Filled with what must be overwritten.
    placed<outcome_word> const outcomes(where, std::vector<outcome_word>(expected_words.size(), 0xDEADBEEFU));
    placed<std::uint32_t> const counts(where, std::vector<std::uint32_t>(expected.num_ground_truths.size(), 77));
    where.stages->matching(where.ctx,
                           {cells.view(), detection_areas.all(), never_takes.all(), ground_truth_areas.all(),
                            flags.all(), pair_begin.all(), pair_ground_truths.all(), pair_ious.all(),
                            iou_thresholds.all(), area_ranges.all(), one.rule},
                           {outcomes.all(), counts.all()});
    EXPECT_EQ(outcomes.fetch(), expected_words);
    EXPECT_EQ(counts.fetch(), expected.num_ground_truths);
    ASSERT_FALSE(testing::Test::HasFailure()) << where.name;
  }
}

TEST(matching, equals_the_oracle) {
  random_source random(1);
  for (std::uint64_t round = support::scaled(2500); round > 0; --round) {
    bool const crowded = random.chance(.1);
    expect_outcomes(random_matching_case(random, support::random_cells(random, crowded ? 120 : 12)));
    ASSERT_FALSE(testing::Test::HasFailure()) << "round " << round;
  }
}

/// Cells around the sizes at which an implementation may change its ways.
TEST(matching, takes_cells_of_many) {
  random_source random(2);
  for (std::uint64_t round = support::scaled(40); round > 0; --round) {
    cell_layout cells;
    cells.num_categories = 2;
    cells.num_images = 2;
    for (std::uint32_t c = 0; c < 4; ++c) {
      cells.categories.push_back(c / 2);
      cells.images.push_back(c % 2);
      cells.detection_begin.push_back(cells.num_detections() + random.between(0, 70));
      cells.ground_truth_begin.push_back(
          cells.num_ground_truths() +
          random.pick(std::vector<std::uint32_t>{0, 31, 32, 33, 255, 256, 257, 300, 511, 512, 513, 700}));
      cells.flags.push_back(0);
    }
    expect_outcomes(random_matching_case(random, cells));
    ASSERT_FALSE(testing::Test::HasFailure()) << "round " << round;
  }
}

}  // namespace
