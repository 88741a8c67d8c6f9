#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <maskmetrics/error.hpp>
#include <maskmetrics/rle.hpp>

#include "reference/mask.hpp"
#include "reference/overlap.hpp"
#include "reference/polygon.hpp"
#include "support/backends.hpp"
#include "support/exact.hpp"
#include "support/random.hpp"
#include "support/segmentation.hpp"

namespace {

using maskmetrics::input_error;
using maskmetrics::mask_fault;
using maskmetrics::mask_form;
using maskmetrics::rle;
using maskmetrics::view;
using support::random_source;

rle to_library(reference::rle const& code) {
  return {code.height, code.width, code.counts};
}

template <class T>
view<T const> as_view(std::vector<T> const& values) {
  return {values.data(), values.size()};
}

maskmetrics::context with_threads(int threads) {
  maskmetrics::context ctx;
  ctx.threads = threads;
  return ctx;
}

/// Codes of one size with all kinds of shapes, every third with runs of length zero.
std::vector<reference::rle> random_codes(random_source& random, std::uint32_t count, std::uint32_t height,
                                         std::uint32_t width) {
  std::vector<reference::rle> codes;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (random.chance(.4)) {
      codes.push_back({height, width, support::random_runs(random, height, width)});
    } else {
      codes.push_back(reference::encode(support::random_mask(random, height, width)));
    }
  }
  return codes;
}

std::vector<rle> to_library(std::vector<reference::rle> const& codes) {
  std::vector<rle> masks;
  for (reference::rle const& code : codes) masks.push_back(to_library(code));
  return masks;
}

TEST(encode_pixels, equals_the_oracle_for_bytes_of_any_value) {
  random_source random(1);
  for (std::uint64_t round = support::scaled(300); round > 0; --round) {
    std::uint32_t const height = random.between(1, 60);
    std::uint32_t const width = random.between(1, 60);
    std::uint32_t const count = random.below(6);
    bool const binary = random.chance(.5);
    std::vector<std::uint8_t> pixels;
    std::vector<reference::rle> expected;
    for (std::uint32_t i = 0; i < count; ++i) {
      reference::mask mask = support::random_mask(random, height, width);
      if (!binary) {
        for (std::uint8_t& pixel : mask.pixels)
          pixel = random.chance(.8) ? pixel : random.pick<std::uint8_t>({0, 2, 255});
      }
      pixels.insert(pixels.end(), mask.pixels.begin(), mask.pixels.end());
      expected.push_back(reference::encode(mask));
    }
    std::vector<rle> const actual = maskmetrics::encode_pixels({}, as_view(pixels), count, height, width);
    ASSERT_EQ(actual.size(), count);
    for (std::uint32_t i = 0; i < count; ++i) {
      EXPECT_EQ(actual[i].counts, expected[i].counts);
      EXPECT_EQ(actual[i].height, height);
      EXPECT_EQ(actual[i].width, width);
      EXPECT_EQ(maskmetrics::encode_text(actual[i]), reference::encode_string(expected[i].counts));
    }
    ASSERT_FALSE(testing::Test::HasFailure()) << "round " << round;
  }
}

TEST(encode_pixels, takes_masks_without_pixels) {
  std::vector<std::uint8_t> const none;
  EXPECT_TRUE(maskmetrics::encode_pixels({}, as_view(none), 0, 5, 5).empty());
  // As in pycocotools: one run of length zero.
  EXPECT_THAT(maskmetrics::encode_pixels({}, as_view(none), 1, 0, 5).front().counts, testing::ElementsAre(0));
}

TEST(decode_pixels, equals_the_oracle_with_any_number_of_threads) {
  random_source random(2);
  for (std::uint64_t round = support::scaled(60); round > 0; --round) {
    // The larger ones are worth threads.
    std::uint32_t const height = random.chance(.3) ? 200 : random.between(1, 40);
    std::uint32_t const width = random.chance(.3) ? 200 : random.between(1, 40);
    std::vector<reference::rle> const codes = random_codes(random, random.between(1, 12), height, width);
    std::vector<rle> const masks = to_library(codes);
    for (int const threads : {1, 3}) {
      std::vector<std::uint8_t> pixels(codes.size() * height * width, 7);
      maskmetrics::decode_pixels(with_threads(threads), as_view(masks), {pixels.data(), pixels.size()}, "masks");
      std::vector<std::uint8_t> expected;
      for (reference::rle const& code : codes) {
        reference::mask const mask = reference::decode(code);
        expected.insert(expected.end(), mask.pixels.begin(), mask.pixels.end());
      }
      ASSERT_EQ(pixels, expected) << "round " << round;
    }
  }
}

