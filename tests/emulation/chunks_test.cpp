#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <vector>

#include <common/chunks.hpp>

namespace {

using maskmetrics::cell_range;

std::vector<cell_range> planned(std::vector<std::uint64_t> const& bytes, std::uint64_t available) {
  return maskmetrics::plan_chunks({bytes.data(), bytes.size()}, available);
}

TEST(chunks, of_nothing_are_none) {
  EXPECT_EQ(planned({}, 100), std::vector<cell_range>());
}

TEST(chunks, are_one_where_all_fits) {
  EXPECT_EQ(planned({30, 30, 40}, 100), (std::vector<cell_range>{{0, 3}}));
  EXPECT_EQ(planned({1, 2, 3}, std::numeric_limits<std::uint64_t>::max()), (std::vector<cell_range>{{0, 3}}));
}

TEST(chunks, are_as_long_as_fits) {
  EXPECT_EQ(planned({30, 30, 41, 60, 1}, 100), (std::vector<cell_range>{{0, 2}, {2, 3}, {3, 5}}));
}

TEST(chunks, leave_a_cell_that_is_too_large_alone) {
  EXPECT_EQ(planned({10, 500, 10, 10}, 100), (std::vector<cell_range>{{0, 1}, {1, 2}, {2, 4}}));
  EXPECT_EQ(planned({5, 5}, 0), (std::vector<cell_range>{{0, 1}, {1, 2}}));
}

TEST(chunks, do_not_overflow) {
  std::uint64_t const most = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(planned({most, most, 1}, most), (std::vector<cell_range>{{0, 1}, {1, 2}, {2, 3}}));
}

}  // namespace
