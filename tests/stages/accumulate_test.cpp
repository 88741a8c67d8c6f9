#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "reference/accumulate.hpp"
#include "reference/matching.hpp"
#include "support/backends.hpp"
#include "support/cells.hpp"
#include "support/exact.hpp"

namespace {

using maskmetrics::outcome_word;
using support::backend_under_test;
using support::cell_layout;
using support::placed;
using support::random_source;

struct accumulate_case {
  cell_layout cells;
  std::vector<double> scores;
  std::size_t num_thresholds = 1;
  std::size_t num_areas = 1;
  std::vector<double> recall_thresholds;
  std::vector<std::uint32_t> max_dets;
  std::vector<outcome_word> outcomes;
  std::vector<std::uint32_t> num_ground_truths;
  std::vector<std::vector<reference::image_result>> results;  ///< [c][a]
  double epsilon = 0;
  bool wants_areas = false;
};

std::vector<double> random_recall_thresholds(random_source& random) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  if (random.chance(.4)) return reference::linspace(0, 1, 101);
  if (random.chance(.2)) {
    return random.pick(std::vector<std::vector<double>>{
        {.5, .2, .9, 0, 1}, {0, .3, nan, .1}, {1.5, .2}, {-1, 0, .5, 1}, {nan}, {1}, {0}, {1, 1, 1}, {0, 2, 0}});
  }
  std::vector<double> thresholds;
  for (std::uint32_t r = random.between(1, 30); r > 0; --r) {
    thresholds.push_back(random.chance(.5) ? random.unit() : random.below(11) / 10.);
  }
  if (random.chance(.7)) std::sort(thresholds.begin(), thresholds.end());
  return thresholds;
}

/// Random outcomes: mostly at most one true positive for each ground truth, now and then more, as detections make that
/// do not use their ground truth up.
void make_outcomes(random_source& random, accumulate_case& one) {
  std::size_t const num_words = maskmetrics::outcome_words(one.num_thresholds);
  one.outcomes.assign(one.cells.num_detections() * one.num_areas * num_words, 0);
  one.num_ground_truths.assign(one.cells.num_categories * one.num_areas, 0);
  // A recall above 1 is looked for by no protocol; up to 1 it must not matter how far above it goes.
  bool const any_above_one = std::any_of(one.recall_thresholds.begin(), one.recall_thresholds.end(),
                                         [](double threshold) { return threshold > 1; });
  bool const unlimited = !any_above_one && random.chance(.1);
  double const positive = random.unit();
  double const ignored = random.chance(.5) ? 0 : random.unit() * .5;
  double const counted = random.chance(.15) ? 0 : random.unit();
  for (std::size_t c = 0; c < one.cells.num_cells(); ++c) {
    std::uint32_t const first = one.cells.detection_begin[c];
    std::uint32_t const num_detections = one.cells.detection_begin[c + 1] - first;
    std::uint32_t const num_ground_truths = one.cells.ground_truth_begin[c + 1] - one.cells.ground_truth_begin[c];
    one.results.emplace_back(one.num_areas);
    for (std::size_t a = 0; a < one.num_areas; ++a) {
      reference::image_result& result = one.results.back()[a];
      for (std::uint32_t g = 0; g < num_ground_truths; ++g)
        result.num_counted_targets += random.chance(counted) ? 1U : 0U;
      one.num_ground_truths[one.cells.categories[c] * one.num_areas + a] +=
          static_cast<std::uint32_t>(result.num_counted_targets);
      result.scores.assign(one.scores.begin() + first, one.scores.begin() + first + num_detections);
      result.matched.assign(one.num_thresholds, std::vector<bool>(num_detections));
      result.ignored = result.matched;
      for (std::size_t t = 0; t < one.num_thresholds; ++t) {
        std::size_t left = result.num_counted_targets;
        for (std::uint32_t d = 0; d < num_detections; ++d) {
          outcome_word& word = one.outcomes[((first + d) * one.num_areas + a) * num_words + t / 16];
          if (random.chance(ignored)) {
            result.ignored[t][d] = true;
            word |= outcome_word{0x10000} << (t % 16);
          } else if ((left > 0 || unlimited) && random.chance(positive)) {
            left -= left > 0 ? 1U : 0U;
            result.matched[t][d] = true;
            word |= outcome_word{1} << (t % 16);
          }
        }
      }
    }
  }
}

accumulate_case random_accumulate_case(random_source& random) {
  accumulate_case one;
  one.cells = support::random_cells(random, 50);
  one.scores = support::random_scores(random, one.cells);
  one.num_thresholds = random.chance(.2) ? random.between(16, 40) : random.between(1, 10);
  one.num_areas = random.between(1, 5);
  one.recall_thresholds = random_recall_thresholds(random);
  one.max_dets = random.pick(std::vector<std::vector<std::uint32_t>>{
      {1, 10, 100}, {1, 2, 3}, {100}, {1}, {1, 2, 3, 100}, {2, 2, 100}, {5, 1000000}, {50, 50}});
  one.epsilon = random.pick(std::vector<double>{maskmetrics::semantics::precision_epsilon, 0});
  one.wants_areas = random.chance(.9);
  make_outcomes(random, one);
  return one;
}

