#include <gtest/gtest.h>

#include <maskmetrics/semantics/matching.hpp>

#include "support/numbers.hpp"

namespace {

using namespace maskmetrics::semantics;
using support::nan;

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

TEST(best_search, takes_the_first_of_the_largest) {
  best_search search;
  search.consider(0, .3);
  search.consider(1, .8);
  search.consider(2, .8);
  search.consider(3, .7);
  EXPECT_EQ(search.best, 1);
  EXPECT_EQ(search.best_iou, .8);
}

TEST(best_search, finds_nothing_where_nothing_overlaps) {
  best_search search;
  search.consider(0, 0);
  search.consider(1, -1);
  search.consider(2, nan);
  EXPECT_EQ(search.best, -1);
  EXPECT_FALSE(search.matches(0));
  EXPECT_FALSE(search.matches(-1));
}

TEST(best_search, passes_over_nan) {
  best_search search;
  search.consider(0, .5);
  search.consider(1, nan);
  search.consider(2, .6);
  search.consider(3, nan);
  EXPECT_EQ(search.best, 2);
}

TEST(best_search, matches_at_its_threshold_and_below) {
  best_search search;
  search.consider(0, .5);
  EXPECT_TRUE(search.matches(.5));
  EXPECT_TRUE(search.matches(0));
  EXPECT_FALSE(search.matches(.5000000000000001));
  EXPECT_FALSE(search.matches(nan));
  // Unlike COCO's search, a threshold of 1 means 1.
  best_search almost;
  almost.consider(0, 1 - 1e-11);
  EXPECT_FALSE(almost.matches(1));
}

/// Whatever is below the lowest threshold may be left out.
TEST(best_search, does_not_depend_on_what_cannot_match) {
  double const overlaps[] = {.1, .45, nan, .5, .2, .5, .49, 0, -1};
  for (double const lowest : {0., .2, .46, .5, .51}) {
    best_search all;
    best_search kept;
    for (int g = 0; g < 9; ++g) {
      all.consider(g, overlaps[g]);
      if (suffices(overlaps[g], lowest)) kept.consider(g, overlaps[g]);
    }
    for (double const threshold : {lowest, lowest + .01, 1.}) {
      EXPECT_EQ(all.matches(threshold), kept.matches(threshold)) << lowest << ' ' << threshold;
      if (!all.matches(threshold)) continue;
      EXPECT_EQ(all.best, kept.best) << lowest << ' ' << threshold;
    }
  }
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

struct best_case {
  bool matches;
  bool taken;
  bool ignored;
  bool unmatched_ignored;
  outcome expected;
};

class best_outcome_table : public ::testing::TestWithParam<best_case> {};

TEST_P(best_outcome_table, holds) {
  best_case const& row = GetParam();
  EXPECT_EQ(outcome_of_best(row.matches, row.taken, row.ignored, row.unmatched_ignored), row.expected);
}

INSTANTIATE_TEST_SUITE_P(all, best_outcome_table,
                         ::testing::Values(best_case{false, false, false, false, outcome::false_positive},
                                           best_case{false, false, false, true, outcome::ignored},
                                           best_case{true, false, false, false, outcome::true_positive},
                                           best_case{true, false, false, true, outcome::true_positive},
                                           best_case{true, true, false, false, outcome::false_positive},
                                           best_case{true, true, false, true, outcome::ignored},
                                           best_case{true, false, true, false, outcome::ignored},
                                           best_case{true, true, true, false, outcome::ignored},
                                           best_case{true, true, true, true, outcome::ignored}));

}  // namespace
