#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include <maskmetrics/semantics/accumulate.hpp>
#include <maskmetrics/semantics/grid.hpp>

namespace {

using namespace maskmetrics::semantics;

TEST(precision, is_never_quite_one_for_few_detections) {
  // The epsilon is added to the denominator: pycocotools prints 1.000 but holds this.
  EXPECT_EQ(precision_at(1, 0, precision_epsilon), 0.9999999999999998);
  EXPECT_EQ(precision_at(2, 0, precision_epsilon), 1.0);  // half an epsilon of 2 is rounded away
  EXPECT_EQ(precision_at(1000, 0, precision_epsilon), 1.0);
}

TEST(precision, is_one_where_no_epsilon_is_added) {
  EXPECT_EQ(precision_at(1, 0, 0), 1);
  EXPECT_EQ(precision_at(2, 1, 0), 2. / 3);
  EXPECT_EQ(precision_at(0, 3, 0), 0);
}

TEST(precision, divides_true_positives_by_all_that_count) {
  EXPECT_EQ(precision_at(1, 1, precision_epsilon), .5);
  EXPECT_EQ(precision_at(2, 1, precision_epsilon), 2. / 3);
  EXPECT_EQ(precision_at(3, 1, precision_epsilon), .75);
  EXPECT_EQ(precision_at(0, 5, precision_epsilon), 0);
}

TEST(precision, of_nothing_is_zero_and_not_nan) {
  EXPECT_EQ(precision_at(0, 0, precision_epsilon), 0);
  EXPECT_EQ(precision_at(0, 0, 0), 0);
}

TEST(recall, is_the_rounded_quotient) {
  EXPECT_EQ(recall_at(0, 3), 0);
  EXPECT_EQ(recall_at(1, 3), 1. / 3);
  EXPECT_EQ(recall_at(7, 10), .7);
  EXPECT_EQ(recall_at(3, 3), 1);
}

TEST(envelope, keeps_the_largest_from_behind) {
  EXPECT_EQ(envelope_step(.25, .5), .5);
  EXPECT_EQ(envelope_step(.5, .25), .5);
  EXPECT_EQ(envelope_step(.5, .5), .5);
  EXPECT_EQ(envelope_step(0, 0), 0);
}

TEST(envelope, makes_a_staircase_of_a_saw) {
  std::vector<double> precision = {1, .5, 2. / 3, .5, .6};
  for (std::size_t i = precision.size() - 1; i > 0; --i)
    precision[i - 1] = envelope_step(precision[i - 1], precision[i]);
  EXPECT_EQ(precision, (std::vector<double>{1, 2. / 3, 2. / 3, .6, .6}));
}

TEST(area_step, is_the_growth_of_recall_times_the_envelope) {
  EXPECT_EQ(area_step(1, 4, .5), .125);
  EXPECT_EQ(area_step(4, 4, 1), .25);
  // Recall is rounded before the difference is taken.
  EXPECT_EQ(area_step(3, 10, 1), 3. / 10 - 2. / 10);
  EXPECT_NE(area_step(3, 10, 1), 1. / 10);
}

TEST(area_step, sums_up_to_the_area_that_vocap_finds) {
  // Recall .2 .4 .4 .6 with precision 1 1 2/3 3/4 of five ground truths.
  std::vector<double> const envelope = {1, 1, .75};
  double area = 0;
  for (std::size_t i = 0; i < envelope.size(); ++i) area += area_step(i + 1, 5, envelope[i]);
  EXPECT_EQ(area, (1. / 5 + (2. / 5 - 1. / 5)) + (3. / 5 - 2. / 5) * .75);
}

struct needed_case {
  double recall_threshold;
  std::uint64_t num_ground_truths;
  std::uint64_t needed;
};

class needed_true_positives_table : public ::testing::TestWithParam<needed_case> {};

TEST_P(needed_true_positives_table, equals_searchsorted) {
  auto const& [threshold, count, needed] = GetParam();
  EXPECT_EQ(needed_true_positives(threshold, count), needed);
}

double grid_at(std::size_t i) {
  return linspace(0, 1, 101, i);
}

// numpy.searchsorted(arange(1, n + 1) / n, linspace(0, 1, 101)[i], 'left') + 1, and 0 for a threshold of 0.
INSTANTIATE_TEST_SUITE_P(numpy, needed_true_positives_table,
                         ::testing::Values(needed_case{grid_at(0), 10, 0}, needed_case{grid_at(1), 10, 1},
                                           needed_case{grid_at(7), 10, 1}, needed_case{grid_at(29), 10, 3},
                                           needed_case{grid_at(57), 10, 6}, needed_case{grid_at(99), 10, 10},
                                           needed_case{grid_at(100), 10, 10}, needed_case{grid_at(7), 100, 7},
                                           needed_case{grid_at(29), 100, 29}, needed_case{grid_at(57), 100, 58},
                                           needed_case{grid_at(58), 100, 58}, needed_case{grid_at(70), 100, 71},
                                           needed_case{grid_at(58), 7, 5}, needed_case{grid_at(57), 7, 4},
                                           needed_case{grid_at(70), 3, 3}, needed_case{grid_at(57), 1000, 571},
                                           needed_case{grid_at(70), 1000, 701}, needed_case{grid_at(100), 1, 1}));

TEST(needed_true_positives, tells_seven_tenths_from_the_grid_value) {
  // 70 * 0.01 is one bit above 0.7, so seven of ten do not reach it.
  EXPECT_EQ(grid_at(70), 0x1.6666666666667p-1);
  EXPECT_EQ(needed_true_positives(grid_at(70), 10), 8U);
  EXPECT_EQ(needed_true_positives(.7, 10), 7U);
}

TEST(needed_true_positives, knows_what_cannot_be_reached) {
  EXPECT_EQ(needed_true_positives(std::nextafter(1., 2.), 10), unreachable_recall);
  EXPECT_EQ(needed_true_positives(std::numeric_limits<double>::infinity(), 10), unreachable_recall);
  EXPECT_EQ(needed_true_positives(std::numeric_limits<double>::quiet_NaN(), 10), unreachable_recall);
  EXPECT_EQ(needed_true_positives(-1, 10), 0U);
  EXPECT_EQ(needed_true_positives(std::numeric_limits<double>::denorm_min(), 10), 1U);
}

TEST(needed_true_positives, is_the_smallest_sufficient_count) {
  for (std::uint64_t count = 1; count <= 300; ++count) {
    for (std::size_t i = 1; i <= 100; ++i) {
      std::uint64_t const needed = needed_true_positives(grid_at(i), count);
      ASSERT_LE(needed, count);
      ASSERT_GE(recall_at(needed, count), grid_at(i));
      ASSERT_LT(recall_at(needed - 1, count), grid_at(i));
    }
  }
}

}  // namespace