struct arrays {
  std::vector<double> precision;
  std::vector<double> recall;
  std::vector<double> scores;
  std::vector<double> areas;
};

arrays expected_arrays(accumulate_case const& one) {
  std::size_t const num_recalls = one.recall_thresholds.size();
  std::size_t const num_categories = one.cells.num_categories;
  std::size_t const num_caps = one.max_dets.size();
  arrays all;
  all.recall.resize(one.num_thresholds * num_categories * one.num_areas * num_caps);
  all.precision.resize(all.recall.size() * num_recalls);
  all.scores.resize(all.precision.size());
  all.areas.resize(one.wants_areas ? all.recall.size() : 0);
  for (std::size_t k = 0; k < num_categories; ++k) {
    for (std::size_t a = 0; a < one.num_areas; ++a) {
      std::vector<reference::image_result> images;
      for (std::size_t c = 0; c < one.cells.num_cells(); ++c) {
        if (one.cells.categories[c] == k) images.push_back(one.results[c][a]);
      }
      for (std::size_t m = 0; m < num_caps; ++m) {
        reference::curves const part =
            reference::accumulate(images, one.num_thresholds, one.recall_thresholds, one.max_dets[m], one.epsilon);
        for (std::size_t t = 0; t < one.num_thresholds; ++t) {
          std::size_t const curve = ((t * num_categories + k) * one.num_areas + a) * num_caps + m;
          all.recall[curve] = part.recall[t];
          if (one.wants_areas) all.areas[curve] = part.area[t];
          for (std::size_t r = 0; r < num_recalls; ++r) {
            std::size_t const at = (((t * num_recalls + r) * num_categories + k) * one.num_areas + a) * num_caps + m;
            all.precision[at] = part.precision[t][r];
            all.scores[at] = part.scores[t][r];
          }
        }
      }
    }
  }
  return all;
}

std::vector<std::uint32_t> score_order_by_category(accumulate_case const& one) {
  std::vector<std::uint32_t> const begin = one.cells.category_begin();
  std::vector<std::uint32_t> order;
  for (std::size_t k = 0; k + 1 < begin.size(); ++k) {
    std::vector<double> const scores(one.scores.begin() + begin[k], one.scores.begin() + begin[k + 1]);
    for (std::size_t const d : reference::score_order(scores))
      order.push_back(begin[k] + static_cast<std::uint32_t>(d));
  }
  return order;
}

TEST(accumulate, equals_the_oracle) {
  random_source random(1);
  for (std::uint64_t round = support::scaled(1200); round > 0; --round) {
    accumulate_case const one = random_accumulate_case(random);
    arrays const expected = expected_arrays(one);
    for (backend_under_test const& where : support::backends()) {
      placed<std::uint32_t> const category_begin(where, one.cells.category_begin());
      placed<std::uint32_t> const order(where, score_order_by_category(one));
      placed<std::uint32_t> const ranks(where, one.cells.ranks_in_cell());
      placed<double> const scores(where, one.scores);
      placed<outcome_word> const outcomes(where, one.outcomes);
      placed<std::uint32_t> const num_ground_truths(where, one.num_ground_truths);
      placed<double> const recall_thresholds(where, one.recall_thresholds);
      placed<std::uint32_t> const max_dets(where, one.max_dets);
      placed<double> const precision_out(where, std::vector<double>(expected.precision.size(), 77));
      placed<double> const recall_out(where, std::vector<double>(expected.recall.size(), 77));
      placed<double> const scores_out(where, std::vector<double>(expected.scores.size(), 77));
      placed<double> const areas_out(where, std::vector<double>(expected.areas.size(), 77));
      where.stages->accumulate(
          where.ctx,
          {category_begin.all(), order.all(), ranks.all(), scores.all(), outcomes.all(), num_ground_truths.all(),
           recall_thresholds.all(), max_dets.all(), static_cast<std::uint32_t>(one.num_thresholds),
           static_cast<std::uint32_t>(one.num_areas), one.epsilon},
          {precision_out.all(), recall_out.all(), scores_out.all(), areas_out.all()});
      EXPECT_TRUE(support::agree(precision_out.fetch(), expected.precision));
      EXPECT_TRUE(support::agree(recall_out.fetch(), expected.recall));
      EXPECT_TRUE(support::agree(scores_out.fetch(), expected.scores));
      EXPECT_TRUE(support::agree(areas_out.fetch(), expected.areas));
      ASSERT_FALSE(testing::Test::HasFailure()) << where.name << ", round " << round;
    }
  }
}

}  // namespace
