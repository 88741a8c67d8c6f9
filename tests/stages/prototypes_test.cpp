#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <maskmetrics/dense.hpp>

#include "reference/paste.hpp"
#include "support/backends.hpp"
#include "support/random.hpp"

namespace {

using support::backend_under_test;
using support::placed;
using support::random_source;

std::vector<float> random_numbers(random_source& random, std::size_t count) {
  std::vector<float> numbers;
  for (std::size_t i = 0; i < count; ++i) numbers.push_back(static_cast<float>(random.unit() * 4 - 2));
  return numbers;
}

TEST(prototypes, add_up_channel_by_channel) {
  random_source random(1);
  for (std::uint64_t round = support::scaled(1000); round > 0; --round) {
    std::uint32_t const height = random.between(1, 20);
    std::uint32_t const width = random.between(1, 20);
    std::uint32_t const channels = random.between(1, 33);
    std::uint32_t const count = random.below(5);
    std::size_t const num_pixels = std::size_t{height} * width;
    std::vector<float> const prototypes = random_numbers(random, channels * num_pixels);
    std::vector<float> const coefficients = random_numbers(random, std::size_t{channels} * count);
    std::vector<float> crops;
    bool const has_crops = random.chance(.5);
    std::vector<float> expected;
    for (std::uint32_t n = 0; n < count; ++n) {
      reference::map_of_numbers map{height, width, {}};
      for (std::size_t p = 0; p < num_pixels; ++p) {
        float sum = 0;
        for (std::uint32_t c = 0; c < channels; ++c)
          sum += coefficients[n * channels + c] * prototypes[c * num_pixels + p];
        map.numbers.push_back(sum);
      }
      reference::corners const box{static_cast<float>(random.unit() * 10 - 2), static_cast<float>(random.below(10)),
                                   static_cast<float>(random.unit() * 20), static_cast<float>(random.below(20))};
      if (has_crops) {
        crops.insert(crops.end(), {box.x0, box.y0, box.x1, box.y1});
        map = reference::crop(map, box);
      }
      expected.insert(expected.end(), map.numbers.begin(), map.numbers.end());
    }
    for (backend_under_test const& where : support::backends()) {
      placed<float> const prototypes_there(where, prototypes);
      placed<float> const coefficients_there(where, coefficients);
      placed<float> const crops_there(where, crops);
      placed<float> const maps(where, expected.size());
      maskmetrics::prototype_maps const in{prototypes_there.all().data(),
                                           maskmetrics::pixel_format::float32,
                                           coefficients_there.all().data(),
                                           channels,
                                           height,
                                           width,
                                           count,
                                           has_crops ? crops_there.all().data() : nullptr};
      where.stages->combine_prototypes(where.ctx, in, maps.all());
      ASSERT_EQ(maps.fetch(), expected) << where.name << ", round " << round;
    }
  }
}

}  // namespace
