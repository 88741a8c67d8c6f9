// Decoding on the emulated device: oracle == CPU == kernels, faults included.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include <geometry.cuh>
#include <mask_staging.cuh>
#include <maskmetrics/geometry.hpp>

#include "emulation/every_way.hpp"
#include "support/random.hpp"
#include "support/segmentation.hpp"

namespace {

namespace emulated = maskmetrics::emulated;
using maskmetrics::box;
using maskmetrics::interval;
using maskmetrics::mask_fault;
using support::random_source;

/// Masks of one size, and a box each for those that are drawn from boxes.
struct mask_case {
  std::uint32_t height = 0;
  std::uint32_t width = 0;
  maskmetrics::mask_batch batch;
  std::vector<box> boxes;
};

/// What decoding a mask gives, in numbers that compare.
struct decoded {
  std::vector<std::uint32_t> intervals;  ///< begin, end, ...; without empty ones
  double x, y, box_width, box_height;
  std::uint32_t height, width, area_px;
  bool has_empty_runs;
  bool operator==(decoded const&) const = default;
};

struct outcome {
  std::vector<decoded> masks;
  std::optional<std::uint64_t> faulty;  ///< first mask with a fault
  mask_fault fault = mask_fault::none;
  bool operator==(outcome const&) const = default;
};

decoded make_decoded(interval const* first, std::size_t count, box const& bounds, std::uint32_t height,
                     std::uint32_t width, std::uint32_t area_px, bool has_empty_runs) {
  decoded mask{{}, bounds.x, bounds.y, bounds.width, bounds.height, height, width, area_px, has_empty_runs};
  for (std::size_t i = 0; i < count; ++i) {
    if (first[i].begin != first[i].end) mask.intervals.insert(mask.intervals.end(), {first[i].begin, first[i].end});
  }
  return mask;
}

outcome decode_emulated(mask_case const& one) {
  maskmetrics::context ctx;
  ctx.memory = &emulation::guarded_memory();
  emulated::packed_masks packed;
  for (std::uint32_t row = 0; row < one.batch.entries.size(); ++row) {
    packed.add(one.batch, row, one.height, one.width, &one.boxes[row]);
  }
  emulated::device_masks const there(ctx, packed);
  emulated::upload_scope upload(ctx);
  there.upload(packed, upload);
  upload.end();
  maskmetrics::buffer<std::uint64_t> const fault(1, emulation::guarded_memory());
  fault.data()[0] = emulated::no_fault;
  emulated::decode_masks(there.codes(), there.decoded(), fault.data(), {});

  outcome result;
  emulated::decoded_masks const masks = there.decoded();
  for (emulated::device_mask const& mask : masks.masks) {
    // Intervals touch where a background run is empty; the CPU keeps both too.
    result.masks.push_back(make_decoded(masks.intervals.data() + mask.interval_begin, mask.num_intervals, mask.bounds,
                                        mask.height, mask.width, mask.area_px, mask.has_empty_runs != 0));
    EXPECT_TRUE(mask.num_runs / 2 == mask.num_intervals);
  }
  if (packed.first_fault()) {
    result.faulty = packed.first_fault()->index;
    result.fault = packed.first_fault()->fault;
  }
  std::uint64_t const word = fault.data()[0];
  if (word != emulated::no_fault && (!result.faulty || word >> 8U < *result.faulty)) {
    result.faulty = word >> 8U;
    result.fault = static_cast<mask_fault>(word & 0xFFU);
  }
  return result;
}

/// The CPU's answer; where a mask has a fault, that alone counts.
outcome decode_on_cpu(mask_case const& one) {
  maskmetrics::mask_decoder decoder;
  outcome result;
  for (std::uint32_t row = 0; row < one.batch.entries.size(); ++row) {
    maskmetrics::mask_intervals mask;
    mask_fault const fault = decoder.decode(one.batch, row, one.height, one.width, &one.boxes[row], mask);
    if (fault != mask_fault::none && !result.faulty) {
      result.faulty = row;
      result.fault = fault;
    }
    result.masks.push_back(make_decoded(mask.intervals.data(), mask.intervals.size(), mask.bounds, mask.height,
                                        mask.width, mask.area_px, mask.has_empty_runs));
  }
  return result;
}

box random_box(random_source& random, std::uint32_t height, std::uint32_t width) {
  return {random.unit() * width * 1.4 - .2 * width, random.unit() * height * 1.4 - .2 * height, random.unit() * width,
          random.unit() * height};
}

TEST(emulated_geometry, equals_the_cpu_and_the_oracle) {
  random_source random(21);
  std::uint64_t num_masks = 0;
  for (std::uint64_t round = support::scaled(500); round > 0; --round) {
    mask_case one;
    one.height = random.chance(.1) ? random.between(60, 200) : random.between(1, 24);
    one.width = random.chance(.1) ? random.between(60, 300) : random.between(1, 24);
    support::mask_batch_builder builder(round);
    std::vector<reference::rle> expected;
    for (std::uint32_t m = random.between(1, 9); m > 0; --m) {
      support::segmentation source = support::random_segmentation(random, one.height, one.width);
      if (random.chance(.1)) source = {maskmetrics::mask_form::box, 0, 0, {}, {}};
      one.boxes.push_back(random_box(random, one.height, one.width));
      box const& b = one.boxes.back();
      expected.push_back(support::to_rle(source, one.height, one.width, {b.x, b.y, b.width, b.height}));
      builder.add(source);
      ++num_masks;
    }
    one.batch = builder.finish();
    outcome const actual = emulation::every_way([&] { return decode_emulated(one); }, round);
    ASSERT_EQ(actual.faulty, std::nullopt);
    ASSERT_TRUE(actual == decode_on_cpu(one)) << "round " << round;
    for (std::size_t m = 0; m < expected.size(); ++m) {
      decoded const& mask = actual.masks[m];
      reference::box const bounds = reference::tight_box(expected[m]);
      ASSERT_EQ(mask.area_px, reference::area(expected[m]));
      ASSERT_EQ(mask.x, bounds.x) << "round " << round << ", mask " << m;
      ASSERT_EQ(mask.y, bounds.y);
      ASSERT_EQ(mask.box_width, bounds.width);
      ASSERT_EQ(mask.box_height, bounds.height);
      reference::mask pixels(expected[m].height, expected[m].width);
      for (std::size_t i = 0; i < mask.intervals.size(); i += 2) {
        for (std::uint32_t p = mask.intervals[i]; p < mask.intervals[i + 1]; ++p) pixels.pixels.at(p) = 1;
      }
      ASSERT_EQ(pixels.pixels, reference::decode(expected[m]).pixels);
    }
  }
  EXPECT_GE(num_masks, support::scaled(1000));
}

/// A text with a few bytes changed, cut off, or made of anything.
std::string damaged(random_source& random, std::string text) {
  std::uint32_t const kind = random.below(5);
  if (kind == 0 && !text.empty()) text.resize(random.below(static_cast<std::uint32_t>(text.size())));
  if (kind == 1) text.insert(random.below(static_cast<std::uint32_t>(text.size()) + 1), random.between(6, 9), 'W');
  if (kind == 2) {
    for (char& c : text) c = static_cast<char>(random.chance(.3) ? random.between('0', 'o') : static_cast<unsigned>(c));
  }
  if (kind >= 3) {
    for (std::uint32_t n = random.between(1, 3); n > 0 && !text.empty(); --n) {
      text[random.below(static_cast<std::uint32_t>(text.size()))] = static_cast<char>(random.below(256));
    }
  }
  return text;
}

TEST(emulated_geometry, finds_the_first_fault_as_the_cpu_does) {
  random_source random(22);
  std::uint64_t num_faults = 0;
  std::vector<bool> seen(16);
  for (std::uint64_t round = support::scaled(1200); round > 0; --round) {
    mask_case one;
    one.height = random.between(1, 60);
    one.width = random.between(1, 60);
    std::string text;
    for (std::uint32_t m = random.between(1, 5); m > 0; --m) {
      one.boxes.push_back(random_box(random, one.height, one.width));
      maskmetrics::mask_entry entry;
      entry.form = random.chance(.5) ? maskmetrics::mask_form::text : maskmetrics::mask_form::json_text;
      entry.height = random.chance(.02) ? 0 : one.height;
      entry.width = one.width;
      entry.begin = text.size();
      std::string code =
          reference::encode_string(reference::encode(support::random_mask(random, one.height, one.width)).counts);
      if (entry.form == maskmetrics::mask_form::json_text) code = support::escape_json(random, code);
      text += random.chance(.4) ? damaged(random, code) : code;
      entry.length = static_cast<std::uint32_t>(text.size() - entry.begin);
      one.batch.entries.push_back(entry);
    }
    one.batch.text = text;
    outcome const actual = emulation::every_way([&] { return decode_emulated(one); }, round);
    outcome const expected = decode_on_cpu(one);
    ASSERT_EQ(actual.faulty, expected.faulty) << "round " << round << ": " << text;
    ASSERT_EQ(actual.fault, expected.fault) << "round " << round << ": " << text;
    num_faults += actual.faulty ? 1U : 0U;
    seen[static_cast<std::size_t>(actual.fault)] = true;
  }
  EXPECT_GT(num_faults, support::scaled(300));
  for (mask_fault const fault : {mask_fault::bad_character, mask_fault::truncated, mask_fault::overlong,
                                 mask_fault::count_out_of_range, mask_fault::sum_mismatch, mask_fault::bad_size}) {
    EXPECT_TRUE(seen[static_cast<std::size_t>(fault)]) << maskmetrics::describe(fault);
  }
}

TEST(emulated_geometry, finds_faults_of_other_forms) {
  std::vector<std::pair<maskmetrics::mask_entry, mask_fault>> const cases = {
      {{0, 2, 4, 4, maskmetrics::mask_form::counts}, mask_fault::none},
      {{0, 1, 4, 4, maskmetrics::mask_form::counts}, mask_fault::sum_mismatch},
      {{0, 3, 4, 4, maskmetrics::mask_form::counts}, mask_fault::sum_mismatch},
      {{0, 0, 4, 4, maskmetrics::mask_form::counts}, mask_fault::sum_mismatch},
      {{0, 2, 65536, 65536, maskmetrics::mask_form::counts}, mask_fault::bad_size},
      {{0, 0, 0, 0, maskmetrics::mask_form::polygons}, mask_fault::no_rings},
      {{0, 1, 0, 0, maskmetrics::mask_form::polygons}, mask_fault::too_few_points},
      {{1, 1, 0, 0, maskmetrics::mask_form::polygons}, mask_fault::none},
      {{2, 1, 0, 0, maskmetrics::mask_form::polygons}, mask_fault::coordinate},
      {{0, 0, 0, 0, maskmetrics::mask_form::none}, mask_fault::missing},
      {{0, 0, 0, 0, maskmetrics::mask_form::invalid}, mask_fault::invalid_form}};
  mask_case one;
  one.height = 4;
  one.width = 4;
  one.batch.counts = {7, 9, 1};
  one.batch.coordinates = {0, 0, 3, 0, 0, 0, 3, 0, 3, 3, 0, 0, 3, 0, 3, 2e8};
  one.batch.rings = {{0, 4}, {4, 6}, {10, 6}};
  one.boxes = {box{}};
  for (auto const& [entry, fault] : cases) {
    one.batch.entries = {entry};
    outcome const actual = emulation::every_way([&] { return decode_emulated(one); });
    EXPECT_EQ(actual.fault, fault) << maskmetrics::describe(fault);
    EXPECT_EQ(decode_on_cpu(one).fault, fault) << maskmetrics::describe(fault);
  }
}

}  // namespace
