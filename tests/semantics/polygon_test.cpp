#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include <maskmetrics/semantics/polygon.hpp>

namespace {

using namespace maskmetrics::semantics;

TEST(polygon_grid_point, rounds_halves_up_and_truncates_negatives) {
  EXPECT_EQ(polygon_grid_point(0), 0);
  EXPECT_EQ(polygon_grid_point(1), 5);
  EXPECT_EQ(polygon_grid_point(.1), 1);  // .5 + .5
  EXPECT_EQ(polygon_grid_point(.09), 0);
  EXPECT_EQ(polygon_grid_point(-.1), 0);
  EXPECT_EQ(polygon_grid_point(-1), -4);  // -4.5 toward zero
  EXPECT_EQ(polygon_grid_point(-2), -9);
}

TEST(polygon_coordinate, must_be_finite_and_near) {
  EXPECT_TRUE(valid_polygon_coordinate(0));
  EXPECT_TRUE(valid_polygon_coordinate(-polygon_limit_px));
  EXPECT_FALSE(valid_polygon_coordinate(polygon_limit_px * 1.001));
  EXPECT_FALSE(valid_polygon_coordinate(std::numeric_limits<double>::quiet_NaN()));
  EXPECT_FALSE(valid_polygon_coordinate(std::numeric_limits<double>::infinity()));
}

TEST(polygon_edge, walks_along_its_longer_axis_from_the_lower_end) {
  polygon_edge const level(10, 3, 2, 5);
  EXPECT_TRUE(level.along_x);
  EXPECT_EQ(level.x, 2);
  EXPECT_EQ(level.y, 5);
  EXPECT_EQ(level.length, 8);
  EXPECT_EQ(level.slope, -.25);
  EXPECT_EQ(level.other(0), 5);
  EXPECT_EQ(level.other(1), 5);  // 4.75 + .5
  EXPECT_EQ(level.other(2), 5);  // 4.5 + .5
  EXPECT_EQ(level.other(3), 4);
  EXPECT_EQ(level.other(8), 3);

  polygon_edge const steep(4, 9, 6, 1);
  EXPECT_FALSE(steep.along_x);
  EXPECT_EQ(steep.x, 6);
  EXPECT_EQ(steep.y, 1);
  EXPECT_EQ(steep.length, 8);
  EXPECT_EQ(steep.other(8), 4);
}

TEST(polygon_edge, takes_a_diagonal_along_x) {
  EXPECT_TRUE(polygon_edge(0, 0, 5, 5).along_x);
}

TEST(polygon_edge, of_no_length_has_no_crossing) {
  polygon_edge const point(5, 5, 5, 5);
  EXPECT_EQ(point.length, 0);
  int crossings = 0;
  for_each_crossing(point, 9, 9, [&](std::uint32_t, std::uint32_t) { ++crossings; });
  EXPECT_EQ(crossings, 0);
}

TEST(polygon_crossing_row, rounds_up_and_stays_inside) {
  EXPECT_EQ(polygon_crossing_row(-50, 6), 0U);
  EXPECT_EQ(polygon_crossing_row(2, 6), 0U);
  EXPECT_EQ(polygon_crossing_row(3, 6), 1U);
  EXPECT_EQ(polygon_crossing_row(7, 6), 1U);
  EXPECT_EQ(polygon_crossing_row(8, 6), 2U);
  EXPECT_EQ(polygon_crossing_row(500, 6), 6U);
}

struct polygon_case {
  char const* name;
  std::vector<double> ring;
  std::vector<std::string> rows;
};

std::vector<std::string> draw(std::vector<double> const& ring, std::uint32_t height, std::uint32_t width) {
  std::vector<int> toggles(height * width + 1);
  std::size_t const num_corners = ring.size() / 2;
  for (std::size_t i = 0; i < num_corners; ++i) {
    std::size_t const next = (i + 1) % num_corners;
    polygon_edge const edge(polygon_grid_point(ring[2 * i]), polygon_grid_point(ring[2 * i + 1]),
                            polygon_grid_point(ring[2 * next]), polygon_grid_point(ring[2 * next + 1]));
    for_each_crossing(edge, height, width,
                      [&](std::uint32_t column, std::uint32_t row) { toggles[column * height + row] ^= 1; });
  }
  std::vector<std::string> rows(height, std::string(width, '.'));
  int inside = 0;
  for (std::size_t i = 0; i < std::size_t{height} * width; ++i) {
    inside ^= toggles[i];
    if (inside != 0) rows[i % height][i / height] = '#';
  }
  return rows;
}

class polygon_table : public ::testing::TestWithParam<polygon_case> {};

TEST_P(polygon_table, equals_pycocotools) {
  polygon_case const& one = GetParam();
  auto const height = static_cast<std::uint32_t>(one.rows.size());
  auto const width = static_cast<std::uint32_t>(one.rows.front().size());
  EXPECT_EQ(draw(one.ring, height, width), one.rows);
}

TEST_P(polygon_table, is_the_same_walked_backwards) {
  polygon_case const& one = GetParam();
  std::vector<double> backwards;
  for (std::size_t i = one.ring.size(); i > 0; i -= 2) {
    backwards.insert(backwards.end(), {one.ring[i - 2], one.ring[i - 1]});
  }
  auto const height = static_cast<std::uint32_t>(one.rows.size());
  auto const width = static_cast<std::uint32_t>(one.rows.front().size());
  EXPECT_EQ(draw(backwards, height, width), one.rows);
}

// Drawn by pycocotools 2.0.11.
INSTANTIATE_TEST_SUITE_P(
    shapes, polygon_table,
    ::testing::Values(
        polygon_case{"square", {1, 1, 1, 4, 4, 4, 4, 1}, {"......", ".###..", ".###..", ".###..", "......", "......"}},
        polygon_case{
            "falling_diagonal", {0, 0, 5, 5, 0, 5}, {"#.....", "##....", "###...", "####..", "#####.", "......"}},
        polygon_case{
            "rising_diagonal", {1, 5, 5, 1, 5, 5}, {"......", "....#.", "...##.", "..###.", ".####.", "......"}},
        polygon_case{"beyond_the_origin", {-3, -2, 3, -2, 3, 2, -3, 2}, {"###..", "###..", ".....", ".....", "....."}},
        polygon_case{"beyond_the_end",
                     {3, 3, 20, 3, 20, 20, 3, 20},
                     {"......", "......", "......", "...###", "...###", "...###"}},
        polygon_case{"corners_given_twice",
                     {1, 1, 1, 1, 1, 4, 4, 4, 4, 4, 4, 1},
                     {"......", ".###..", ".###..", ".###..", "......", "......"}},
        polygon_case{
            "half_pixels", {.5, .5, .5, 3.5, 3.5, 3.5, 3.5, .5}, {".....", ".###.", ".###.", ".###.", "....."}},
        polygon_case{"needle",
                     {2, 0, 4, 6, 3, 6},
                     {".......", "..#....", "..#....", ".......", "...#...", "...#...", "......."}}),
    [](auto const& test) { return std::string(test.param.name); });

}  // namespace
