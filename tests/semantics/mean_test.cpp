#include <gtest/gtest.h>

#include <vector>

#include <maskmetrics/semantics/mean.hpp>

namespace {

using maskmetrics::host_view;
using namespace maskmetrics::semantics;

std::vector<double> sample(std::size_t count) {
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(static_cast<double>(i * 7919 % 1009) / 1009);
  return values;
}

double one_by_one(std::vector<double> const& values) {
  double sum = 0;
  for (double const value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

struct mean_case {
  std::size_t count;
  double expected;
  bool order_matters;  ///< adding one by one gives another last bit
};

class mean_table : public ::testing::TestWithParam<mean_case> {};

TEST_P(mean_table, equals_numpy) {
  std::vector<double> const values = sample(GetParam().count);
  EXPECT_EQ(pairwise_mean(host_view<double const>(values)), GetParam().expected);
  EXPECT_EQ(one_by_one(values) != GetParam().expected, GetParam().order_matters);
}

// numpy 2.4.6: numpy.mean(numpy.array([i * 7919 % 1009 / 1009 for i in range(count)]))
INSTANTIATE_TEST_SUITE_P(
    numpy, mean_table,
    ::testing::Values(mean_case{1, 0, false}, mean_case{7, 0x1.9be404c8cc6c7p-2, false},
                      mean_case{8, 0x1.e08a0594ee7e6p-2, true}, mean_case{9, 0x1.0256ff2047443p-1, true},
                      mean_case{127, 0x1.0112a31e25f84p-1, false}, mean_case{128, 0x1.0208a0594ee7fp-1, true},
                      mean_case{129, 0x1.0260bb1cedf97p-1, false}, mean_case{1000, 0x1.00171f6a06f22p-1, true}));

TEST(pairwise_sum, of_nothing_is_zero) {
  EXPECT_EQ(pairwise_sum({}), 0);
}

TEST(pairwise_sum, cuts_halves_at_multiples_of_eight) {
  // 131 values are cut into 64 and 67. With 2^53 in front, ones added singly vanish and lanes of ones do not.
  std::vector<double> values(131, 1);
  values[0] = 0x1p53;
  double const first = block_sum({values.data(), 64});
  double const second = block_sum({values.data() + 64, 67});
  EXPECT_EQ(second, 67);
  EXPECT_EQ(pairwise_sum(host_view<double const>(values)), first + second);
}

TEST(mean_of_points, adds_from_the_last_to_the_first) {
  std::vector<double> const samples = {1, 0x1p-53, 0x1p-53};
  EXPECT_EQ(mean_of_points({samples.data(), samples.size()}), (1 + 0x1p-52) / 3);
  std::vector<double> const backwards(samples.rbegin(), samples.rend());
  EXPECT_EQ(mean_of_points({backwards.data(), backwards.size()}), 1. / 3);
}

}  // namespace
