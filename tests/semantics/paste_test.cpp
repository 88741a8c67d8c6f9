#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include <maskmetrics/semantics/dense.hpp>
#include <maskmetrics/semantics/paste.hpp>

namespace {

using maskmetrics::paste_kind;
using maskmetrics::pixel_format;
using namespace maskmetrics::semantics;

struct tap_case {
  int pixel;
  int low;
  int high;
  float weight_high;
};

/// Four numbers on eight pixels: pixel centres fall on quarters.
TEST(paste, of_an_image_keeps_to_its_ends) {
  paste_axis const axis = make_paste_axis(paste_kind::image, 4, 8, false, false, 0, 0);
  EXPECT_EQ(axis.begin, 0);
  EXPECT_EQ(axis.end, 8);
  for (tap_case const& one : {tap_case{0, 0, 1, 0}, tap_case{1, 0, 1, .25F}, tap_case{2, 0, 1, .75F},
                              tap_case{3, 1, 2, .25F}, tap_case{6, 2, 3, .75F}, tap_case{7, 3, 3, .25F}}) {
    paste_tap const tap = axis.tap(one.pixel);
    EXPECT_EQ(tap.low, one.low) << one.pixel;
    EXPECT_EQ(tap.high, one.high) << one.pixel;
    EXPECT_EQ(tap.weight_high, one.weight_high) << one.pixel;
    EXPECT_EQ(tap.weight_low, 1 - one.weight_high) << one.pixel;
  }
}

TEST(paste, of_an_image_can_be_cropped) {
  paste_axis const axis = make_paste_axis(paste_kind::image, 4, 8, true, false, 1.5F, 6);
  EXPECT_EQ(axis.begin, 2);  // the first pixel at or behind 1.5
  EXPECT_EQ(axis.end, 6);    // the pixel at 6 is outside
  paste_axis const beyond = make_paste_axis(paste_kind::image, 4, 8, true, false, -3, 100);
  EXPECT_EQ(beyond.begin, 0);
  EXPECT_EQ(beyond.end, 8);
}

/// torchvision: a map of 2 with its border of zeros covers the box grown to twice its size, whole pixels, both ends.
TEST(paste, of_a_padded_box_begins_before_the_box) {
  paste_axis const axis = make_paste_axis(paste_kind::box_padded, 2, 100, true, false, 10, 17);
  // Centre 13.5, half 3.5 * 2: from 6.5 to 20.5, cut to 6 and 20, fifteen pixels.
  EXPECT_EQ(axis.begin, 6);
  EXPECT_EQ(axis.end, 21);
  EXPECT_EQ(axis.scale, 4.F / 15);
  paste_tap const first = axis.tap(6);
  EXPECT_EQ(first.low, -1);  // the border
  EXPECT_EQ(first.high, 0);
  EXPECT_EQ(first.weight_high, 0);
  paste_tap const last = axis.tap(20);
  EXPECT_EQ(last.low, 2);
  EXPECT_EQ(last.high, 2);
}

/// detectron2: a map of 2 on the box [0, 4): pixel centres .5, 1.5, 2.5, 3.5 fall on -.25, .25, .75, 1.25.
TEST(paste, of_a_grid_fades_at_the_box) {
  paste_axis const axis = make_paste_axis(paste_kind::box_grid, 2, 100, true, false, 0, 4);
  for (tap_case const& one : {tap_case{0, -1, 0, .75F}, tap_case{1, 0, 1, .25F}, tap_case{2, 0, 1, .75F},
                              tap_case{3, 1, 2, .25F}, tap_case{5, -1, -1, 0}}) {
    paste_tap const tap = axis.tap(one.pixel);
    EXPECT_EQ(tap.low, one.low) << one.pixel;
    EXPECT_EQ(tap.high, one.high) << one.pixel;
    EXPECT_EQ(tap.weight_high, one.weight_high) << one.pixel;
  }
  EXPECT_LE(axis.end, 10);  // far from the box nothing is looked at
  EXPECT_EQ(make_paste_axis(paste_kind::box_grid, 2, 100, true, true, 0, 4).end, 100);  // unless 0 is foreground
}

TEST(paste, of_boxes_without_sense_holds_nothing) {
  float const no_number = std::numeric_limits<float>::quiet_NaN();
  float const endless = std::numeric_limits<float>::infinity();
  for (paste_kind const kind : {paste_kind::image, paste_kind::box_padded, paste_kind::box_grid}) {
    for (float const bad : {no_number, endless, -endless, 1e30F}) {
      paste_axis const axis = make_paste_axis(kind, 4, 8, true, false, bad, 3);
      EXPECT_EQ(axis.begin, axis.end);
    }
  }
}

TEST(paste, crops_maps_at_their_numbers) {
  float const box[] = {1, 0, 3, 2.5F};
  EXPECT_FALSE(in_crop(box, 0, 0));
  EXPECT_TRUE(in_crop(box, 1, 0));
  EXPECT_TRUE(in_crop(box, 2, 2));
  EXPECT_FALSE(in_crop(box, 3, 0));
  EXPECT_FALSE(in_crop(box, 1, 3));
}

TEST(dense_numbers, halves_are_read_exactly) {
  struct {
    std::uint16_t half;
    float value;
  } const cases[] = {{0x0000, 0.F},          {0x8000, -0.F},
                     {0x3C00, 1.F},          {0xC000, -2.F},
                     {0x3555, 0x1.554p-2F},  {0x0001, 0x1p-24F},
                     {0x03FF, 0x1.FF8p-15F}, {0x0400, 0x1p-14F},
                     {0x7BFF, 65504.F},      {0x7C00, std::numeric_limits<float>::infinity()}};
  for (auto const& one : cases) {
    EXPECT_EQ(half_to_float(one.half), one.value);
    EXPECT_EQ(std::signbit(half_to_float(one.half)), std::signbit(one.value));
  }
  EXPECT_TRUE(std::isnan(half_to_float(0x7E00)));
  EXPECT_EQ(bfloat16_to_float(0x3F80), 1.F);
  EXPECT_EQ(bfloat16_to_float(0xC049), -3.140625F);
  EXPECT_TRUE(std::isnan(bfloat16_to_float(0x7FC0)));
}

TEST(dense_numbers, are_foreground_above_the_threshold_only) {
  float const numbers[] = {.5F, .50001F, std::numeric_limits<float>::quiet_NaN()};
  unsigned char row[sizeof numbers];
  std::memcpy(row, numbers, sizeof numbers);
  EXPECT_FALSE(is_foreground(row, 0, 4, pixel_format::float32, .5F));
  EXPECT_TRUE(is_foreground(row, 1, 4, pixel_format::float32, .5F));
  EXPECT_FALSE(is_foreground(row, 2, 4, pixel_format::float32, .5F));
  unsigned char const bytes[] = {0, 2, 0x82};
  EXPECT_FALSE(is_foreground(bytes, 0, 1, pixel_format::bytes, .5F));
  EXPECT_TRUE(is_foreground(bytes, 1, 1, pixel_format::bytes, .5F));
  EXPECT_TRUE(is_foreground(bytes + 2, 1, 0, pixel_format::bits, .5F));
  EXPECT_FALSE(is_foreground(bytes + 2, 2, 0, pixel_format::bits, .5F));
  EXPECT_TRUE(is_foreground(bytes + 2, 7, 0, pixel_format::bits, .5F));
}

}  // namespace
