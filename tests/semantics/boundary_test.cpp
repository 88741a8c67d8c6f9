#include <maskmetrics/semantics/boundary.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "support/numbers.hpp"

namespace maskmetrics::semantics {
namespace {

using support::infinity;

TEST(boundary_reach, is_a_part_of_the_diagonal) {
  EXPECT_EQ(boundary_reach_px(480, 640, .02), 16U);  // diagonal 800
  EXPECT_EQ(boundary_reach_px(640, 480, .02), 16U);
  EXPECT_EQ(boundary_reach_px(427, 640, .02), 15U);    // 15.387
  EXPECT_EQ(boundary_reach_px(480, 640, .008), 6U);    // 6.4
  EXPECT_EQ(boundary_reach_px(1080, 1920, .02), 44U);  // 44.06
}

TEST(boundary_reach, is_one_at_least) {
  EXPECT_EQ(boundary_reach_px(1, 1, .02), 1U);
  EXPECT_EQ(boundary_reach_px(3, 4, .1), 1U);
  EXPECT_EQ(boundary_reach_px(480, 640, 1e-300), 1U);
}

TEST(boundary_reach, rounds_halves_to_even) {
  EXPECT_EQ(boundary_reach_px(3, 4, .5), 2U);     // 2.5
  EXPECT_EQ(boundary_reach_px(3, 4, .3), 2U);     // 1.5
  EXPECT_EQ(boundary_reach_px(3, 4, .7), 4U);     // 3.5
  EXPECT_EQ(boundary_reach_px(3, 4, .9), 4U);     // 4.5
  EXPECT_EQ(boundary_reach_px(30, 40, .05), 2U);  // 2.5
}

TEST(boundary_reach, multiplies_the_rounded_root) {
  // 0.7 * 5 is 3.5 only because 0.7 is rounded; one ulp below it falls to 3.
  EXPECT_EQ(boundary_reach_px(3, 4, std::nextafter(.7, 0)), 3U);
  EXPECT_EQ(boundary_reach_px(3, 4, std::nextafter(.5, 1)), 3U);
}

TEST(boundary_reach, stays_within_32_bits) {
  EXPECT_EQ(boundary_reach_px(1, 0x7FFFFFFF, 1), 0x7FFFFFFFU);
  EXPECT_EQ(boundary_reach_px(0x7FFFFFFF, 1, 1e300), 0x7FFFFFFFU);
  EXPECT_EQ(boundary_reach_px(480, 640, infinity), 0x7FFFFFFFU);
}

TEST(boundary_interior, needs_more_than_twice_the_reach_both_ways) {
  EXPECT_FALSE(may_have_interior(2, 2, 1));
  EXPECT_FALSE(may_have_interior(2, 100, 1));
  EXPECT_FALSE(may_have_interior(100, 2, 1));
  EXPECT_TRUE(may_have_interior(3, 3, 1));
  EXPECT_FALSE(may_have_interior(32, 33, 16));
  EXPECT_TRUE(may_have_interior(33, 33, 16));
  EXPECT_FALSE(may_have_interior(0x7FFFFFFF, 0x7FFFFFFF, 0x7FFFFFFF));
}

TEST(boundary_doubling, covers_the_length_exactly) {
  EXPECT_EQ(doubling_step(1, 3), 1U);
  EXPECT_EQ(doubling_step(2, 3), 1U);
  EXPECT_EQ(doubling_step(16, 33), 16U);
  EXPECT_EQ(doubling_step(32, 33), 1U);
  for (std::uint64_t length = 1; length <= 300; ++length) {
    std::uint64_t covered = 1;
    std::uint64_t passes = 0;
    for (; covered < length; ++passes) {
      std::uint64_t const step = doubling_step(covered, length);
      // A step beyond what is covered would leave a gap.
      ASSERT_LE(step, covered);
      ASSERT_GT(step, 0U);
      covered += step;
    }
    EXPECT_EQ(covered, length);
    EXPECT_EQ(passes, static_cast<std::uint64_t>(std::ceil(std::log2(length))));
  }
}

TEST(boundary_strips, hold_the_box) {
  strip_grid const one({5, 60, 7, 4});  // rows 60 to 63
  EXPECT_EQ(one.first_column, 5U);
  EXPECT_EQ(one.num_columns, 7U);
  EXPECT_EQ(one.first_strip, 0U);
  EXPECT_EQ(one.num_strips, 1U);
  strip_grid const two({5, 60, 7, 5});  // rows 60 to 64
  EXPECT_EQ(two.num_strips, 2U);
  EXPECT_EQ(two.num_words(), 14U);
  EXPECT_EQ(two.word(1, 6), 8U);
  strip_grid const low({0, 128, 1, 1});
  EXPECT_EQ(low.first_strip, 2U);
  EXPECT_EQ(low.num_strips, 1U);
}

TEST(boundary_strips, in_common) {
  strip_grid const a({5, 60, 7, 5});
  strip_grid const b({10, 64, 20, 200});
  common_strips const both(a, b);
  EXPECT_EQ(both.first_column, 10U);
  EXPECT_EQ(both.end_column, 12U);
  EXPECT_EQ(both.first_strip, 1U);
  EXPECT_EQ(both.end_strip, 2U);
  common_strips const none(a, strip_grid({100, 60, 7, 5}));
  EXPECT_EQ(none.first_column, none.end_column);
}

TEST(boundary_strips, bits_of_rows) {
  constexpr std::uint64_t all = ~std::uint64_t{0};
  EXPECT_EQ(strip_bits(0, 1, 0), 1U);
  EXPECT_EQ(strip_bits(3, 6, 0), 0b111000U);
  EXPECT_EQ(strip_bits(63, 64, 0), std::uint64_t{1} << 63);
  EXPECT_EQ(strip_bits(0, 64, 0), all);
  EXPECT_EQ(strip_bits(60, 70, 0), std::uint64_t{15} << 60);
  EXPECT_EQ(strip_bits(60, 70, 1), 63U);
  EXPECT_EQ(strip_bits(60, 200, 1), all);
  EXPECT_EQ(strip_bits(60, 200, 3), 255U);
}

TEST(boundary_rule, asks_for_boundaries_only_where_they_can_decide) {
  EXPECT_TRUE(needs_boundary(.5, false, .5));
  EXPECT_FALSE(needs_boundary(.499, false, .5));
  EXPECT_FALSE(needs_boundary(.5, true, .5));
  EXPECT_FALSE(needs_boundary(0, false, 0));
  EXPECT_FALSE(needs_boundary(-1, false, -1));
  EXPECT_TRUE(needs_boundary(1e-300, false, 0));
}

TEST(boundary_rule, takes_the_smaller_overlap) {
  EXPECT_EQ(joined_iou(.5, .4), .4);
  EXPECT_EQ(joined_iou(.4, .5), .4);
  EXPECT_EQ(joined_iou(.5, 0), 0);
}

}  // namespace
}  // namespace maskmetrics::semantics
