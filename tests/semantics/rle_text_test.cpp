#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <maskmetrics/semantics/rle_text.hpp>

namespace {

using namespace maskmetrics::semantics;

std::string encode(std::vector<std::uint32_t> const& counts) {
  std::string text;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    std::int64_t const before = rle_text_is_difference(i) ? std::int64_t{counts[i - 2]} : 0;
    char groups[rle_text_max_groups];
    text.append(groups, write_rle_text_number(std::int64_t{counts[i]} - before, groups));
  }
  return text;
}

std::vector<std::uint32_t> decode(std::string const& text) {
  std::vector<std::uint32_t> counts;
  rle_text_number number;
  for (char const c : text) {
    if (!number.take(static_cast<std::uint32_t>(c) - rle_text_first)) continue;
    std::int64_t const before = rle_text_is_difference(counts.size()) ? std::int64_t{counts[counts.size() - 2]} : 0;
    counts.push_back(static_cast<std::uint32_t>(number.value + before));
    number = {};
  }
  return counts;
}

struct text_case {
  std::vector<std::uint32_t> counts;
  std::string text;
};

class rle_text_table : public ::testing::TestWithParam<text_case> {};

TEST_P(rle_text_table, is_written) {
  EXPECT_EQ(encode(GetParam().counts), GetParam().text);
}
TEST_P(rle_text_table, is_read) {
  EXPECT_EQ(decode(GetParam().text), GetParam().counts);
}

// pycocotools 2.0.11: mask.frPyObjects({'counts': ..., 'size': ...})['counts']
INSTANTIATE_TEST_SUITE_P(pycocotools, rle_text_table,
                         ::testing::Values(text_case{{6, 1, 40, 4, 5, 4, 5, 4, 21}, "61X13mN000`0"},
                                           text_case{{0, 100}, "0T3"}, text_case{{100}, "T3"},
                                           text_case{{15, 1, 84}, "?1d2"},   // 15 fits one group
                                           text_case{{16, 1, 83}, "`01c2"},  // 16 would read as negative
                                           text_case{{31, 32, 37}, "o0P1U1"}, text_case{{5, 6, 7, 8, 9}, "56722"},
                                           text_case{{50, 3, 2, 45}, "b132Z1"},
                                           text_case{{1000000, 2, 3, 500000, 1}, "Pb`n023nXX?N"}));

TEST(rle_text, starts_differences_at_the_fourth_number) {
  EXPECT_FALSE(rle_text_is_difference(0));
  EXPECT_FALSE(rle_text_is_difference(1));
  EXPECT_FALSE(rle_text_is_difference(2));
  EXPECT_TRUE(rle_text_is_difference(3));
  EXPECT_TRUE(rle_text_is_difference(4));
  EXPECT_EQ(encode({5, 5, 5, 5}), "5550");
}

TEST(rle_text, holds_the_largest_runs_in_seven_groups) {
  EXPECT_EQ(encode({0xFFFFFFFFU, 0, 0xFFFFFFFFU}).size(), 7U + 1U + 7U);
  std::vector<std::uint32_t> const falling = {0, 0xFFFFFFFFU, 0, 0, 0xFFFFFFFFU, 0xFFFFFFFFU};
  EXPECT_EQ(decode(encode(falling)), falling);
}

TEST(rle_text, keeps_the_sign_of_differences) {
  char groups[rle_text_max_groups];
  EXPECT_EQ(std::string(groups, write_rle_text_number(-1, groups)), "O");
  EXPECT_EQ(std::string(groups, write_rle_text_number(-16, groups)), "@");
  EXPECT_EQ(std::string(groups, write_rle_text_number(-17, groups)), "_O");
  rle_text_number number;
  EXPECT_TRUE(number.take('@' - rle_text_first));
  EXPECT_EQ(number.value, -16);
}

}  // namespace
