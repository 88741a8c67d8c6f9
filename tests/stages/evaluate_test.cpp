#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include <maskmetrics/error.hpp>
#include <maskmetrics/evaluate.hpp>
#include <maskmetrics/prepared_ground_truth.hpp>
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

/// Detections with every image's rows turned round: other results for the same ground truth.
maskmetrics::detections reversed(maskmetrics::detections results) {
  auto const turn = [](auto& column) { std::reverse(column.begin(), column.end()); };
  turn(results.image_indices);
  turn(results.category_indices);
  turn(results.scores);
  turn(results.areas_px);
  turn(results.boxes);
  turn(results.ids);
  turn(results.masks.entries);
  return results;
}

void expect_same(maskmetrics::evaluation const& actual, maskmetrics::evaluation const& expected) {
  EXPECT_TRUE(support::agree(support::to_vector(actual.precision), support::to_vector(expected.precision)));
  EXPECT_TRUE(support::agree(support::to_vector(actual.recall), support::to_vector(expected.recall)));
  EXPECT_TRUE(support::agree(support::to_vector(actual.scores), support::to_vector(expected.scores)));
  EXPECT_TRUE(support::agree(support::to_vector(actual.recall_curve), support::to_vector(expected.recall_curve)));
  EXPECT_EQ(actual.category_names, expected.category_names);
  EXPECT_EQ(actual.num_ground_truths, expected.num_ground_truths);
  EXPECT_EQ(actual.num_detections, expected.num_detections);
  EXPECT_EQ(actual.num_images, expected.num_images);
  ASSERT_EQ(actual.warnings.size(), expected.warnings.size());
  for (std::size_t i = 0; i < actual.warnings.size(); ++i) {
    EXPECT_EQ(actual.warnings[i].code, expected.warnings[i].code);
    EXPECT_EQ(actual.warnings[i].count, expected.warnings[i].count);
  }
}

TEST(prepared_ground_truth, changes_no_bit) {
  random_source random(4);
  std::uint64_t num_rasterized = 0;
  for (std::uint64_t round = support::scaled(120); round > 0; --round) {
    scene const one = support::random_scene(random);
    maskmetrics::detections const other = reversed(one.results);
    for (backend_under_test const& where : support::backends()) {
      maskmetrics::prepared_ground_truth const ready(where.ctx, one.ground_truth, one.how);
      for (maskmetrics::detections const* const results : {&one.results, &other, &one.results}) {
        expect_same(maskmetrics::evaluate(where.ctx, ready, *results),
                    maskmetrics::evaluate(where.ctx, one.ground_truth, *results, one.how));
        ASSERT_FALSE(testing::Test::HasFailure()) << where.name << ", round " << round;
      }
      auto const& before = one.ground_truth.annotations.masks.entries;
      auto const& after = ready.data().annotations.masks.entries;
      for (std::size_t i = 0; i < before.size(); ++i) num_rasterized += before[i].form != after[i].form ? 1U : 0U;
    }
  }
  EXPECT_GT(num_rasterized, 0U);
}

TEST(prepared_ground_truth, may_be_shared_and_moved) {
  random_source random(5);
  scene const one = support::random_scene(random);
  backend_under_test const& where = support::backends().front();
  maskmetrics::prepared_ground_truth first(where.ctx, one.ground_truth, one.how);
  maskmetrics::prepared_ground_truth const second = std::move(first);
  first = maskmetrics::prepared_ground_truth(where.ctx, second.data(), second.protocol());
  expect_same(maskmetrics::evaluate(where.ctx, first, one.results),
              maskmetrics::evaluate(where.ctx, second, one.results));
}

/// Two images of one polygon each, the second with a coordinate that no image has.
maskmetrics::dataset data_with_a_bad_polygon() {
  maskmetrics::dataset data;
  data.source = "gt.json";
  data.images.ids = {1, 2};
  data.images.heights = {10, 10};
  data.images.widths = {10, 10};
  data.categories.ids = {1};
  data.categories.names = {"cat"};
  data.annotations.ids = {7, 8};
  data.annotations.image_indices = {0, 1};
  data.annotations.category_indices = {0, 0};
  data.annotations.areas_px = {4, 4};
  data.annotations.crowd = {0, 0};
  data.annotations.ignore = {0, 0};
  maskmetrics::mask_batch& masks = data.annotations.masks;
  masks.source = data.source;
  masks.coordinates = {1, 1, 1, 3, 3, 3, 1, 1, 1, 3, 1e300, 3};
  masks.rings = {{0, 6}, {6, 6}};
  for (std::uint64_t i = 0; i < 2; ++i) masks.entries.push_back({i, 1, 0, 0, maskmetrics::mask_form::polygons});
  return data;
}

TEST(prepared_ground_truth, names_the_mask_that_cannot_be_decoded) {
  maskmetrics::context ctx;
  ctx.device = {maskmetrics::device_kind::cpu, 0};
  auto how = maskmetrics::protocol::coco(maskmetrics::iou_type::segm);
  try {
    maskmetrics::prepared_ground_truth const ready(ctx, data_with_a_bad_polygon(), how);
    FAIL() << "no error";
  } catch (maskmetrics::input_error const& failure) {
    EXPECT_EQ(failure.place(), "annotations[1].segmentation");
    EXPECT_EQ(failure.problem(), "annotation id 8: polygon coordinate is not finite or beyond 1e8 pixels");
  }
  // What is not evaluated may be anything, and polygons stay where some are left.
  how.image_ids = {1};
  maskmetrics::prepared_ground_truth const ready(ctx, data_with_a_bad_polygon(), how);
  maskmetrics::mask_batch const& masks = ready.data().annotations.masks;
  EXPECT_EQ(masks.entries[0].form, maskmetrics::mask_form::counts);
  EXPECT_EQ(masks.entries[1].form, maskmetrics::mask_form::polygons);
  EXPECT_EQ(masks.coordinates.size(), 12U);
}

TEST(prepared_ground_truth, checks_protocol_and_device) {
  maskmetrics::context ctx;
  ctx.device = {maskmetrics::device_kind::cpu, 0};
  auto how = maskmetrics::protocol::coco(maskmetrics::iou_type::bbox);
  how.max_dets.clear();
  EXPECT_THROW(maskmetrics::prepared_ground_truth(ctx, {}, how), maskmetrics::protocol_error);
  ctx.device = {maskmetrics::device_kind::cuda, 99};
  EXPECT_THROW(maskmetrics::prepared_ground_truth(ctx, {}, maskmetrics::protocol::coco(maskmetrics::iou_type::bbox)),
               maskmetrics::device_error);
}

}  // namespace
