#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include <maskmetrics/error.hpp>

#include "reference/boundary.hpp"
#include "reference/overlap.hpp"
#include "reference/polygon.hpp"
#include "support/backends.hpp"
#include "support/cells.hpp"
#include "support/exact.hpp"
#include "support/mask_case.hpp"

namespace {

using support::backend_under_test;
using support::cell_layout;
using support::mask_case;
using support::placed;
using support::placed_codes;
using support::placed_masks;
using support::random_flags;
using support::random_mask_case;
using support::random_source;

/// Overlaps of one detection with all ground truth of its cell.
using overlaps_of_detection = std::vector<double>;

/// Every pair that can matter is there, with the oracle's overlap, and nothing that is not a pair.
void expect_pairs(backend_under_test const& where, maskmetrics::pair_list const& actual,
                  std::vector<overlaps_of_detection> const& expected, double lowest) {
  auto const begin = placed<std::uint64_t>::fetch(where, actual.begin);
  auto const ground_truths = placed<std::uint32_t>::fetch(where, actual.ground_truths);
  auto const ious = placed<double>::fetch(where, actual.ious);
  ASSERT_EQ(begin.size(), expected.size() + 1);
  ASSERT_EQ(begin.front(), 0U);
  ASSERT_EQ(ground_truths.size(), begin.back());
  ASSERT_EQ(ious.size(), begin.back());
  for (std::size_t d = 0; d < expected.size(); ++d) {
    overlaps_of_detection const& row = expected[d];
    // Behind a NaN the search takes everything.
    bool const any_nan = std::any_of(row.begin(), row.end(), [](double iou) { return std::isnan(iou); });
    std::size_t pair = begin[d];
    for (std::size_t g = 0; g < row.size(); ++g) {
      bool const listed = pair < begin[d + 1] && ground_truths[pair] == g;
      if (listed) {
        EXPECT_TRUE(support::same_bits(ious[pair], row[g]))
            << "detection " << d << ", ground truth " << g << ": " << ious[pair] << ", expected " << row[g];
        ++pair;
      } else {
        EXPECT_FALSE(any_nan) << "detection " << d << ", ground truth " << g << " left out beside a NaN";
        EXPECT_LT(row[g], lowest) << "detection " << d << ", ground truth " << g << " left out";
      }
    }
    EXPECT_EQ(pair, begin[d + 1]) << "detection " << d << " has pairs out of order";
  }
}

/// Calls overlap(d, g) for all pairs of a cell.
template <class Overlap>
std::vector<overlaps_of_detection> all_overlaps(cell_layout const& cells, Overlap&& overlap) {
  std::vector<overlaps_of_detection> rows;
  for (std::size_t c = 0; c < cells.num_cells(); ++c) {
    for (std::uint32_t d = cells.detection_begin[c]; d < cells.detection_begin[c + 1]; ++d) {
      overlaps_of_detection row;
      for (std::uint32_t g = cells.ground_truth_begin[c]; g < cells.ground_truth_begin[c + 1]; ++g) {
        row.push_back(overlap(d, g));
      }
      rows.push_back(row);
    }
  }
  return rows;
}

double random_lowest(random_source& random) {
  return random.pick(std::vector<double>{.5, .5, .1, 0, -1, -2, .75, 1 - 1e-10, random.unit()});
}

std::vector<maskmetrics::box> random_boxes(random_source& random, std::size_t count) {
  std::vector<maskmetrics::box> boxes;
  bool const whole = random.chance(.5);
  bool const awkward = random.chance(.2);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  std::vector<double> const values = {std::numeric_limits<double>::quiet_NaN(), infinity, -infinity, 0, -3, 1e300};
  for (std::size_t i = 0; i < count; ++i) {
    double side[4];
    for (double& value : side) {
      value = whole ? random.below(8) : random.unit() * 8;
      if (awkward && random.chance(.1)) value = random.pick(values);
    }
    boxes.push_back({side[0], side[1], side[2], side[3]});
  }
  return boxes;
}

reference::box to_reference(maskmetrics::box const& from) {
  return {from.x, from.y, from.width, from.height};
}

TEST(pairwise, of_boxes_equals_the_oracle) {
  random_source random(1);
  for (std::uint64_t round = support::scaled(1100); round > 0; --round) {
    cell_layout const cells = support::random_cells(random, 40);
    auto const detections = random_boxes(random, cells.num_detections());
    auto const ground_truths = random_boxes(random, cells.num_ground_truths());
    auto const flags = random_flags(random, cells.num_ground_truths());
    double const lowest = random_lowest(random);
    bool const inclusive = random.chance(.3);
    auto const expected = all_overlaps(cells, [&](std::uint32_t d, std::uint32_t g) {
      reference::box const detection = to_reference(detections[d]);
      reference::box const ground_truth = to_reference(ground_truths[g]);
      return inclusive ? reference::inclusive_box_iou(detection, ground_truth)
                       : reference::box_iou(detection, ground_truth, flags[g] != 0);
    });
    for (backend_under_test const& where : support::backends()) {
      support::placed_cells const there(where, cells);
      placed<std::uint8_t> const flags_there(where, flags);
      placed<maskmetrics::box> const detections_there(where, detections);
      placed<maskmetrics::box> const ground_truths_there(where, ground_truths);
      maskmetrics::pairwise_input in;
      in.cells = there.view();
      in.host_cells = cells.view();
      in.ground_truth_flags = flags_there.all();
      in.lowest_iou_threshold = lowest;
      in.detection_boxes = detections_there.all();
      in.ground_truth_boxes = ground_truths_there.all();
      if (inclusive) in.box_convention = maskmetrics::box_convention::inclusive;
      expect_pairs(where, where.stages->pairwise(where.ctx, in, {}), expected, lowest);
      ASSERT_FALSE(testing::Test::HasFailure()) << where.name << ", round " << round;
    }
  }
}

/// Memory of which little seems to be left, so that work is done in pieces.
class scarce_memory final : public maskmetrics::memory_resource {
public:
  scarce_memory(maskmetrics::memory_resource& upstream, std::size_t available)
      : upstream_(upstream), available_(available) {}
  [[nodiscard]] void* allocate(std::size_t bytes, maskmetrics::stream_ref stream) override {
    return upstream_.allocate(bytes, stream);
  }
  void deallocate(void* pointer, std::size_t bytes, maskmetrics::stream_ref stream) noexcept override {
    upstream_.deallocate(pointer, bytes, stream);
  }
  [[nodiscard]] std::size_t available() override { return available_; }

private:
  maskmetrics::memory_resource& upstream_;
  std::size_t available_;
};

TEST(pairwise, of_masks_equals_the_oracle) {
  random_source random(2);
  for (std::uint64_t round = support::scaled(700); round > 0; --round) {
    mask_case const one = random_mask_case(random);
    double const lowest = random_lowest(random);
    auto const expected = all_overlaps(one.cells, [&](std::uint32_t d, std::uint32_t g) {
      return reference::mask_iou(one.detections[d], one.ground_truths[g], one.flags[g] != 0);
    });
    std::vector<double> expected_areas;
    for (reference::rle const& code : one.detections) expected_areas.push_back(reference::area(code));
    for (backend_under_test const& where : support::backends()) {
      placed_masks const there(where, one);
      placed<double> const areas(where, one.detections.size());
      scarce_memory scarce(*where.ctx.memory, random.below(8000));
      maskmetrics::context wanted = where.ctx;
      if (random.chance(.3)) wanted.memory = &scarce;
      auto const place = where.stages->open(wanted);
      bool const measured = random.chance(.7);
      maskmetrics::pairwise_measures const measures{measured ? areas.all() : maskmetrics::view<double>()};
      expect_pairs(where, where.stages->pairwise(place->ctx(), there.input(lowest), measures), expected, lowest);
      EXPECT_TRUE(!measured || support::agree(areas.fetch(), expected_areas));
      ASSERT_FALSE(testing::Test::HasFailure()) << where.name << ", round " << round;
    }
  }
}

TEST(pairwise, of_resident_masks_equals_the_oracle) {
  random_source random(5);
  for (std::uint64_t round = support::scaled(700); round > 0; --round) {
    mask_case const one = random_mask_case(random, true);
    double const lowest = random_lowest(random);
    bool const only_detections = random.chance(.3);
    double const ratio = random.chance(.3) ? .1 : 0;
    auto const expected = all_overlaps(one.cells, [&](std::uint32_t d, std::uint32_t g) {
      bool const crowd = one.flags[g] != 0;
      return ratio > 0 ? reference::boundary_iou(one.detections[d], one.ground_truths[g], crowd, ratio)
                       : reference::mask_iou(one.detections[d], one.ground_truths[g], crowd);
    });
    std::vector<double> expected_areas;
    for (reference::rle const& code : one.detections) expected_areas.push_back(reference::area(code));
    for (backend_under_test const& where : support::backends()) {
      placed_masks const there(where, one);
      placed_codes const detections(where, one, one.detection_masks, one.detection_rows);
      placed_codes const ground_truths(where, one, one.ground_truth_masks, one.ground_truth_rows);
      placed<double> const areas(where, one.detections.size());
      maskmetrics::pairwise_input in = there.input(lowest);
      in.boundary_dilation_ratio = ratio;
      in.detection_masks = nullptr;
      in.detection_rows = {};
      in.resident_detections = detections.get();
      if (!only_detections) {
        in.ground_truth_masks = nullptr;
        in.ground_truth_rows = {};
        in.resident_ground_truths = ground_truths.get();
      }
      scarce_memory scarce(*where.ctx.memory, random.below(8000));
      maskmetrics::context wanted = where.ctx;
      if (random.chance(.3)) wanted.memory = &scarce;
      auto const place = where.stages->open(wanted);
      bool const measured = random.chance(.7);
      maskmetrics::pairwise_measures const measures{measured ? areas.all() : maskmetrics::view<double>()};
      expect_pairs(where, where.stages->pairwise(place->ctx(), in, measures), expected, lowest);
      EXPECT_TRUE(!measured || support::agree(areas.fetch(), expected_areas));
      ASSERT_FALSE(testing::Test::HasFailure()) << where.name << ", round " << round;
    }
  }
}

/// True where the detection with this row has ground truth beside it.
bool meets_ground_truth(mask_case const& one, std::uint32_t row) {
  for (std::size_t c = 0; c < one.cells.num_cells(); ++c) {
    for (std::uint32_t d = one.cells.detection_begin[c]; d < one.cells.detection_begin[c + 1]; ++d) {
      if (one.detection_rows[d] == row) return one.cells.ground_truth_begin[c] != one.cells.ground_truth_begin[c + 1];
    }
  }
  return false;
}

TEST(pairwise, names_the_resident_mask_that_cannot_be_decoded) {
  random_source random(6);
  for (std::uint64_t round = support::scaled(60); round > 0; --round) {
    mask_case one = random_mask_case(random, true);
    if (one.detection_rows.empty()) continue;
    std::uint32_t const row = random.pick(one.detection_rows);
    maskmetrics::mask_entry& entry = one.detection_masks.entries[row];
    // Seen before decoding, or only then: a code that does not fill its mask.
    std::uint32_t const kind = random.below(5);
    if (kind == 0) entry.form = maskmetrics::mask_form::invalid;
    if (kind == 1) entry.form = maskmetrics::mask_form::none;
    if (kind == 2) entry = {0, 0, 3, 5, maskmetrics::mask_form::text};
    if (kind == 3) entry.begin = ~std::uint64_t{0} - random.below(3);
    if (kind == 4) entry.length = ~std::uint32_t{0} - random.below(3);
    bool const measured = random.chance(.5);
    bool const is_read = measured || meets_ground_truth(one, row);
    for (backend_under_test const& where : support::backends()) {
      placed_masks const there(where, one);
      placed_codes const detections(where, one, one.detection_masks, one.detection_rows);
      maskmetrics::pairwise_input in = there.input(.5);
      in.detection_masks = nullptr;
      in.resident_detections = detections.get();
      placed<double> const areas(where, one.detections.size());
      try {
        (void)where.stages->pairwise(where.ctx, in, {measured ? areas.all() : maskmetrics::view<double>()});
        EXPECT_FALSE(is_read) << where.name << " took an invalid mask";
      } catch (maskmetrics::input_error const& error) {
        EXPECT_TRUE(is_read) << where.name << " read a mask that nobody asked for";
        EXPECT_EQ(error.source(), "detections");
        EXPECT_EQ(error.place(), "masks[" + std::to_string(row) + "]") << error.what();
      }
    }
  }
}

TEST(pairwise, of_boundaries_equals_the_oracle) {
  random_source random(4);
  for (std::uint64_t round = support::scaled(700); round > 0; --round) {
    mask_case const one = random_mask_case(random);
    double const lowest = random_lowest(random);
    double const ratio = random.pick(std::vector<double>{.02, .05, .1, .2, 1, random.unit() + 1e-9});
    auto const expected = all_overlaps(one.cells, [&](std::uint32_t d, std::uint32_t g) {
      return reference::boundary_iou(one.detections[d], one.ground_truths[g],
                                     (one.flags[g] & maskmetrics::ground_truth_crowd) != 0, ratio);
    });
    for (backend_under_test const& where : support::backends()) {
      placed_masks const there(where, one);
      maskmetrics::pairwise_input in = there.input(lowest);
      in.boundary_dilation_ratio = ratio;
      expect_pairs(where, where.stages->pairwise(where.ctx, in, {}), expected, lowest);
      ASSERT_FALSE(testing::Test::HasFailure()) << where.name << ", round " << round;
    }
  }
}

TEST(pairwise, names_the_mask_that_cannot_be_decoded) {
  random_source random(3);
  for (std::uint64_t round = support::scaled(40); round > 0; --round) {
    mask_case one = random_mask_case(random);
    bool const in_detections = random.chance(.5);
    std::vector<std::uint32_t> const& rows = in_detections ? one.detection_rows : one.ground_truth_rows;
    if (rows.empty()) continue;
    std::uint32_t const row = random.pick(rows);
    maskmetrics::mask_batch& batch = in_detections ? one.detection_masks : one.ground_truth_masks;
    batch.entries[row].form = maskmetrics::mask_form::invalid;
    if (!in_detections) one.ground_truth_ids[row] = 987654321;
    bool const measured = random.chance(.5);
    bool const is_read = !in_detections || measured || meets_ground_truth(one, row);
    for (backend_under_test const& where : support::backends()) {
      placed_masks const there(where, one);
      placed<double> const areas(where, one.detections.size());
      try {
        (void)where.stages->pairwise(where.ctx, there.input(.5),
                                     {measured ? areas.all() : maskmetrics::view<double>()});
        EXPECT_FALSE(is_read) << where.name << " took an invalid mask";
      } catch (maskmetrics::input_error const& error) {
        EXPECT_TRUE(is_read) << where.name << " read a mask that nobody asked for";
        EXPECT_EQ(error.source(), "random");
        EXPECT_NE(error.place().find("[" + std::to_string(row) + "]"), std::string::npos) << error.what();
        bool const names_id = error.problem().find("987654321") != std::string::npos;
        EXPECT_TRUE(in_detections || names_id) << error.what();
      }
    }
  }
}

}  // namespace
