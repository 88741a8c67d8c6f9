#include <gtest/gtest.h>

#include <maskmetrics/semantics/federated.hpp>
#include <maskmetrics/semantics/relative_size.hpp>

#include "support/numbers.hpp"

namespace {

namespace semantics = maskmetrics::semantics;

using support::infinity;
using support::nan;

TEST(federated, what_has_no_area_does_not_take_part) {
  EXPECT_TRUE(semantics::takes_part(1));
  EXPECT_TRUE(semantics::takes_part(5e-324));
  EXPECT_TRUE(semantics::takes_part(1.7e308));
  EXPECT_FALSE(semantics::takes_part(0));
  EXPECT_FALSE(semantics::takes_part(-0.));
  EXPECT_FALSE(semantics::takes_part(-4));
  EXPECT_FALSE(semantics::takes_part(infinity));
  EXPECT_FALSE(semantics::takes_part(nan));
}

TEST(federated, a_category_is_verified_where_it_is_present_or_known_to_be_absent) {
  EXPECT_FALSE(semantics::is_verified(false, false));
  EXPECT_TRUE(semantics::is_verified(true, false));
  EXPECT_TRUE(semantics::is_verified(false, true));
  EXPECT_TRUE(semantics::is_verified(true, true));
}

TEST(federated, frequency_by_number_of_images) {
  EXPECT_EQ(semantics::frequency_of(0), 0);
  EXPECT_EQ(semantics::frequency_of(10), 0);
  EXPECT_EQ(semantics::frequency_of(11), 1);
  EXPECT_EQ(semantics::frequency_of(100), 1);
  EXPECT_EQ(semantics::frequency_of(101), 2);
  EXPECT_EQ(semantics::frequency_of(1'000'000), 2);
}

TEST(relative_size, is_the_root_of_the_share) {
  EXPECT_EQ(semantics::relative_size(25, 100), 0.5);
  EXPECT_EQ(semantics::relative_size(100, 100), 1);
  EXPECT_EQ(semantics::relative_size(0, 100), 0);
  EXPECT_EQ(semantics::relative_size(4, 1), 2);
}

}  // namespace
