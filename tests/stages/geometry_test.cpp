#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include <maskmetrics/error.hpp>
#include <maskmetrics/geometry.hpp>

#include "reference/mask.hpp"
#include "reference/polygon.hpp"
#include "support/exact.hpp"
#include "support/random.hpp"
#include "support/segmentation.hpp"

namespace {

using maskmetrics::mask_fault;
using maskmetrics::mask_form;
using maskmetrics::mask_intervals;
using support::random_source;

/// Pixels of intervals, which must ascend without overlap.
reference::mask to_pixels(mask_intervals const& mask) {
  reference::mask pixels(mask.height, mask.width);
  std::uint32_t previous_end = 0;
  for (maskmetrics::interval const& part : mask.intervals) {
    EXPECT_LE(previous_end, part.begin);
    EXPECT_LE(part.begin, part.end);
    for (std::uint32_t i = part.begin; i < part.end; ++i) pixels.pixels.at(i) = 1;
    previous_end = part.end;
  }
  return pixels;
}

bool has_empty_runs(reference::rle const& code) {
  for (std::size_t run = 1; run < code.counts.size(); ++run) {
    if (code.counts[run] == 0) return true;
  }
  return false;
}

void expect_equal(mask_intervals const& actual, reference::rle const& expected) {
  ASSERT_EQ(actual.height, expected.height);
  ASSERT_EQ(actual.width, expected.width);
  EXPECT_EQ(to_pixels(actual).pixels, reference::decode(expected).pixels);
  EXPECT_EQ(actual.area_px, reference::area(expected));
  reference::box const bounds = reference::tight_box(expected);
  EXPECT_EQ(actual.bounds.x, bounds.x);
  EXPECT_EQ(actual.bounds.y, bounds.y);
  EXPECT_EQ(actual.bounds.width, bounds.width);
  EXPECT_EQ(actual.bounds.height, bounds.height);
  EXPECT_EQ(actual.has_empty_runs, has_empty_runs(expected));
  // Text is that of the pixels, without empty runs.
  EXPECT_EQ(maskmetrics::encode_text(actual),
            reference::encode_string(reference::encode(reference::decode(expected)).counts));
}

std::uint32_t random_size(random_source& random) {
  return random.chance(.1) ? random.between(60, 200) : random.between(1, 25);
}

TEST(mask_decoder, equals_the_oracle) {
  random_source random(1);
  maskmetrics::mask_decoder decoder;
  mask_intervals decoded;
  for (std::uint64_t round = support::scaled(600); round > 0; --round) {
    std::uint32_t const height = random_size(random);
    std::uint32_t const width = random_size(random);
    support::mask_batch_builder builder(round);
    std::vector<reference::rle> expected;
    for (int i = 0; i < 10; ++i) {
      support::segmentation const source = support::random_segmentation(random, height, width);
      expected.push_back(support::to_rle(source, height, width, {}));
      builder.add(source);
    }
    maskmetrics::mask_batch const batch = builder.finish();
    for (std::size_t row = 0; row < expected.size(); ++row) {
      ASSERT_EQ(decoder.decode(batch, row, height, width, nullptr, decoded), mask_fault::none);
      expect_equal(decoded, expected[row]);
      ASSERT_FALSE(testing::Test::HasFailure()) << "round " << round << ", row " << row;
    }
  }
}

TEST(mask_decoder, draws_boxes_as_polygons) {
  random_source random(2);
  maskmetrics::mask_decoder decoder;
  mask_intervals decoded;
  support::mask_batch_builder builder(0);
  builder.add({mask_form::box, 0, 0, {}, {}});
  maskmetrics::mask_batch const batch = builder.finish();
  for (std::uint64_t round = support::scaled(1000); round > 0; --round) {
    std::uint32_t const height = random_size(random);
    std::uint32_t const width = random_size(random);
    reference::box const bounds{random.between_reals(-5, width), random.between_reals(-5, height),
                                random.between_reals(0, width), random.between_reals(0, height)};
    maskmetrics::box const given{bounds.x, bounds.y, bounds.width, bounds.height};
    ASSERT_EQ(decoder.decode(batch, 0, height, width, &given, decoded), mask_fault::none);
    expect_equal(decoded, reference::rasterize({reference::box_corners(bounds)}, height, width));
    ASSERT_FALSE(testing::Test::HasFailure()) << "round " << round;
  }
}

TEST(rasterize, equals_the_oracle) {
  random_source random(3);
  for (std::uint64_t round = support::scaled(4000); round > 0; --round) {
    std::uint32_t const height = random_size(random);
    std::uint32_t const width = random_size(random);
    auto const rings = support::random_rings(random, height, width);
    expect_equal(maskmetrics::rasterize(rings, height, width), reference::rasterize(rings, height, width));
    ASSERT_FALSE(testing::Test::HasFailure())
        << "round " << round << ", " << height << " x " << width << ", rings " << testing::PrintToString(rings);
  }
}

TEST(rasterize, takes_needles_and_combs) {
  // Edges steeper and flatter than the grid resolves, where the first crossing has to be found exactly.
  random_source random(4);
  for (std::uint64_t round = support::scaled(1500); round > 0; --round) {
    std::uint32_t const height = random.between(1, 120);
    std::uint32_t const width = random.between(1, 120);
    std::vector<double> ring;
    for (std::uint32_t i = random.between(3, 12); i > 0; --i) {
      double const x = width / 2. + random.between_reals(-1, 1) * (random.chance(.5) ? 1.5 : width);
      double const y = height / 2. + random.between_reals(-1, 1) * (random.chance(.5) ? 1.5 : height);
      ring.insert(ring.end(), {x, y});
    }
    expect_equal(maskmetrics::rasterize({ring}, height, width), reference::rasterize({ring}, height, width));
    ASSERT_FALSE(testing::Test::HasFailure())
        << "round " << round << ", " << height << " x " << width << ", ring " << testing::PrintToString(ring);
  }
}

struct fault_case {
  char const* name;
  support::segmentation source;
  mask_fault expected;
};

class mask_fault_table : public ::testing::TestWithParam<fault_case> {};

TEST_P(mask_fault_table, is_found) {
  support::mask_batch_builder builder(0);
  builder.add(GetParam().source);
  maskmetrics::mask_batch const batch = builder.finish();
  maskmetrics::mask_decoder decoder;
  mask_intervals decoded;
  EXPECT_EQ(decoder.decode(batch, 0, 10, 10, nullptr, decoded), GetParam().expected);
}

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

INSTANTIATE_TEST_SUITE_P(
    all, mask_fault_table,
    ::testing::Values(
        fault_case{"missing", {mask_form::none, 0, 0, {}, {}}, mask_fault::missing},
        fault_case{"invalid_form", {mask_form::invalid, 0, 0, {}, {}}, mask_fault::invalid_form},
        fault_case{"sum_too_small", {mask_form::counts, 10, 10, {40, 59}, {}}, mask_fault::sum_mismatch},
        fault_case{"sum_too_large", {mask_form::counts, 10, 10, {40, 61}, {}}, mask_fault::sum_mismatch},
        fault_case{"sum_wraps", {mask_form::counts, 10, 10, {0xFFFFFFFFU, 101}, {}}, mask_fault::sum_mismatch},
        fault_case{"text_sum_too_small", {mask_form::text, 10, 10, {40, 59}, {}}, mask_fault::sum_mismatch},
        fault_case{"no_height", {mask_form::counts, 0, 10, {0}, {}}, mask_fault::bad_size},
        fault_case{"size_too_large", {mask_form::counts, 65536, 65536, {0}, {}}, mask_fault::bad_size},
        fault_case{"no_rings", {mask_form::polygons, 0, 0, {}, {}}, mask_fault::no_rings},
        fault_case{"two_points", {mask_form::polygons, 0, 0, {}, {{1, 1, 5, 5}}}, mask_fault::too_few_points},
        fault_case{"nan_point", {mask_form::polygons, 0, 0, {}, {{1, 1, nan, 5, 5, 5}}}, mask_fault::coordinate},
        fault_case{"far_point", {mask_form::polygons, 0, 0, {}, {{1, 1, 1e300, 5, 5, 5}}}, mask_fault::coordinate}),
    [](auto const& test) { return std::string(test.param.name); });

mask_fault decode_text(std::string const& text, mask_form form) {
  maskmetrics::mask_batch batch;
  batch.text = text;
  batch.entries.push_back({0, static_cast<std::uint32_t>(text.size()), 10, 10, form});
  maskmetrics::mask_decoder decoder;
  mask_intervals decoded;
  return decoder.decode(batch, 0, 10, 10, nullptr, decoded);
}

TEST(mask_fault, of_text) {
  EXPECT_EQ(decode_text("T3", mask_form::text), mask_fault::none);
  EXPECT_EQ(decode_text("T", mask_form::text), mask_fault::truncated);
  EXPECT_EQ(decode_text("T3 ", mask_form::text), mask_fault::bad_character);
  EXPECT_EQ(decode_text("T3p", mask_form::text), mask_fault::bad_character);
  EXPECT_EQ(decode_text("/", mask_form::text), mask_fault::bad_character);
  EXPECT_EQ(decode_text(std::string(12, 'o') + "0", mask_form::text), mask_fault::overlong);
  EXPECT_EQ(decode_text("O", mask_form::text), mask_fault::count_out_of_range);  // -1
  EXPECT_EQ(decode_text("", mask_form::text), mask_fault::sum_mismatch);
}

TEST(mask_fault, of_json_text) {
  EXPECT_EQ(decode_text("\\u0054\\u0033", mask_form::json_text), mask_fault::none);
  EXPECT_EQ(decode_text("T\\n", mask_form::json_text), mask_fault::bad_character);
  EXPECT_EQ(decode_text("T3\\u0142", mask_form::json_text), mask_fault::bad_character);
}

TEST(mask_fault, of_codes_that_are_not_there) {
  maskmetrics::mask_batch batch;
  batch.text = "T3";
  batch.counts = {40, 60};
  batch.coordinates = {1, 1, 5, 1, 5, 5};
  batch.rings = {{0, 6}, {2, 6}, {~std::uint64_t{0}, 6}};
  std::uint64_t const far = ~std::uint64_t{0};
  maskmetrics::mask_decoder decoder;
  mask_intervals decoded;
  auto const fault_of = [&](std::uint64_t begin, std::uint32_t length, mask_form form) {
    batch.entries = {{begin, length, 10, 10, form}};
    return decoder.decode(batch, 0, 10, 10, nullptr, decoded);
  };
  EXPECT_EQ(fault_of(0, 2, mask_form::text), mask_fault::none);
  EXPECT_EQ(fault_of(0, 2, mask_form::counts), mask_fault::none);
  EXPECT_EQ(fault_of(0, 1, mask_form::polygons), mask_fault::none);
  for (mask_form const form : {mask_form::text, mask_form::json_text, mask_form::counts}) {
    EXPECT_EQ(fault_of(1, 2, form), mask_fault::outside);
    EXPECT_EQ(fault_of(far, 2, form), mask_fault::outside);
  }
  EXPECT_EQ(fault_of(0, 4, mask_form::polygons), mask_fault::outside);
  EXPECT_EQ(fault_of(far, 1, mask_form::polygons), mask_fault::outside);
  EXPECT_EQ(fault_of(1, 1, mask_form::polygons), mask_fault::outside);
  EXPECT_EQ(fault_of(2, 1, mask_form::polygons), mask_fault::outside);
}

TEST(mask_fault, has_words_for_all) {
  for (mask_fault const fault :
       {mask_fault::missing, mask_fault::invalid_form, mask_fault::bad_character, mask_fault::truncated,
        mask_fault::overlong, mask_fault::count_out_of_range, mask_fault::sum_mismatch, mask_fault::bad_size,
        mask_fault::no_rings, mask_fault::too_few_points, mask_fault::coordinate, mask_fault::outside}) {
    EXPECT_GT(std::string(maskmetrics::describe(fault)).size(), 10U);
  }
}

TEST(rasterize, refuses_what_cannot_be_drawn) {
  EXPECT_THROW((void)maskmetrics::rasterize({}, 10, 10), maskmetrics::input_error);
  EXPECT_THROW((void)maskmetrics::rasterize({{1, 1, 2, 2}}, 10, 10), maskmetrics::input_error);
  EXPECT_THROW((void)maskmetrics::rasterize({{1, 1, 2, 2, nan, 1}}, 10, 10), maskmetrics::input_error);
  EXPECT_THROW((void)maskmetrics::rasterize({{1, 1, 2, 2, 3, 1}}, 0, 10), maskmetrics::input_error);
}

}  // namespace