TEST(decode_pixels, names_the_code_that_does_not_cover_its_size) {
  std::vector<rle> const masks = {{2, 3, {6}}, {2, 3, {1, 4}}};
  std::vector<std::uint8_t> pixels(12);
  try {
    maskmetrics::decode_pixels({}, as_view(masks), {pixels.data(), pixels.size()}, "masks");
    FAIL() << "nothing was thrown";
  } catch (input_error const& e) {
    EXPECT_EQ(e.source(), "masks");
    EXPECT_EQ(e.place(), "[1]");
    EXPECT_THAT(e.problem(), testing::HasSubstr("size [2, 3], 2 runs, 6 pixels expected"));
  }
}

TEST(read_rles, equals_the_oracle) {
  random_source random(3);
  for (std::uint64_t round = support::scaled(200); round > 0; --round) {
    support::mask_batch_builder builder(round);
    std::vector<reference::rle> expected;
    for (std::uint32_t i = random.below(8); i > 0; --i) {
      support::segmentation source = support::random_segmentation(random, random.between(1, 30), random.between(1, 30));
      if (source.form == mask_form::polygons) continue;
      builder.add(source);
      expected.push_back({source.height, source.width, source.counts});
    }
    maskmetrics::mask_batch const batch = builder.finish();
    std::vector<rle> const actual = maskmetrics::read_rles({}, batch);
    ASSERT_EQ(actual.size(), expected.size());
    std::vector<std::uint32_t> areas(expected.size());
    std::vector<maskmetrics::box> boxes(expected.size());
    maskmetrics::measure_rles({}, batch, {areas.data(), areas.size()}, {boxes.data(), boxes.size()});
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ(areas[i], reference::area(expected[i]));
      EXPECT_EQ(boxes[i].width, reference::tight_box(expected[i]).width);
      EXPECT_EQ(boxes[i].y, reference::tight_box(expected[i]).y);
      EXPECT_EQ(actual[i].counts, expected[i].counts);
      EXPECT_EQ(actual[i].height, expected[i].height);
      EXPECT_EQ(actual[i].width, expected[i].width);
      EXPECT_EQ(maskmetrics::area_px(actual[i]), reference::area(expected[i]));
      maskmetrics::box const bounds = maskmetrics::bounds_of(actual[i], "");
      reference::box const wanted = reference::tight_box(expected[i]);
      EXPECT_TRUE(support::agree({bounds.x, bounds.y, bounds.width, bounds.height},
                                 {wanted.x, wanted.y, wanted.width, wanted.height}));
    }
    ASSERT_FALSE(testing::Test::HasFailure()) << "round " << round;
  }
}

TEST(read_rles, names_what_is_no_code) {
  support::mask_batch_builder builder(0);
  builder.add({mask_form::counts, 2, 2, {4}, {}});
  builder.add({mask_form::polygons, 0, 0, {}, {{0, 0, 1, 0, 1, 1}}});
  maskmetrics::mask_batch batch = builder.finish();
  batch.source = "masks";
  try {
    (void)maskmetrics::read_rles({}, batch);
    FAIL() << "nothing was thrown";
  } catch (input_error const& e) {
    EXPECT_EQ(std::string(e.what()), std::string("masks: [1]: ") + maskmetrics::describe(mask_fault::invalid_form));
  }
}

TEST(area_px, wraps_as_32_bits_do) {
  EXPECT_EQ(maskmetrics::area_px({1, 1, {0, 0xFFFFFFFFU, 0, 3}}), 2U);
  EXPECT_EQ(maskmetrics::area_px({0, 0, {}}), 0U);
}

TEST(bounds_of, refuses_runs_without_height) {
  EXPECT_EQ(maskmetrics::bounds_of({0, 0, {}}, "").width, 0);
  EXPECT_THROW((void)maskmetrics::bounds_of({0, 4, {1, 2}}, ""), input_error);
  support::mask_batch_builder builder(0);
  builder.add({mask_form::counts, 0, 4, {1, 2}, {}});
  maskmetrics::mask_batch const batch = builder.finish();
  std::uint32_t area = 0;
  maskmetrics::box bounds;
  EXPECT_THROW(maskmetrics::measure_rles({}, batch, {&area, 1}, {&bounds, 1}), input_error);
}

