#include <gtest/gtest.h>

#include <limits>

#include <maskmetrics/semantics/matching.hpp>

namespace {

using namespace maskmetrics::semantics;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

TEST(starting_iou, is_the_threshold_but_below_one) {
  EXPECT_EQ(starting_iou(.5), .5);
  EXPECT_EQ(starting_iou(0), 0);
  EXPECT_EQ(starting_iou(-1), -1);
  EXPECT_EQ(starting_iou(1), 1 - 1e-10);
  EXPECT_EQ(starting_iou(2), 1 - 1e-10);
  EXPECT_EQ(starting_iou(1 - 1e-11), 1 - 1e-10);
}

TEST(suffices, takes_equal_and_nan) {
  EXPECT_TRUE(suffices(.5, .5));
  EXPECT_TRUE(suffices(.6, .5));
  EXPECT_FALSE(suffices(.4999999999999999, .5));
  EXPECT_TRUE(suffices(nan, .5));
  EXPECT_TRUE(suffices(.1, nan));
}

TEST(match_search, finds_nothing_below_the_threshold) {
  match_search search(.5);
  EXPECT_TRUE(search.consider(0, .4, false, false, false));
  EXPECT_EQ(search.best, -1);
}

TEST(match_search, takes_the_largest_overlap) {
  match_search search(.5);
  EXPECT_TRUE(search.consider(0, .6, false, false, false));
  EXPECT_TRUE(search.consider(1, .8, false, false, false));
  EXPECT_TRUE(search.consider(2, .7, false, false, false));
  EXPECT_EQ(search.best, 1);
  EXPECT_EQ(search.best_iou, .8);
}

TEST(match_search, takes_the_last_of_equals) {
  match_search search(.5);
  EXPECT_TRUE(search.consider(0, .8, false, false, false));
  EXPECT_TRUE(search.consider(1, .8, false, false, false));
  EXPECT_EQ(search.best, 1);
}

TEST(match_search, passes_over_what_is_taken) {
  match_search search(.5);
  EXPECT_TRUE(search.consider(0, .6, false, false, false));
  EXPECT_TRUE(search.consider(1, .9, false, true, false));
  EXPECT_EQ(search.best, 0);
}

TEST(match_search, matches_a_crowd_again) {
  match_search search(.5);
  EXPECT_TRUE(search.consider(0, .9, true, true, true));
  EXPECT_EQ(search.best, 0);
  EXPECT_TRUE(search.best_ignored);
}

TEST(match_search, ends_at_ignored_ground_truth_when_it_holds_one_that_counts) {
  match_search search(.5);
  EXPECT_TRUE(search.consider(0, .6, false, false, false));
  EXPECT_FALSE(search.consider(1, .9, true, false, false));
  EXPECT_EQ(search.best, 0);
  EXPECT_FALSE(search.best_ignored);
}

TEST(match_search, skips_taken_before_it_ends) {
  match_search search(.5);
  EXPECT_TRUE(search.consider(0, .6, false, false, false));
  EXPECT_TRUE(search.consider(1, .9, true, true, false));
  EXPECT_FALSE(search.consider(2, .9, true, false, false));
  EXPECT_EQ(search.best, 0);
}

TEST(match_search, goes_on_among_ignored_ones) {
  match_search search(.5);
  EXPECT_TRUE(search.consider(0, .6, true, false, false));
  EXPECT_TRUE(search.consider(1, .7, true, false, true));
  EXPECT_EQ(search.best, 1);
}

TEST(match_search, matches_nan_and_everything_after_it) {
  match_search search(.5);
  EXPECT_TRUE(search.consider(0, nan, false, false, false));
  EXPECT_EQ(search.best, 0);
  EXPECT_TRUE(search.consider(1, 0, false, false, false));
  EXPECT_EQ(search.best, 1);
}

TEST(match_search, at_threshold_one_takes_almost_one) {
  match_search search(1);
  EXPECT_TRUE(search.consider(0, 1 - 1e-9, false, false, false));
  EXPECT_EQ(search.best, -1);
  EXPECT_TRUE(search.consider(1, 1 - 1e-10, false, false, false));
  EXPECT_EQ(search.best, 1);
}

struct outcome_case {
  bool matched;
  bool match_counts;
  bool match_ignored;
  bool unmatched_ignored;
  outcome expected;
};

class outcome_table : public ::testing::TestWithParam<outcome_case> {};

TEST_P(outcome_table, holds) {
  outcome_case const& row = GetParam();
  EXPECT_EQ(outcome_of(row.matched, row.match_counts, row.match_ignored, row.unmatched_ignored), row.expected);
}

// match_counts is false for ground truth of id 0 in strict parity: consumed, yet the detection counts as unmatched.
INSTANTIATE_TEST_SUITE_P(all, outcome_table,
                         ::testing::Values(outcome_case{false, true, false, false, outcome::false_positive},
                                           outcome_case{false, true, false, true, outcome::ignored},
                                           outcome_case{true, true, false, false, outcome::true_positive},
                                           outcome_case{true, true, false, true, outcome::true_positive},
                                           outcome_case{true, true, true, false, outcome::ignored},
                                           outcome_case{true, true, true, true, outcome::ignored},
                                           outcome_case{true, false, false, false, outcome::false_positive},
                                           outcome_case{true, false, false, true, outcome::ignored},
                                           outcome_case{true, false, true, false, outcome::ignored},
                                           outcome_case{true, false, true, true, outcome::ignored}));

}  // namespace
