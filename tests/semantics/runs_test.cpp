#include <gtest/gtest.h>

#include <vector>

#include <maskmetrics/semantics/runs.hpp>

namespace {

using maskmetrics::box;
using maskmetrics::host_view;
using maskmetrics::interval;
using namespace maskmetrics::semantics;

TEST(mask_size, is_positive_and_below_two_to_the_31) {
  EXPECT_TRUE(valid_mask_size(1, 1));
  EXPECT_TRUE(valid_mask_size(0x7FFFFFFF, 1));
  EXPECT_TRUE(valid_mask_size(46340, 46340));
  EXPECT_FALSE(valid_mask_size(46341, 46341));
  EXPECT_FALSE(valid_mask_size(0, 5));
  EXPECT_FALSE(valid_mask_size(5, 0));
  EXPECT_FALSE(valid_mask_size(std::uint64_t{1} << 32U, std::uint64_t{1} << 32U));
  EXPECT_FALSE(valid_mask_size(~std::uint64_t{0}, ~std::uint64_t{0}));
}

/// Box of a mask 10 px high and 20 px wide.
void expect_bounds(std::vector<interval> const& runs, box const& expected) {
  bounds_of_runs bounds(10, 20);
  for (interval const& run : runs) bounds.take(run.begin, run.end, 10);
  EXPECT_EQ(bounds.bounds().x, expected.x);
  EXPECT_EQ(bounds.bounds().y, expected.y);
  EXPECT_EQ(bounds.bounds().width, expected.width);
  EXPECT_EQ(bounds.bounds().height, expected.height);
}

TEST(bounds_of_runs, encloses_runs_tightly) {
  expect_bounds({{13, 16}}, {1, 3, 1, 3});
  expect_bounds({{13, 16}, {42, 44}}, {1, 2, 4, 4});
  expect_bounds({{0, 1}}, {0, 0, 1, 1});
  expect_bounds({{199, 200}}, {19, 9, 1, 1});
  expect_bounds({{10, 20}}, {1, 0, 1, 10});
}

TEST(bounds_of_runs, are_full_height_where_a_run_crosses_columns) {
  expect_bounds({{19, 21}}, {1, 0, 2, 10});
  expect_bounds({{15, 45}}, {1, 0, 4, 10});
  expect_bounds({{0, 200}}, {0, 0, 20, 10});
}

TEST(bounds_of_runs, pass_over_empty_runs) {
  expect_bounds({{5, 5}, {13, 16}, {99, 99}}, {1, 3, 1, 3});
}

TEST(bounds_of_runs, without_a_run_are_zero) {
  expect_bounds({}, {0, 0, 0, 0});
}

TEST(bounds_of_runs, of_empty_runs_only_wrap_as_the_reference) {
  expect_bounds({{5, 5}}, {20, 10, 4294967277, 4294967287});
}

std::uint32_t common_px(std::vector<interval> const& a, std::vector<interval> const& b) {
  return intersection_px(host_view<interval const>(a), host_view<interval const>(b));
}

TEST(intersection_px, counts_common_pixels) {
  EXPECT_EQ(common_px({{0, 10}}, {{5, 15}}), 5U);
  EXPECT_EQ(common_px({{0, 10}}, {{10, 15}}), 0U);
  EXPECT_EQ(common_px({{0, 2}, {4, 6}, {8, 10}}, {{1, 9}}), 4U);
  EXPECT_EQ(common_px({{1, 9}}, {{0, 2}, {4, 6}, {8, 10}}), 4U);
  EXPECT_EQ(common_px({{3, 7}}, {{3, 7}}), 4U);
  EXPECT_EQ(common_px({}, {{3, 7}}), 0U);
  EXPECT_EQ(common_px({{3, 7}}, {}), 0U);
  EXPECT_EQ(common_px({{0, 0x80000000U}}, {{1, 0x80000000U}}), 0x7FFFFFFFU);
}

merged_counts merged(std::vector<std::uint32_t> const& d, std::vector<std::uint32_t> const& g) {
  return merge_runs(host_view<std::uint32_t const>(d), host_view<std::uint32_t const>(g));
}

void expect_merged(std::vector<std::uint32_t> const& d, std::vector<std::uint32_t> const& g, std::uint32_t intersection,
                   std::uint32_t unions) {
  EXPECT_EQ(merged(d, g).intersection_px, intersection);
  EXPECT_EQ(merged(d, g).union_px, unions);
  EXPECT_EQ(merged(g, d).intersection_px, intersection);
  EXPECT_EQ(merged(g, d).union_px, unions);
}

TEST(merge_runs, counts_pixels) {
  expect_merged({2, 3, 5}, {4, 4, 2}, 1, 6);
  expect_merged({0, 10}, {0, 10}, 10, 10);
  expect_merged({0, 10}, {10}, 0, 10);
  expect_merged({10}, {10}, 0, 0);
  expect_merged({1, 1, 1, 1, 1, 1, 4}, {0, 1, 1, 1, 1, 1, 5}, 0, 6);
}

TEST(merge_runs, passes_over_empty_runs_of_one_mask) {
  expect_merged({2, 0, 1, 2, 5}, {2, 4, 4}, 2, 4);
  expect_merged({2, 2, 0, 3, 3}, {0, 10}, 5, 10);
}

TEST(merge_runs, ends_where_both_masks_have_an_empty_run) {
  // Observed in pycocotools 2.0.11: both codes stand at a run of length zero behind pixel 2, and the walk ends there.
  expect_merged({1, 1, 0, 3, 5}, {1, 1, 0, 3, 5}, 1, 1);
  expect_merged({2, 0, 0, 3, 5}, {2, 0, 1, 3, 4}, 0, 0);
}

}  // namespace
