#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include <maskmetrics/evaluate.hpp>
#include <maskmetrics/summary.hpp>

#include "reference/evaluate.hpp"
#include "reference/summarize.hpp"
#include "support/backends.hpp"
#include "support/exact.hpp"
#include "support/scene.hpp"

namespace {

using support::backend_under_test;
using support::random_source;
using support::scene;

void expect_equal(maskmetrics::evaluation const& actual, reference::evaluation const& expected) {
  EXPECT_EQ(actual.shape.num_thresholds, expected.num_iou_thresholds);
  EXPECT_EQ(actual.shape.num_recall_thresholds, expected.num_recall_thresholds);
  EXPECT_EQ(actual.shape.num_categories, expected.num_categories);
  EXPECT_EQ(actual.shape.num_area_ranges, expected.num_area_ranges);
  EXPECT_EQ(actual.shape.num_max_dets, expected.num_max_dets);
  EXPECT_EQ(actual.category_ids, expected.category_ids);
  EXPECT_TRUE(support::agree(support::to_vector(actual.recall), expected.recall)) << "recall";
  EXPECT_TRUE(support::agree(support::to_vector(actual.precision), expected.precision)) << "precision";
  std::vector<double> const no_scores;
  bool const federated = actual.protocol.rules == maskmetrics::rule_set::lvis;
  EXPECT_TRUE(support::agree(support::to_vector(actual.scores), federated ? no_scores : expected.scores)) << "scores";
  EXPECT_TRUE(support::agree(support::to_vector(actual.recall_curve), expected.recall_curve)) << "recall curve";
  EXPECT_TRUE(support::agree(support::to_vector(actual.average_precision), expected.average_precision)) << "AP";
  EXPECT_EQ(actual.num_ground_truths,
            std::vector<std::uint64_t>(expected.num_ground_truths.begin(), expected.num_ground_truths.end()));
  EXPECT_EQ(actual.num_detections,
            std::vector<std::uint64_t>(expected.num_detections.begin(), expected.num_detections.end()));
}

std::vector<char> frequency_letters(maskmetrics::evaluation const& result) {
  std::vector<char> letters;
  for (maskmetrics::category_frequency const each : result.category_frequencies) {
    letters.push_back("rcf"[static_cast<std::size_t>(each)]);
  }
  return letters;
}

/// The twelve or thirteen numbers, where the reference computes them: three caps, and 100 looked for literally; under
/// LVIS' rules one cap, and frequencies where categories are used.
void expect_equal_summary(maskmetrics::evaluation const& actual, reference::evaluation const& expected,
                          reference::protocol rules) {
  bool const has_numbers =
      rules.federated ? rules.max_dets.size() == 1 && rules.use_categories : rules.max_dets.size() >= 3;
  if (!rules.strict || rules.voc || !has_numbers) return;
  std::sort(rules.max_dets.begin(), rules.max_dets.end());
  std::vector<double> values;
  for (maskmetrics::metric const& metric : maskmetrics::summarize(actual).metrics) values.push_back(metric.value);
  EXPECT_TRUE(support::agree(values, rules.federated
                                         ? reference::summarize_federated(expected, rules, frequency_letters(actual))
                                         : reference::summarize(expected, rules)))
      << "summary";
}

TEST(evaluate, equals_the_oracle) {
  random_source random(1);
  for (std::uint64_t round = support::scaled(1200); round > 0; --round) {
    scene const one = support::random_scene(random);
    reference::evaluation const expected = reference::evaluate(one.data, one.rules);
    for (backend_under_test const& where : support::backends()) {
      maskmetrics::evaluation const actual = maskmetrics::evaluate(where.ctx, one.ground_truth, one.results, one.how);
      expect_equal(actual, expected);
      expect_equal_summary(actual, expected, one.rules);
      ASSERT_FALSE(testing::Test::HasFailure()) << where.name << ", round " << round;
    }
  }
}

/// The oracle is VOCdevkit's loop over one list of detections a class; it shares no stage with the others.
TEST(evaluate, equals_vocdevkit) {
  random_source random(4);
  for (std::uint64_t round = support::scaled(1000); round > 0; --round) {
    scene const one = support::random_voc_scene(random);
    reference::evaluation const expected = reference::evaluate(one.data, one.rules);
    for (backend_under_test const& where : support::backends()) {
      expect_equal(maskmetrics::evaluate(where.ctx, one.ground_truth, one.results, one.how), expected);
      ASSERT_FALSE(testing::Test::HasFailure()) << where.name << ", round " << round;
    }
  }
}

bool ids_are_unique(std::vector<std::int64_t> ids) {
  std::sort(ids.begin(), ids.end());
  return std::adjacent_find(ids.begin(), ids.end()) == ids.end();
}

TEST(evaluate, does_not_depend_on_the_order_of_images_in_the_files) {
  random_source random(2);
  for (std::uint64_t round = support::scaled(300); round > 0; --round) {
    scene one = support::random_scene(random);
    // Of annotations with one id the last in the file counts, so their order matters.
    if (!ids_are_unique(one.ground_truth.annotations.ids)) continue;
    // Of equal scores the first in the file stays within a category's cap.
    if (one.rules.max_dets_per_category != 0) continue;
    // Of equal scores VOC takes the first in the file.
    if (one.rules.voc) continue;
    reference::evaluation const expected = reference::evaluate(one.data, one.rules);
    support::reorder_images(random, one);
    for (backend_under_test const& where : support::backends()) {
      expect_equal(maskmetrics::evaluate(where.ctx, one.ground_truth, one.results, one.how), expected);
      ASSERT_FALSE(testing::Test::HasFailure()) << where.name << ", round " << round;
    }
  }
}

TEST(evaluate, repeats_its_bits) {
  random_source random(3);
  for (std::uint64_t round = support::scaled(50); round > 0; --round) {
    scene const one = support::random_scene(random);
    for (backend_under_test const& where : support::backends()) {
      auto const first = maskmetrics::evaluate(where.ctx, one.ground_truth, one.results, one.how);
      auto const second = maskmetrics::evaluate(where.ctx, one.ground_truth, one.results, one.how);
      ASSERT_TRUE(support::agree(support::to_vector(second.precision), support::to_vector(first.precision)));
      ASSERT_TRUE(support::agree(support::to_vector(second.recall), support::to_vector(first.recall)));
      ASSERT_TRUE(support::agree(support::to_vector(second.scores), support::to_vector(first.scores)));
    }
  }
}

}  // namespace
