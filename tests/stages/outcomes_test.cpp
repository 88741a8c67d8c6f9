#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include <maskmetrics/cell_details.hpp>
#include <maskmetrics/error.hpp>
#include <maskmetrics/evaluate.hpp>
#include <maskmetrics/outcomes.hpp>

#include "reference/evaluate.hpp"
#include "support/backends.hpp"
#include "support/exact.hpp"
#include "support/scene.hpp"

namespace {

using maskmetrics::outcome_table;
using maskmetrics::outcome_word;
using support::backend_under_test;
using support::random_source;
using support::scene;

/// The oracle's matches, as a caller would put them together who matches by himself.
outcome_table to_table(std::vector<reference::cell_result> const& cells, std::vector<std::int64_t> const& category_ids,
                       std::size_t num_thresholds, std::size_t num_areas) {
  outcome_table table;
  table.num_thresholds = num_thresholds;
  table.num_area_ranges = num_areas;
  std::size_t const words = maskmetrics::outcome_words(num_thresholds);
  for (std::int64_t const category : category_ids) {
    std::vector<std::uint32_t> counted(num_areas);
    for (reference::cell_result const& cell : cells) {
      if (cell.category_id != category) continue;
      for (std::size_t a = 0; a < num_areas; ++a) {
        counted[a] += static_cast<std::uint32_t>(cell.areas[a].num_counted_targets);
      }
      for (std::size_t d = 0; d < cell.candidates.size(); ++d) {
        table.scores.push_back(cell.candidates[d].score);
        table.ranks_in_cell.push_back(static_cast<std::uint32_t>(d));
        for (std::size_t a = 0; a < num_areas; ++a) {
          std::vector<outcome_word> bits(words);
          for (std::size_t t = 0; t < num_thresholds; ++t) {
            unsigned const at = t % maskmetrics::thresholds_per_outcome;
            if (cell.areas[a].ignored[t][d]) {
              bits[t / maskmetrics::thresholds_per_outcome] |= outcome_word{1} << (at + 16U);
            } else if (cell.areas[a].matched[t][d]) {
              bits[t / maskmetrics::thresholds_per_outcome] |= outcome_word{1} << at;
            }
          }
          table.outcomes.insert(table.outcomes.end(), bits.begin(), bits.end());
        }
      }
    }
    table.category_begin.push_back(static_cast<std::uint32_t>(table.scores.size()));
    table.num_ground_truths.insert(table.num_ground_truths.end(), counted.begin(), counted.end());
  }
  return table;
}

TEST(accumulate_outcomes, equals_the_oracle) {
  random_source random(1);
  for (std::uint64_t round = support::scaled(400); round > 0; --round) {
    scene const one = support::random_coco_or_lvis_scene(random);
    if (one.rules.caps_images) continue;  // there the rank in the image is compared with the cap
    reference::evaluation const expected = reference::evaluate(one.data, one.rules);
    outcome_table const table = to_table(reference::evaluate_by_cell(one.data, one.rules), expected.category_ids,
                                         one.rules.iou_thresholds.size(), one.rules.area_ranges.size());
    for (backend_under_test const& where : support::backends()) {
      std::vector<std::uint32_t> max_dets = one.how.max_dets;
      std::sort(max_dets.begin(), max_dets.end());
      maskmetrics::curves const actual =
          maskmetrics::accumulate_outcomes(where.ctx, table, one.how.recall_thresholds, max_dets);
      EXPECT_TRUE(support::agree(support::to_vector(actual.precision), expected.precision));
      EXPECT_TRUE(support::agree(support::to_vector(actual.recall), expected.recall));
      EXPECT_TRUE(support::agree(support::to_vector(actual.scores), expected.scores));
      ASSERT_FALSE(testing::Test::HasFailure()) << where.name << ", round " << round;
    }
  }
}

TEST(accumulate_outcomes, names_the_column_that_does_not_fit) {
  outcome_table table;
  table.num_thresholds = 1;
  table.num_area_ranges = 1;
  EXPECT_EQ(maskmetrics::accumulate_outcomes({}, table, {0, 1}, {100}).precision.size(), 0U);
  table.category_begin = {0, 2};
  table.scores = {.5, .4};
  table.ranks_in_cell = {0};
  try {
    (void)maskmetrics::accumulate_outcomes({}, table, {0, 1}, {100});
    FAIL() << "nothing was thrown";
  } catch (maskmetrics::input_error const& e) {
    EXPECT_EQ(e.place(), "ranks_in_cell");
    EXPECT_EQ(e.problem(), "has 1 elements, 2 are needed");
  }
  table.category_begin = {2, 0};
  EXPECT_THROW((void)maskmetrics::accumulate_outcomes({}, table, {0, 1}, {100}), maskmetrics::input_error);
}

TEST(matched_evaluation, accumulates_as_evaluate_does) {
  random_source random(2);
  for (std::uint64_t round = support::scaled(150); round > 0; --round) {
    scene one = support::random_coco_or_lvis_scene(random);
    for (backend_under_test const& where : support::backends()) {
      maskmetrics::matched_evaluation kept(where.ctx, one.ground_truth, one.results, one.how);
      maskmetrics::matched_evaluation matched = std::move(kept);
      for (std::vector<double> const& thresholds : {one.how.recall_thresholds, {0, .5, 1}, one.how.recall_thresholds}) {
        maskmetrics::evaluation const actual = matched.accumulate(thresholds);
        maskmetrics::protocol how = one.how;
        how.recall_thresholds = thresholds;
        maskmetrics::evaluation const expected = maskmetrics::evaluate(where.ctx, one.ground_truth, one.results, how);
        EXPECT_EQ(actual.shape.num_recall_thresholds, thresholds.size());
        EXPECT_EQ(support::to_vector(actual.precision), support::to_vector(expected.precision));
        EXPECT_EQ(support::to_vector(actual.recall), support::to_vector(expected.recall));
        EXPECT_EQ(support::to_vector(actual.recall_curve), support::to_vector(expected.recall_curve));
        EXPECT_EQ(actual.num_ground_truths, expected.num_ground_truths);
      }
      EXPECT_THROW((void)matched.accumulate({.5, .2}), maskmetrics::protocol_error);
      ASSERT_FALSE(testing::Test::HasFailure()) << where.name << ", round " << round;
    }
  }
}

}  // namespace
