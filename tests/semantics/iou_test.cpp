#include <gtest/gtest.h>

#include <cmath>

#include <maskmetrics/semantics/iou.hpp>

#include "support/numbers.hpp"

namespace {

using maskmetrics::box;
using namespace maskmetrics::semantics;
using support::infinity;
using support::nan;

TEST(box_iou, of_a_box_with_itself_is_one) {
  EXPECT_EQ(box_iou({0, 0, 10, 10}, {0, 0, 10, 10}, false), 1);
  EXPECT_EQ(box_iou({3.5, 2.25, 4, 8}, {3.5, 2.25, 4, 8}, false), 1);
}

TEST(box_iou, divides_common_area_by_union) {
  EXPECT_EQ(box_iou({0, 0, 10, 10}, {5, 0, 10, 10}, false), 50. / 150);
  EXPECT_EQ(box_iou({0, 0, 10, 10}, {5, 5, 10, 10}, false), 25. / 175);
  EXPECT_EQ(box_iou({2, 2, 2, 2}, {0, 0, 10, 10}, false), 4. / 100);
}

TEST(box_iou, has_no_pixel_of_extra_width) {
  EXPECT_EQ(box_iou({0, 0, 10, 10}, {10, 0, 10, 10}, false), 0);
  EXPECT_EQ(box_iou({0, 0, 10, 10}, {0, 10, 10, 10}, false), 0);
  EXPECT_EQ(box_iou({0, 0, 10, 10}, {30, 30, 10, 10}, false), 0);
}

TEST(box_iou, of_a_crowd_divides_by_the_detection) {
  EXPECT_EQ(box_iou({0, 0, 10, 10}, {5, 0, 10, 10}, true), .5);
  EXPECT_EQ(box_iou({2, 2, 2, 2}, {0, 0, 10, 10}, true), 1);
  EXPECT_EQ(box_iou({0, 0, 10, 10}, {2, 2, 2, 2}, true), .04);
}

TEST(box_iou, adds_areas_before_it_takes_the_intersection_away) {
  // Observed in pycocotools 2.0.11; (da - i) + ga would round differently.
  box const d{.1, .2, .7, .3};
  box const g{.3, .25, .9, .35};
  double const width = (.7 + .1) - .3;
  double const height = (.3 + .2) - .25;
  double const intersection = width * height;
  EXPECT_EQ(box_iou(d, g, false), intersection / ((.7 * .3 + .9 * .35) - intersection));
}

TEST(box_iou, of_empty_boxes_is_zero) {
  EXPECT_EQ(box_iou({0, 0, 0, 0}, {0, 0, 0, 0}, false), 0);
  EXPECT_EQ(box_iou({5, 5, 0, 4}, {0, 0, 10, 10}, true), 0);
  EXPECT_EQ(box_iou({5, 5, -2, 4}, {0, 0, 10, 10}, false), 0);
}

TEST(box_iou, drops_nan_coordinates_as_fmin_and_fmax_do) {
  EXPECT_EQ(box_iou({nan, 0, 10, 10}, {0, 0, 10, 10}, false), 1);
  EXPECT_EQ(box_iou({0, 0, 10, 10}, {0, nan, 10, 10}, false), 1);
  EXPECT_TRUE(std::isnan(box_iou({0, 0, nan, 10}, {0, 0, 10, 10}, false)));
  EXPECT_TRUE(std::isnan(box_iou({nan, 0, 10, 10}, {nan, 0, 10, 10}, false)));
}

TEST(box_iou, of_infinite_boxes_is_what_ieee_says) {
  EXPECT_EQ(box_iou({0, 0, infinity, 10}, {0, 0, 10, 10}, false), 0);
  EXPECT_TRUE(std::isnan(box_iou({0, 0, infinity, 10}, {0, 0, infinity, 10}, false)));
}

TEST(inclusive_box_iou, counts_the_last_pixel) {
  // Corners (0, 0) and (9, 9) enclose 100 pixels.
  EXPECT_EQ(inclusive_box_iou({0, 0, 9, 9}, {0, 0, 9, 9}), 1);
  EXPECT_EQ(inclusive_box_iou({0, 0, 9, 9}, {5, 0, 9, 9}), 50. / 150);
  EXPECT_EQ(inclusive_box_iou({2, 2, 1, 1}, {0, 0, 9, 9}), 4. / 100);
  EXPECT_EQ(inclusive_box_iou({0, 0, 0, 0}, {0, 0, 0, 0}), 1);  // one pixel
}

TEST(inclusive_box_iou, of_boxes_that_touch_is_their_common_column) {
  EXPECT_EQ(inclusive_box_iou({0, 0, 9, 9}, {9, 0, 9, 9}), 10. / 190);
  EXPECT_EQ(inclusive_box_iou({0, 0, 9, 9}, {10, 0, 9, 9}), 0);
  EXPECT_EQ(inclusive_box_iou({0, 0, 9, 9}, {0, 10, 9, 9}), 0);
  EXPECT_EQ(inclusive_box_iou({0, 0, 9, 9}, {30, 30, 9, 9}), 0);
  // Less than a pixel apart, they meet all the same.
  EXPECT_EQ(inclusive_box_iou({0, 0, 9, 9}, {9.5, 0, 9, 9}), 5. / 195);
}

TEST(inclusive_box_iou, of_nan_is_what_ieee_says) {
  EXPECT_TRUE(std::isnan(inclusive_box_iou({0, 0, nan, 9}, {0, 0, 9, 9})));
  EXPECT_EQ(inclusive_box_iou({nan, 0, 9, 9}, {0, 0, 9, 9}), 1);
  EXPECT_EQ(inclusive_box_iou({nan, nan, nan, nan}, {nan, nan, nan, nan}), 0);
}

TEST(box_iou, follows_its_convention) {
  box const d{0, 0, 9, 9};
  box const g{9, 0, 9, 9};
  EXPECT_EQ(box_iou(d, g, false, maskmetrics::box_convention::continuous), 0);
  EXPECT_EQ(box_iou(d, g, false, maskmetrics::box_convention::inclusive), 10. / 190);
  EXPECT_EQ(box_iou({0, 0, 4, 9}, d, true, maskmetrics::box_convention::continuous), 1);
  EXPECT_EQ(box_iou({0, 0, 4, 9}, d, true, maskmetrics::box_convention::inclusive), .5);
}

TEST(box_area, follows_its_convention) {
  EXPECT_EQ(box_area({3, 4, 9, 4}, maskmetrics::box_convention::continuous), 36);
  EXPECT_EQ(box_area({3, 4, 9, 4}, maskmetrics::box_convention::inclusive), 50);
}

TEST(measured_box, ends_at_its_last_pixel_where_that_counts) {
  box const tight{3, 4, 10, 5};
  EXPECT_EQ(measured_box(tight, maskmetrics::box_convention::continuous).width, 10);
  box const inclusive = measured_box(tight, maskmetrics::box_convention::inclusive);
  EXPECT_EQ(inclusive.x, 3);
  EXPECT_EQ(inclusive.y, 4);
  EXPECT_EQ(inclusive.width, 9);
  EXPECT_EQ(inclusive.height, 4);
  EXPECT_EQ(box_area(inclusive, maskmetrics::box_convention::inclusive), 50);
  // A mask without a pixel overlaps nothing.
  box const nothing = measured_box({0, 0, 0, 0}, maskmetrics::box_convention::inclusive);
  EXPECT_EQ(inclusive_box_iou(nothing, {0, 0, 9, 9}), 0);
  EXPECT_EQ(inclusive_box_iou(nothing, nothing), 0);
}

TEST(box_overlap, needs_common_area) {
  EXPECT_TRUE(overlap({0, 0, 2, 2}, {1, 1, 2, 2}).any());
  EXPECT_FALSE(overlap({0, 0, 2, 2}, {2, 0, 2, 2}).any());
  EXPECT_FALSE(overlap({0, 0, 2, 2}, {0, 2, 2, 2}).any());
  EXPECT_FALSE(overlap({0, 0, 0, 0}, {0, 0, 2, 2}).any());
  // Wrapped boxes of masks whose foreground runs are all empty: outside of their own image, yet they meet each other.
  EXPECT_FALSE(overlap({20, 10, 4294967277, 4294967287}, {0, 0, 20, 10}).any());
  EXPECT_TRUE(overlap({20, 10, 4294967277, 4294967287}, {20, 10, 4294967277, 4294967287}).any());
}

TEST(box_overlap, counts_nan_as_common) {
  EXPECT_TRUE(overlap({0, 0, nan, 2}, {0, 0, 2, 2}).any());
  EXPECT_FALSE(overlap({0, 0, nan, 2}, {0, 5, 2, 2}).any());
}

TEST(mask_iou, divides_pixel_counts) {
  EXPECT_EQ(mask_iou(0, 5, 7, false), 0);
  EXPECT_EQ(mask_iou(3, 5, 7, false), 3. / 9);
  EXPECT_EQ(mask_iou(5, 5, 5, false), 1);
  EXPECT_EQ(mask_iou(1, 3, 1, false), 1. / 3);
}

TEST(mask_iou, of_a_crowd_divides_by_the_detection) {
  EXPECT_EQ(mask_iou(3, 5, 7, true), 3. / 5);
  EXPECT_EQ(mask_iou(5, 5, 1000, true), 1);
  EXPECT_EQ(mask_iou(0, 0, 7, true), 0);
}

TEST(mask_iou, bound_is_reached_by_nested_masks) {
  EXPECT_EQ(mask_iou_bound(100, 5, 7, false), mask_iou(5, 5, 7, false));
  EXPECT_EQ(mask_iou_bound(4, 5, 7, false), mask_iou(4, 5, 7, false));
  EXPECT_EQ(mask_iou_bound(100, 5, 7, true), 1);
  EXPECT_EQ(mask_iou_bound(100, 7, 5, true), 5. / 7);
}

TEST(mask_iou, bound_is_never_below_the_exact_value) {
  for (std::uint32_t d = 1; d < 20; ++d) {
    for (std::uint32_t g = 1; g < 20; ++g) {
      for (std::uint32_t common = 0; common <= d && common <= g; ++common) {
        for (std::uint32_t at_most = common; at_most < 25; ++at_most) {
          ASSERT_LE(mask_iou(common, d, g, false), mask_iou_bound(at_most, d, g, false));
          ASSERT_LE(mask_iou(common, d, g, true), mask_iou_bound(at_most, d, g, true));
        }
      }
    }
  }
}

TEST(mask_iou, of_different_sizes_is_minus_one) {
  EXPECT_EQ(size_mismatch_iou, -1);
}

}  // namespace
