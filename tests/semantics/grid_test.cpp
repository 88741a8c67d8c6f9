#include <gtest/gtest.h>

#include <vector>

#include <maskmetrics/semantics/grid.hpp>

namespace {

using maskmetrics::semantics::linspace;

TEST(linspace, makes_numpys_iou_thresholds) {
  std::vector<double> const expected = {
      0x1p-1,   0x1.199999999999ap-1, 0x1.3333333333333p-1, 0x1.4cccccccccccdp-1, 0x1.6666666666666p-1,
      0x1.8p-1, 0x1.999999999999ap-1, 0x1.b333333333333p-1, 0x1.cccccccccccccp-1, 0x1.e666666666666p-1};
  for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(linspace(.5, .95, 10, i), expected[i]) << i;
}

TEST(linspace, differs_from_the_grids_one_would_write) {
  std::vector<std::size_t> hundredths;
  for (std::size_t i = 0; i <= 100; ++i) {
    EXPECT_EQ(linspace(0, 1, 101, i), static_cast<double>(i) * .01);
    if (linspace(0, 1, 101, i) != static_cast<double>(i) / 100) hundredths.push_back(i);
  }
  EXPECT_EQ(hundredths, (std::vector<std::size_t>{35, 41, 47, 57, 69, 70, 82, 83, 94, 95}));

  std::vector<std::size_t> twentieths;
  for (std::size_t i = 0; i < 10; ++i) {
    if (linspace(.5, .95, 10, i) != .5 + .05 * static_cast<double>(i)) twentieths.push_back(i);
  }
  EXPECT_EQ(twentieths, (std::vector<std::size_t>{7, 8}));
}

TEST(linspace, ends_exactly) {
  EXPECT_EQ(linspace(.5, .95, 10, 9), .95);
  EXPECT_EQ(linspace(0, 1, 101, 100), 1);
  EXPECT_EQ(linspace(0, .9, 33, 32), .9);
  EXPECT_EQ(linspace(.25, 1, 1, 0), .25);
}

}  // namespace
