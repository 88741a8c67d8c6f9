// Dense masks: every backend against the oracle, for every layout.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

#include <maskmetrics/dense.hpp>

#include "reference/boundary.hpp"
#include "reference/mask.hpp"
#include "support/backends.hpp"
#include "support/dense_layout.hpp"
#include "support/random.hpp"
#include "support/segmentation.hpp"

namespace {

using maskmetrics::box;
using maskmetrics::dense_image;
using support::backend_under_test;
using support::dense_layout;
using support::placed;
using support::random_source;

struct dense_case {
  maskmetrics::dense_boundaries boundaries;
  bool wants_boxes = true;
  std::vector<dense_image> images;                          ///< without data
  std::vector<std::vector<std::int64_t>> detection_labels;  ///< of every image, or empty: it has none
  std::vector<std::vector<std::int64_t>> ground_truth_labels;
  std::vector<std::vector<reference::mask>> detections;
  std::vector<std::vector<reference::mask>> ground_truths;
  std::vector<dense_layout> detection_bytes;
  std::vector<dense_layout> ground_truth_bytes;
};

dense_case random_case(random_source& random, std::uint32_t largest) {
  dense_case one;
  one.wants_boxes = random.chance(.8);
  if (random.chance(.5)) {
    one.boundaries = {random.pick(std::vector<double>{.02, .1, .3}), random.pick(std::vector<double>{0, .1, .5})};
  }
  for (std::uint32_t i = random.between(1, 4); i > 0; --i) {
    std::uint32_t const height = random.chance(.03) ? 0 : random.between(1, largest);
    std::uint32_t const width = random.chance(.03)  ? 0
                                : random.chance(.1) ? random.between(1, 300)
                                                    : random.between(1, largest);
    auto const masks = [&](std::uint32_t most) {
      std::vector<reference::mask> made;
      for (std::uint32_t n = random.below(most + 1); n > 0; --n) {
        made.push_back(height * width == 0 ? reference::mask(height, width)
                                           : support::random_mask(random, height, width));
      }
      return made;
    };
    one.ground_truths.push_back(masks(4));
    if (height * width != 0 && random.chance(.3)) {
      one.detections.emplace_back();
      one.detection_bytes.push_back(
          support::random_pasted(random, random.below(6), height, width, one.detections.back()));
    } else {
      one.detections.push_back(masks(5));
      one.detection_bytes.push_back(random_layout(random, one.detections.back(), height, width));
    }
    one.ground_truth_bytes.push_back(random_layout(random, one.ground_truths.back(), height, width));
    auto const labels = [&](std::size_t count) {
      std::vector<std::int64_t> drawn;
      for (std::size_t n = 0; n < count; ++n) drawn.push_back(random.below(3));
      return drawn;
    };
    bool const has_labels = random.chance(.5);
    one.detection_labels.push_back(labels(has_labels ? one.detections.back().size() : 0));
    one.ground_truth_labels.push_back(labels(has_labels ? one.ground_truths.back().size() : 0));
    one.images.push_back({height, width, one.detection_bytes.back().strides, one.ground_truth_bytes.back().strides});
  }
  return one;
}

/// Everything that the stage computes, in a form that compares.
struct dense_result {
  std::vector<std::uint32_t> intersections, detection_areas, ground_truth_areas;
  std::vector<std::uint32_t> boundary_intersections, detection_boundary_areas, ground_truth_boundary_areas;
  std::vector<double> detection_boxes, ground_truth_boxes;
};

void append(std::vector<double>& to, double x, double y, double width, double height) {
  to.insert(to.end(), {x, y, width, height});
}

std::vector<double> numbers_of(std::vector<box> const& boxes) {
  std::vector<double> numbers;
  for (box const& b : boxes) append(numbers, b.x, b.y, b.width, b.height);
  return numbers;
}

dense_result run(dense_case const& one, backend_under_test const& where) {
  std::vector<placed<unsigned char>> pixels;
  std::vector<placed<std::int64_t>> labels;
  std::vector<placed<float>> boxes;
  auto const place = [&](dense_layout const& from) -> void const* {
    pixels.emplace_back(where, from.bytes);
    return pixels.back().all().data() + from.first;
  };
  auto const place_labels = [&](std::vector<std::int64_t> const& from) {
    labels.emplace_back(where, from);
    return labels.back().all().data();
  };
  std::vector<dense_image> images = one.images;
  for (std::size_t i = 0; i < images.size(); ++i) {
    images[i].detections.data = place(one.detection_bytes[i]);
    images[i].ground_truths.data = place(one.ground_truth_bytes[i]);
    if (!one.detection_bytes[i].boxes.empty()) {
      boxes.emplace_back(where, one.detection_bytes[i].boxes);
      images[i].detections.paste.boxes = boxes.back().all().data();
    }
    images[i].detection_labels = place_labels(one.detection_labels[i]);
    images[i].ground_truth_labels = place_labels(one.ground_truth_labels[i]);
  }
  maskmetrics::view<dense_image const> const all{images.data(), images.size()};
  maskmetrics::dense_sizes const sizes = maskmetrics::sizes_of(all);
  bool const bounded = one.boundaries.wanted();
  placed<std::uint32_t> const intersections(where, sizes.num_pairs);
  placed<std::uint32_t> const detection_areas(where, sizes.num_detections);
  placed<box> const detection_boxes(where, one.wants_boxes ? sizes.num_detections : 0);
  placed<std::uint32_t> const ground_truth_areas(where, sizes.num_ground_truths);
  placed<box> const ground_truth_boxes(where, one.wants_boxes ? sizes.num_ground_truths : 0);
  placed<std::uint32_t> const boundary_intersections(where, bounded ? sizes.num_pairs : 0);
  placed<std::uint32_t> const detection_boundary_areas(where, bounded ? sizes.num_detections : 0);
  placed<std::uint32_t> const ground_truth_boundary_areas(where, bounded ? sizes.num_ground_truths : 0);
  where.stages->dense_overlaps(where.ctx, all, one.boundaries,
                               {intersections.all(), detection_areas.all(), detection_boxes.all(),
                                ground_truth_areas.all(), ground_truth_boxes.all(), boundary_intersections.all(),
                                detection_boundary_areas.all(), ground_truth_boundary_areas.all()});
  return {intersections.fetch(),
          detection_areas.fetch(),
          ground_truth_areas.fetch(),
          boundary_intersections.fetch(),
          detection_boundary_areas.fetch(),
          ground_truth_boundary_areas.fetch(),
          numbers_of(detection_boxes.fetch()),
          numbers_of(ground_truth_boxes.fetch())};
}

std::uint32_t common_px(reference::mask const& a, reference::mask const& b) {
  std::uint32_t common = 0;
  for (std::size_t p = 0; p < a.pixels.size(); ++p) common += a.pixels[p] != 0 && b.pixels[p] != 0 ? 1U : 0U;
  return common;
}

std::uint32_t area_px(reference::mask const& mask) {
  return common_px(mask, mask);
}

/// The boundaries' part of an image's result, pair by pair.
void add_boundaries(dense_case const& one, std::size_t i, dense_result& result) {
  auto const boundary_of = [&](reference::mask const& mask) {
    return reference::boundary_by_erosion(
        mask, reference::boundary_reach(mask.height, mask.width, one.boundaries.dilation_ratio));
  };
  std::vector<reference::mask> truths;
  for (reference::mask const& g : one.ground_truths[i]) {
    truths.push_back(boundary_of(g));
    result.ground_truth_boundary_areas.push_back(area_px(truths.back()));
  }
  for (std::size_t d = 0; d < one.detections[i].size(); ++d) {
    reference::mask const& mask = one.detections[i][d];
    reference::mask const boundary = boundary_of(mask);
    bool needed = false;
    for (std::size_t g = 0; g < truths.size(); ++g) {
      std::uint32_t const common = common_px(mask, one.ground_truths[i][g]);
      double const iou = common == 0
                             ? 0
                             : static_cast<double>(common) /
                                   static_cast<double>(area_px(mask) + area_px(one.ground_truths[i][g]) - common);
      bool const is_pair = one.detection_labels[i].empty() || one.ground_truth_labels[i].empty() ||
                           one.detection_labels[i][d] == one.ground_truth_labels[i][g];
      bool const counts = is_pair && common != 0 && iou >= one.boundaries.lowest_iou_threshold;
      result.boundary_intersections.push_back(counts ? common_px(boundary, truths[g]) : 0);
      needed |= counts;
    }
    result.detection_boundary_areas.push_back(needed ? area_px(boundary) : 0);
  }
}

dense_result by_oracle(dense_case const& one) {
  dense_result result;
  auto const measure = [](reference::mask const& mask, std::vector<std::uint32_t>& areas, std::vector<double>& boxes) {
    reference::rle const code = reference::encode(mask);
    areas.push_back(reference::area(code));
    reference::box const tight = reference::tight_box(code);
    append(boxes, tight.x, tight.y, tight.width, tight.height);
  };
  for (std::size_t i = 0; i < one.images.size(); ++i) {
    for (reference::mask const& d : one.detections[i]) {
      measure(d, result.detection_areas, result.detection_boxes);
      std::size_t const at = static_cast<std::size_t>(&d - one.detections[i].data());
      for (std::size_t g = 0; g < one.ground_truths[i].size(); ++g) {
        bool const is_pair = one.detection_labels[i].empty() || one.ground_truth_labels[i].empty() ||
                             one.detection_labels[i][at] == one.ground_truth_labels[i][g];
        result.intersections.push_back(is_pair ? common_px(d, one.ground_truths[i][g]) : 0);
      }
    }
    for (reference::mask const& g : one.ground_truths[i]) {
      measure(g, result.ground_truth_areas, result.ground_truth_boxes);
    }
    if (one.boundaries.wanted()) add_boundaries(one, i, result);
  }
  if (!one.wants_boxes) {
    result.detection_boxes.clear();
    result.ground_truth_boxes.clear();
  }
  return result;
}

void expect_all_agree(dense_case const& one, std::uint64_t number) {
  dense_result const expected = by_oracle(one);
  for (backend_under_test const& where : support::backends()) {
    SCOPED_TRACE(where.name + ", case " + std::to_string(number));
    dense_result const actual = run(one, where);
    ASSERT_EQ(actual.intersections, expected.intersections);
    ASSERT_EQ(actual.detection_areas, expected.detection_areas);
    ASSERT_EQ(actual.detection_boxes, expected.detection_boxes);
    ASSERT_EQ(actual.ground_truth_areas, expected.ground_truth_areas);
    ASSERT_EQ(actual.ground_truth_boxes, expected.ground_truth_boxes);
    ASSERT_EQ(actual.boundary_intersections, expected.boundary_intersections);
    ASSERT_EQ(actual.detection_boundary_areas, expected.detection_boundary_areas);
    ASSERT_EQ(actual.ground_truth_boundary_areas, expected.ground_truth_boundary_areas);
  }
}

TEST(dense, small_masks_of_every_layout) {
  random_source random(31);
  for (std::uint64_t round = support::scaled(1000); round > 0; --round) {
    expect_all_agree(random_case(random, 24), round);
    if (HasFatalFailure()) return;
  }
}

TEST(dense, masks_of_several_pieces) {
  random_source random(32);
  for (std::uint64_t round = support::scaled(100); round > 0; --round) {
    expect_all_agree(random_case(random, 200), round);
    if (HasFatalFailure()) return;
  }
}

TEST(dense, nothing_to_do) {
  expect_all_agree({}, 1);
}

}  // namespace
