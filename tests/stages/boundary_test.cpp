#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <string>
#include <vector>

#include <cpu/boundary.hpp>

#include "reference/boundary.hpp"
#include "support/random.hpp"
#include "support/segmentation.hpp"

namespace {

using maskmetrics::cpu::bit_word_loops;
using maskmetrics::cpu::boundary_packer;
using maskmetrics::cpu::packed_boundary;
using maskmetrics::cpu::usable_bit_word_loops;
using support::random_source;

/// A mask told in both ways. Intervals are cut in places into ones that touch, as runs of length zero do it.
struct boundary_case {
  reference::mask pixels;
  std::vector<maskmetrics::interval> intervals;
  maskmetrics::decoded_mask mask;
  maskmetrics::box bounds;
};

boundary_case make_case(random_source& random, reference::mask pixels) {
  boundary_case one;
  reference::rle const code = reference::encode(pixels);
  std::uint32_t at = 0;
  for (std::size_t run = 0; run < code.counts.size(); at += code.counts[run++]) {
    if (run % 2 == 0) continue;
    std::uint32_t const end = at + code.counts[run];
    std::uint32_t const cut = random.chance(.1) ? random.between(at, end) : end;
    one.intervals.push_back({at, cut == at ? end : cut});
    if (cut != at && cut != end) one.intervals.push_back({cut, end});
  }
  one.mask.height = pixels.height;
  one.mask.width = pixels.width;
  one.mask.area_px = reference::area(code);
  one.mask.intervals = {one.intervals.data(), one.intervals.size()};
  reference::box const bounds = reference::tight_box(code);
  one.bounds = {bounds.x, bounds.y, bounds.width, bounds.height};
  one.pixels = std::move(pixels);
  return one;
}

/// How many pixels a packed boundary has, where all of them are expected ones; -1 where one is not.
std::int64_t count_expected(packed_boundary const& boundary, std::vector<std::uint64_t> const& words,
                            reference::mask const& expected) {
  std::int64_t count = 0;
  for (std::uint32_t s = 0; s < boundary.grid.num_strips; ++s) {
    for (std::uint32_t i = 0; i < boundary.grid.num_columns; ++i) {
      std::uint64_t bits = words.at(boundary.first_word + std::size_t{s} * boundary.grid.num_columns + i);
      std::uint32_t const column = boundary.grid.first_column + i;
      for (; bits != 0; bits &= bits - 1, ++count) {
        std::uint32_t const row =
            64 * (boundary.grid.first_strip + s) + static_cast<std::uint32_t>(std::countr_zero(bits));
        if (row >= expected.height || column >= expected.width || expected.at(column, row) == 0) return -1;
      }
    }
  }
  return count;
}

/// Packs with every compilation of the loops and compares with the pixels expected.
void expect_boundary(std::vector<boundary_packer>& packers, boundary_case const& one, std::uint32_t reach,
                     reference::mask const& expected) {
  auto const area = std::count(expected.pixels.begin(), expected.pixels.end(), 1);
  for (boundary_packer& packer : packers) {
    std::vector<std::uint64_t> words(3, ~std::uint64_t{0});
    packed_boundary const boundary = packer.pack({one.mask, one.bounds}, reach, words);
    ASSERT_EQ(boundary.first_word, 3U);
    EXPECT_EQ(boundary.area_px, area);
    EXPECT_EQ(count_expected(boundary, words, expected), area)
        << one.pixels.height << " x " << one.pixels.width << ", reach " << reach;
  }
}

std::vector<boundary_packer> make_packers() {
  std::vector<boundary_packer> packers;
  for (bit_word_loops const& loops : usable_bit_word_loops()) packers.emplace_back(loops);
  return packers;
}

reference::mask without(reference::mask pixels, reference::mask const& removed) {
  for (std::size_t i = 0; i < pixels.pixels.size(); ++i) {
    pixels.pixels[i] = static_cast<std::uint8_t>((pixels.pixels[i] != 0) & (removed.pixels[i] == 0));
  }
  return pixels;
}

/// Every reach from 1 until nothing of the interior is left, and beyond.
void check_every_reach(random_source& random, std::vector<boundary_packer>& packers, reference::mask pixels) {
  boundary_case const one = make_case(random, std::move(pixels));
  if (one.intervals.empty()) return;
  std::uint32_t const larger = std::max(one.pixels.height, one.pixels.width) + 1;
  reference::mask eroded = one.pixels;
  std::uint32_t reach = 1;
  for (;; ++reach) {
    eroded = reference::erode_once(eroded);
    expect_boundary(packers, one, reach, without(one.pixels, eroded));
    if (std::count(eroded.pixels.begin(), eroded.pixels.end(), 1) == 0) break;
  }
  // From here on every reach leaves nothing.
  for (std::uint32_t const more : {reach + 1, random.between(reach, std::max(reach, larger)), larger, 0x7FFFFFFFU}) {
    expect_boundary(packers, one, more, one.pixels);
  }
}

TEST(boundary, oracles_agree) {
  random_source random(1);
  for (std::uint64_t round = support::scaled(400); round > 0; --round) {
    reference::mask const pixels = support::random_mask(random, random.between(1, 24), random.between(1, 24));
    for (std::uint32_t reach = 1; reach <= 25; ++reach) {
      ASSERT_TRUE(reference::boundary_by_erosion(pixels, reach).pixels ==
                  reference::boundary_by_distance(pixels, reach).pixels)
          << pixels.height << " x " << pixels.width << ", reach " << reach;
    }
  }
}

TEST(boundary, oracle_on_a_square_and_at_the_border) {
  reference::mask pixels(7, 6);
  for (std::uint32_t x = 0; x < 5; ++x) {
    for (std::uint32_t y = 1; y < 6; ++y) pixels.at(x, y) = 1;
  }
  // Columns 0 and 4 and rows 1 and 5 go first, though column 0 lies at the border of the image.
  reference::mask const first = reference::boundary_by_erosion(pixels, 1);
  EXPECT_EQ(std::count(first.pixels.begin(), first.pixels.end(), 1), 16);
  EXPECT_EQ(first.at(0, 3), 1);
  EXPECT_EQ(first.at(1, 3), 0);
  reference::mask const second = reference::boundary_by_erosion(pixels, 2);
  EXPECT_EQ(std::count(second.pixels.begin(), second.pixels.end(), 1), 24);
  EXPECT_EQ(second.at(2, 3), 0);
  EXPECT_TRUE(reference::boundary_by_erosion(pixels, 3).pixels == pixels.pixels);
}

/// Heights that leave one rest, so that several tests share the work.
class boundary_of_every_size : public testing::TestWithParam<std::uint32_t> {
protected:
  static constexpr std::uint32_t num_shares = 4;
};

TEST_P(boundary_of_every_size, equals_the_oracle) {
  random_source random(2 + GetParam());
  std::vector<boundary_packer> packers = make_packers();
  // All 40,000 sizes up to 200 x 200; sanitizers, in which the oracle is slow, take far fewer.
  double const share = static_cast<double>(support::scaled(40000)) / 40000.;
  for (std::uint32_t height = 1 + GetParam(); height <= 200; height += num_shares) {
    for (std::uint32_t width = 1; width <= 200; ++width) {
      if (std::max(height, width) > 12 && !random.chance(share * share)) continue;
      check_every_reach(random, packers, support::random_mask(random, height, width));
      ASSERT_FALSE(testing::Test::HasFailure()) << height << " x " << width;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(shares, boundary_of_every_size, testing::Values(0U, 1U, 2U, 3U));

TEST(boundary, of_a_full_image_equals_the_oracle) {
  random_source random(3);
  std::vector<boundary_packer> packers = make_packers();
  for (auto const& [height, width] : {std::pair{64U, 64U}, {65U, 63U}, {128U, 129U}, {3U, 200U}, {200U, 3U}}) {
    reference::mask pixels(height, width);
    std::fill(pixels.pixels.begin(), pixels.pixels.end(), std::uint8_t{1});
    check_every_reach(random, packers, pixels);
  }
}

TEST(boundary, common_pixels_equal_the_oracle) {
  random_source random(4);
  std::vector<boundary_packer> packers = make_packers();
  for (std::uint64_t round = support::scaled(1500); round > 0; --round) {
    std::uint32_t const height = random.between(1, 200);
    std::uint32_t const width = random.between(1, 60);
    boundary_case const a = make_case(random, support::random_mask(random, height, width));
    boundary_case const b = make_case(random, support::random_mask(random, height, width));
    if (a.intervals.empty() || b.intervals.empty()) continue;
    std::uint32_t const reach = random.between(1, 12);
    reference::mask const of_a = reference::boundary_by_erosion(a.pixels, reach);
    reference::mask const of_b = reference::boundary_by_erosion(b.pixels, reach);
    std::uint32_t expected = 0;
    for (std::size_t i = 0; i < of_a.pixels.size(); ++i) expected += of_a.pixels[i] * of_b.pixels[i] != 0 ? 1U : 0U;
    for (boundary_packer& packer : packers) {
      std::vector<std::uint64_t> words;
      packed_boundary const packed_a = packer.pack({a.mask, a.bounds}, reach, words);
      packed_boundary const packed_b = packer.pack({b.mask, b.bounds}, reach, words);
      ASSERT_EQ(packer.common_px(packed_a, words, packed_b, words), expected);
      ASSERT_EQ(packer.common_px(packed_b, words, packed_a, words), expected);
    }
  }
}

}  // namespace
