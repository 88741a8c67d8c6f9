#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include <maskmetrics/semantics/area_range.hpp>

namespace {

using maskmetrics::semantics::outside_area_range;

TEST(area_range, holds_both_ends) {
  EXPECT_FALSE(outside_area_range(1024, 0, 1024));     // small
  EXPECT_FALSE(outside_area_range(1024, 1024, 9216));  // and medium
  EXPECT_FALSE(outside_area_range(9216, 1024, 9216));
  EXPECT_FALSE(outside_area_range(9216, 9216, 1e10));
  EXPECT_FALSE(outside_area_range(0, 0, 1024));
  EXPECT_FALSE(outside_area_range(1e10, 0, 1e10));
  EXPECT_FALSE(outside_area_range(7, 7, 7));
}

TEST(area_range, excludes_the_next_number) {
  EXPECT_TRUE(outside_area_range(std::nextafter(1024., 2000.), 0, 1024));
  EXPECT_TRUE(outside_area_range(std::nextafter(1024., 0.), 1024, 9216));
  EXPECT_TRUE(outside_area_range(-1, 0, 1e10));
  EXPECT_TRUE(outside_area_range(std::numeric_limits<double>::infinity(), 0, 1e10));
}

TEST(area_range, has_nan_everywhere) {
  EXPECT_FALSE(outside_area_range(std::numeric_limits<double>::quiet_NaN(), 1024, 9216));
}

}  // namespace