TEST(merge, equals_the_oracle) {
  random_source random(4);
  for (std::uint64_t round = support::scaled(1500); round > 0; --round) {
    std::uint32_t const height = random.between(1, 25);
    std::uint32_t const width = random.between(1, 25);
    std::vector<reference::rle> const codes = random_codes(random, 2, height, width);
    std::vector<rle> const masks = to_library(codes);
    for (bool const intersect : {false, true}) {
      ASSERT_EQ(maskmetrics::merge(as_view(masks), intersect, "").counts,
                reference::merge(codes[0], codes[1], intersect).counts)
          << "round " << round;
    }
  }
}

TEST(merge, unites_and_intersects_pixels) {
  random_source random(5);
  for (std::uint64_t round = support::scaled(300); round > 0; --round) {
    std::uint32_t const height = random.between(1, 25);
    std::uint32_t const width = random.between(1, 25);
    std::vector<rle> masks;
    reference::mask all(height, width);
    reference::mask common(height, width);
    common.pixels.assign(common.pixels.size(), 1);
    for (std::uint32_t i = random.between(1, 5); i > 0; --i) {
      reference::mask const part = support::random_mask(random, height, width);
      masks.push_back(to_library(reference::encode(part)));
      for (std::size_t p = 0; p < part.pixels.size(); ++p) {
        all.pixels[p] |= part.pixels[p];
        common.pixels[p] &= part.pixels[p];
      }
    }
    ASSERT_EQ(maskmetrics::merge(as_view(masks), false, "").counts, reference::encode(all).counts);
    ASSERT_EQ(maskmetrics::merge(as_view(masks), true, "").counts, reference::encode(common).counts);
  }
}

TEST(merge, of_no_mask_one_mask_and_masks_of_two_sizes) {
  std::vector<rle> masks;
  EXPECT_EQ(maskmetrics::merge(as_view(masks), false, "").num_pixels(), 0U);
  masks = {{3, 4, {1, 2}}};  // as it is, though it does not cover its size
  EXPECT_THAT(maskmetrics::merge(as_view(masks), false, "").counts, testing::ElementsAre(1, 2));
  masks = {{3, 4, {12}}, {4, 3, {12}}};
  rle const merged = maskmetrics::merge(as_view(masks), false, "");
  EXPECT_EQ(merged.height, 0U);
  EXPECT_EQ(merged.width, 0U);
  EXPECT_TRUE(merged.counts.empty());
}

TEST(merge, refuses_what_the_reference_never_ends_with) {
  std::vector<rle> const masks = {{3, 4, {12}}, {3, 4, {5, 5}}};
  try {
    (void)maskmetrics::merge(as_view(masks), false, "masks");
    FAIL() << "nothing was thrown";
  } catch (input_error const& e) {
    EXPECT_EQ(e.place(), "[1]");
  }
  // The first two meet an empty run at pixel 2, and their walk ends there.
  std::vector<rle> const cut_short = {{3, 4, {2, 0, 10}}, {3, 4, {2, 0, 10}}, {3, 4, {12}}};
  EXPECT_THAT(maskmetrics::merge({cut_short.data(), 2}, false, "").counts, testing::ElementsAre(2));
  EXPECT_THROW((void)maskmetrics::merge(as_view(cut_short), false, ""), input_error);
}

TEST(rasterize_ring, equals_the_oracle) {
  random_source random(6);
  for (std::uint64_t round = support::scaled(1500); round > 0; --round) {
    std::uint32_t const height = random.between(1, 60);
    std::uint32_t const width = random.between(1, 60);
    std::vector<std::vector<double>> const rings = support::random_rings(random, height, width);
    std::vector<rle> const together = maskmetrics::rasterize_rings({}, rings, height, width, "");
    for (std::size_t i = 0; i < rings.size(); ++i) {
      rle const actual = maskmetrics::rasterize_ring(as_view(rings[i]), height, width, "");
      ASSERT_EQ(actual.counts, reference::rasterize({rings[i]}, height, width).counts)
          << "round " << round << ", " << height << " x " << width << ", ring " << testing::PrintToString(rings[i]);
      ASSERT_EQ(actual.counts, together[i].counts);
    }
  }
}

