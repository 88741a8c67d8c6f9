#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include <maskmetrics/cell_details.hpp>
#include <maskmetrics/error.hpp>

#include "reference/evaluate.hpp"
#include "support/backends.hpp"
#include "support/exact.hpp"
#include "support/scene.hpp"

namespace {

using maskmetrics::cell_matches;
using maskmetrics::cell_overlaps;
using maskmetrics::cell_table;
using support::backend_under_test;
using support::random_source;
using support::scene;

/// The part of a cell's block that belongs to one row of its leading axes.
template <class T>
std::vector<T> row_of(std::vector<T> const& blocks, std::size_t first, std::size_t size, std::size_t rows,
                      std::size_t row) {
  auto const begin = blocks.begin() + static_cast<std::ptrdiff_t>(first * rows + row * size);
  return {begin, begin + static_cast<std::ptrdiff_t>(size)};
}

std::vector<std::uint32_t> to_indices(std::vector<std::optional<std::size_t>> const& places) {
  std::vector<std::uint32_t> indices;
  for (auto const& place : places) {
    indices.push_back(place ? static_cast<std::uint32_t>(*place) : maskmetrics::no_index);
  }
  return indices;
}

void expect_equal_table(scene const& one, cell_table const& table,
                        std::vector<reference::cell_result> const& expected) {
  ASSERT_EQ(table.categories.size(), expected.size());
  for (std::size_t c = 0; c < expected.size(); ++c) {
    EXPECT_EQ(table.category_ids[table.categories[c]], expected[c].category_id);
    EXPECT_EQ(one.ground_truth.images.ids[table.images[c]], expected[c].image_id);
    std::vector<double> scores;
    for (std::uint32_t d = table.detection_begin[c]; d < table.detection_begin[c + 1]; ++d) {
      scores.push_back(one.results.scores[table.detection_rows[d]]);
    }
    std::vector<double> expected_scores;
    for (reference::candidate const& d : expected[c].candidates) expected_scores.push_back(d.score);
    EXPECT_TRUE(support::agree(scores, expected_scores));
    std::vector<std::int64_t> ids;
    for (std::uint32_t g = table.ground_truth_begin[c]; g < table.ground_truth_begin[c + 1]; ++g) {
      ids.push_back(one.ground_truth.annotations.ids[table.ground_truth_rows[g]]);
    }
    std::vector<std::int64_t> expected_ids;
    for (reference::target const& g : expected[c].targets) expected_ids.push_back(g.id);
    EXPECT_EQ(ids, expected_ids);
  }
}

TEST(compare_cells, equals_the_oracle) {
  random_source random(1);
  for (std::uint64_t round = support::scaled(500); round > 0; --round) {
    scene const one = support::random_coco_or_lvis_scene(random);
    std::vector<reference::cell_result> const expected = reference::evaluate_by_cell(one.data, one.rules);
    for (backend_under_test const& where : support::backends()) {
      cell_overlaps const actual = maskmetrics::compare_cells(where.ctx, one.ground_truth, one.results, one.how);
      expect_equal_table(one, actual.cells, expected);
      ASSERT_EQ(actual.begin.size(), expected.size() + 1);
      for (std::size_t c = 0; c < expected.size(); ++c) {
        std::vector<double> all;
        for (auto const& row : expected[c].ious) all.insert(all.end(), row.begin(), row.end());
        auto const begin = actual.ious.begin();
        EXPECT_TRUE(support::agree({begin + static_cast<std::ptrdiff_t>(actual.begin[c]),
                                    begin + static_cast<std::ptrdiff_t>(actual.begin[c + 1])},
                                   all));
      }
      ASSERT_FALSE(testing::Test::HasFailure()) << where.name << ", round " << round;
    }
  }
}

void expect_equal_matches(cell_matches const& actual, std::size_t c, std::size_t a,
                          reference::image_result const& expected) {
  std::size_t const num_thresholds = actual.num_thresholds;
  std::size_t const num_areas = actual.num_area_ranges;
  std::size_t const d = actual.cells.detection_begin[c];
  std::size_t const num_d = actual.cells.detection_begin[c + 1] - d;
  std::size_t const g = actual.cells.ground_truth_begin[c];
  std::size_t const num_g = actual.cells.ground_truth_begin[c + 1] - g;
  std::vector<std::uint32_t> const order = row_of(actual.ground_truth_order, g, num_g, num_areas, a);
  EXPECT_EQ(order, std::vector<std::uint32_t>(expected.target_order.begin(), expected.target_order.end()));
  std::vector<std::uint8_t> ignored(expected.num_counted_targets, 0);
  ignored.resize(num_g, 1);
  EXPECT_EQ(row_of(actual.ground_truth_ignored, g, num_g, num_areas, a), ignored);
  ASSERT_EQ(expected.target_of.size(), num_thresholds);
  for (std::size_t t = 0; t < num_thresholds; ++t) {
    std::size_t const row = a * num_thresholds + t;
    std::size_t const rows = num_areas * num_thresholds;
    EXPECT_EQ(row_of(actual.detection_matches, d, num_d, rows, row), to_indices(expected.target_of[t]));
    EXPECT_EQ(row_of(actual.detection_ignored, d, num_d, rows, row),
              std::vector<std::uint8_t>(expected.ignored[t].begin(), expected.ignored[t].end()));
    std::vector<std::uint32_t> const taken = to_indices(expected.candidate_of[t]);
    std::vector<std::uint32_t> in_order;
    for (std::uint32_t const place : order) in_order.push_back(taken[place]);
    EXPECT_EQ(row_of(actual.ground_truth_matches, g, num_g, rows, row), in_order);
  }
}

TEST(match_cells, equals_the_oracle) {
  random_source random(2);
  for (std::uint64_t round = support::scaled(700); round > 0; --round) {
    scene const one = support::random_coco_or_lvis_scene(random);
    std::vector<reference::cell_result> const expected = reference::evaluate_by_cell(one.data, one.rules);
    for (backend_under_test const& where : support::backends()) {
      cell_matches const actual = maskmetrics::match_cells(where.ctx, one.ground_truth, one.results, one.how);
      expect_equal_table(one, actual.cells, expected);
      ASSERT_FALSE(testing::Test::HasFailure()) << where.name << ", round " << round;
      for (std::size_t c = 0; c < expected.size(); ++c) {
        for (std::size_t a = 0; a < expected[c].areas.size(); ++a) {
          expect_equal_matches(actual, c, a, expected[c].areas[a]);
        }
      }
      ASSERT_FALSE(testing::Test::HasFailure()) << where.name << ", round " << round;
    }
  }
}

TEST(match_cells, refuses_what_evaluate_refuses) {
  random_source random(3);
  scene one = support::random_coco_or_lvis_scene(random);
  one.how.iou_thresholds = {2};
  EXPECT_THROW((void)maskmetrics::match_cells({}, one.ground_truth, one.results, one.how), maskmetrics::protocol_error);
  EXPECT_THROW((void)maskmetrics::compare_cells({}, one.ground_truth, one.results, one.how),
               maskmetrics::protocol_error);
}

}  // namespace
