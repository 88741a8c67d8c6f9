#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include <maskmetrics/semantics/ranking.hpp>

#include "support/numbers.hpp"

namespace {

using maskmetrics::semantics::descending_key;
using maskmetrics::semantics::is_odd_score;
using support::infinity;
using support::nan;

TEST(descending_key, ascends_where_scores_descend) {
  std::vector<double> const best_first = {infinity,
                                          std::numeric_limits<double>::max(),
                                          1,
                                          0.9999999999999999,
                                          .5,
                                          std::numeric_limits<double>::min(),
                                          std::numeric_limits<double>::denorm_min(),
                                          0,
                                          -std::numeric_limits<double>::denorm_min(),
                                          -.5,
                                          -1,
                                          -1e300,
                                          -infinity,
                                          nan};
  for (std::size_t i = 1; i < best_first.size(); ++i) {
    EXPECT_LT(descending_key(best_first[i - 1]), descending_key(best_first[i]))
        << best_first[i - 1] << " before " << best_first[i];
  }
}

TEST(is_odd_score, is_beyond_a_probability) {
  for (double const score : {0., -0., .5, 1., 1.0000001192092896, -1e-7, infinity, -infinity, nan}) {
    EXPECT_FALSE(is_odd_score(score)) << score;
  }
  for (double const score : {1.00001, -1e-5, 2., 97.5, -4., std::numeric_limits<double>::max()}) {
    EXPECT_TRUE(is_odd_score(score)) << score;
  }
}

TEST(descending_key, takes_both_zeros_for_equal) {
  EXPECT_EQ(descending_key(0.), descending_key(-0.));
}

TEST(descending_key, takes_every_nan_for_equal) {
  EXPECT_EQ(descending_key(nan), descending_key(-nan));
  EXPECT_EQ(descending_key(nan), descending_key(std::numeric_limits<double>::signaling_NaN()));
}

}  // namespace