TEST(rasterize_ring, draws_nothing_of_too_few_points) {
  std::vector<double> const ring = {1, 1, 5, 5, 7};
  EXPECT_THAT(maskmetrics::rasterize_ring({ring.data(), 0}, 10, 10, "").counts, testing::ElementsAre(100));
  EXPECT_THAT(maskmetrics::rasterize_ring({ring.data(), 2}, 10, 10, "").counts, testing::ElementsAre(100));
  EXPECT_THROW((void)maskmetrics::rasterize_ring(as_view(ring), 0, 10, ""), input_error);
  try {
    (void)maskmetrics::rasterize_rings({}, {ring, {0, 0, std::nan("")}, {0, std::nan("")}}, 10, 10, "rings");
    FAIL() << "nothing was thrown";
  } catch (input_error const& e) {
    EXPECT_EQ(e.place(), "[2]");  // the last number of the ring before it has no partner
  }
}

TEST(rle_ious, equals_the_oracle) {
  random_source random(7);
  for (std::uint64_t round = support::scaled(300); round > 0; --round) {
    std::uint32_t const height = random.between(1, 40);
    std::uint32_t const width = random.between(1, 40);
    std::vector<reference::rle> const d = random_codes(random, random.below(7), height, width);
    std::vector<reference::rle> g = random_codes(random, random.below(7), height, width);
    if (random.chance(.2)) g.push_back(reference::encode(support::random_mask(random, width + 1, height)));
    std::vector<std::uint8_t> crowd;
    for (std::size_t i = 0; i < g.size(); ++i)
      crowd.push_back(random.chance(.3) ? random.pick<std::uint8_t>({1, 5}) : 0);
    std::vector<double> expected;
    for (std::size_t i = 0; i < g.size(); ++i) {
      for (reference::rle const& one : d) expected.push_back(reference::mask_iou(one, g[i], crowd[i] != 0));
    }
    for (int const threads : {1, 3}) {
      std::vector<double> actual(expected.size(), 7);
      maskmetrics::rle_ious(with_threads(threads), as_view(to_library(d)), as_view(to_library(g)), as_view(crowd),
                            {actual.data(), actual.size()}, "");
      ASSERT_TRUE(support::agree(actual, expected)) << "round " << round;
    }
  }
}

TEST(rle_ious, takes_masks_without_pixels_and_names_what_does_not_cover_its_size) {
  std::vector<rle> const nothing = {{0, 0, {}}, {3, 3, {0, 9}}};
  std::vector<std::uint8_t> const crowd = {0, 0};
  std::vector<double> ious(4, 7);
  maskmetrics::rle_ious({}, as_view(nothing), as_view(nothing), as_view(crowd), {ious.data(), 4}, "");
  EXPECT_THAT(ious, testing::ElementsAre(0, 0, 0, 1));
  std::vector<rle> const bad = {{3, 3, {9}}, {3, 3, {0, 8}}};
  try {
    maskmetrics::rle_ious({}, as_view(nothing), as_view(bad), as_view(crowd), {ious.data(), 4}, "");
    FAIL() << "nothing was thrown";
  } catch (input_error const& e) {
    EXPECT_EQ(e.source(), "gt");
    EXPECT_EQ(e.place(), "[1]");
  }
}

TEST(box_ious, equals_the_oracle) {
  random_source random(8);
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  auto const random_box = [&] {
    reference::box bounds{random.between_reals(-5, 20), random.between_reals(-5, 20), random.between_reals(-1, 20),
                          random.between_reals(-1, 20)};
    if (random.chance(.1)) bounds.x = nan;
    if (random.chance(.1)) bounds.width = 0;
    return bounds;
  };
  for (std::uint64_t round = support::scaled(300); round > 0; --round) {
    std::vector<maskmetrics::box> d;
    std::vector<maskmetrics::box> g;
    std::vector<std::uint8_t> crowd;
    std::vector<reference::box> d_boxes;
    std::vector<double> expected;
    for (std::uint32_t i = random.below(9); i > 0; --i) {
      d_boxes.push_back(random_box());
      d.push_back({d_boxes.back().x, d_boxes.back().y, d_boxes.back().width, d_boxes.back().height});
    }
    for (std::uint32_t i = random.below(9); i > 0; --i) {
      reference::box const one = random_box();
      g.push_back({one.x, one.y, one.width, one.height});
      crowd.push_back(random.chance(.3) ? 1 : 0);
      for (reference::box const& each : d_boxes) expected.push_back(reference::box_iou(each, one, crowd.back() != 0));
    }
    std::vector<double> actual(expected.size(), 7);
    maskmetrics::box_ious({}, as_view(d), as_view(g), as_view(crowd), {actual.data(), actual.size()});
    ASSERT_TRUE(support::agree(actual, expected)) << "round " << round;
  }
}

}  // namespace
