#include <gtest/gtest.h>

#include <maskmetrics/semantics/box_layout.hpp>

#include "support/numbers.hpp"

namespace {

using maskmetrics::box;
using maskmetrics::box_layout;
using namespace maskmetrics::semantics;
using support::infinity;
using support::nan;

void expect_box(box const& found, box const& expected) {
  EXPECT_EQ(found.x, expected.x);
  EXPECT_EQ(found.y, expected.y);
  EXPECT_EQ(found.width, expected.width);
  EXPECT_EQ(found.height, expected.height);
}

TEST(box_of, layouts_that_mean_one_box) {
  expect_box(box_of({10, 5, 40, 20}, box_layout::xywh), {10, 5, 40, 20});
  expect_box(box_of({10, 5, 50, 25}, box_layout::xyxy), {10, 5, 40, 20});
  expect_box(box_of({30, 15, 40, 20}, box_layout::cxcywh), {10, 5, 40, 20});
}

TEST(box_of, rounds_as_one_subtraction_does) {
  expect_box(box_of({.1, .2, .3, .7}, box_layout::xyxy), {.1, .2, .3 - .1, .7 - .2});
  expect_box(box_of({.1, .2, .3, .7}, box_layout::cxcywh), {.1 - .15, .2 - .35, .3, .7});
}

TEST(box_of, keeps_what_is_upside_down) {
  expect_box(box_of({50, 25, 10, 5}, box_layout::xyxy), {50, 25, -40, -20});
  expect_box(box_of({0, 0, -4, -2}, box_layout::cxcywh), {2, 1, -4, -2});
}

TEST(in_pixels, multiplies_by_the_side_that_a_number_is_along) {
  expect_box(in_pixels({.25, .5, .125, 1}, 640, 480), {160, 240, 80, 480});
  expect_box(in_pixels({.1, .2, .3, .4}, 7, 3), {.1 * 7, .2 * 3, .3 * 7, .4 * 3});
}

TEST(in_pixels, comes_before_the_layout) {
  // 0.3 * 7 - 0.1 * 7 is not (0.3 - 0.1) * 7.
  expect_box(box_of(in_pixels({.1, .2, .3, .4}, 7, 3), box_layout::xyxy),
             {.1 * 7, .2 * 3, .3 * 7 - .1 * 7, .4 * 3 - .2 * 3});
}

TEST(is_within_one, holds_both_ends_and_what_was_not_clipped) {
  EXPECT_TRUE(is_within_one({-1e-6, 1.000001, 1.02, -.05}));
  EXPECT_TRUE(is_within_one({0, 0, 1, 1}));
  EXPECT_TRUE(is_within_one({.5, .25, .125, 1}));
  for (box const& outside : {box{-.1, 0, 0, 0},
                             {0, -.1, 0, 0},
                             {0, 0, -.1, 0},
                             {0, 0, 0, -.1},
                             {1.1, 0, 0, 0},
                             {0, 1.1, 0, 0},
                             {0, 0, 1.1, 0},
                             {0, 0, 0, 1.1},
                             {nan, 0, 0, 0},
                             {0, 0, 0, infinity}}) {
    EXPECT_FALSE(is_within_one(outside));
  }
}

TEST(leaves_image, by_more_than_a_20th) {
  EXPECT_FALSE(leaves_image({0, 0, 100, 80}, 100, 80));
  EXPECT_FALSE(leaves_image({-5, -4, 110, 88}, 100, 80));
  EXPECT_TRUE(leaves_image({-5.5, 0, 10, 10}, 100, 80));
  EXPECT_TRUE(leaves_image({0, -4.5, 10, 10}, 100, 80));
  EXPECT_TRUE(leaves_image({60, 0, 46, 10}, 100, 80));
  EXPECT_TRUE(leaves_image({0, 60, 10, 25}, 100, 80));
  EXPECT_TRUE(leaves_image({0, 0, infinity, 1}, 100, 80));
}

TEST(leaves_image, by_more_than_two_pixels_where_it_is_small) {
  EXPECT_FALSE(leaves_image({0, 0, 12, 12}, 10, 10));
  EXPECT_TRUE(leaves_image({0, 0, 12.5, 1}, 10, 10));
}

TEST(leaves_image, not_with_nan) {
  EXPECT_FALSE(leaves_image({nan, nan, nan, nan}, 100, 80));
}

}  // namespace
