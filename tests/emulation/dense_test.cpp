// Dense masks: oracle == CPU == emulated kernels, for every layout.
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include <cpu/stages.hpp>
#include <maskmetrics/dense.hpp>
#include <stages.hpp>

#include "emulation/every_way.hpp"
#include "reference/mask.hpp"
#include "support/random.hpp"
#include "support/segmentation.hpp"

namespace {

using maskmetrics::box;
using maskmetrics::buffer;
using maskmetrics::dense_image;
using maskmetrics::dense_masks;
using maskmetrics::pixel_format;
using support::random_source;

/// Masks laid out in memory somehow.
struct laid_out {
  std::vector<unsigned char> bytes;
  std::size_t first = 0;  ///< where the first pixel of the first mask stands
  dense_masks strides;    ///< without data
};

/// A layout: contiguous, padded, transposed, mirrored; bytes or bits; at any alignment.
laid_out random_layout(random_source& random, std::vector<reference::mask> const& masks, std::uint32_t height,
                       std::uint32_t width) {
  laid_out to;
  dense_masks& s = to.strides;
  s.count = static_cast<std::uint32_t>(masks.size());
  std::uint32_t const kind = random.below(8);
  s.format = kind >= 6 ? pixel_format::bits : pixel_format::bytes;
  std::int64_t const row_bytes = s.format == pixel_format::bits ? (std::int64_t{width} + 7) / 8 : width;
  bool const is_padded = kind == 3 || kind == 7;
  s.row_stride = row_bytes + (is_padded ? random.between(1, 9) : 0);
  s.mask_stride = s.row_stride * height + (is_padded ? random.below(40) : 0);
  std::size_t const size = static_cast<std::size_t>(s.mask_stride) * masks.size();
  std::size_t const shift = random.below(2) * random.below(33);
  if (kind == 4) {  // columns first
    s.column_stride = height;
    s.row_stride = 1;
  }
  to.first = shift;
  if (kind == 5) {  // the last row first, each from its end
    to.first += static_cast<std::size_t>(s.row_stride) * height - (size == 0 ? 0U : 1U);
    s.row_stride = -s.row_stride;
    s.column_stride = -1;
  }
  // Whatever is not a pixel is not 0 either.
  to.bytes.assign(size + shift, 0xEE);
  for (std::size_t m = 0; m < masks.size(); ++m) {
    for (std::uint32_t y = 0; y < height; ++y) {
      for (std::uint32_t x = 0; x < width; ++x) {
        auto const mask = static_cast<std::int64_t>(to.first) + static_cast<std::int64_t>(m) * s.mask_stride;
        bool const set = masks[m].at(x, y) != 0;
        if (s.format == pixel_format::bits) {
          unsigned char& byte = to.bytes[static_cast<std::size_t>(mask + y * s.row_stride + x / 8)];
          byte = static_cast<unsigned char>((byte & ~(1U << (x % 8))) | (set ? 1U << (x % 8) : 0U));
        } else {
          std::uint32_t const value = random.chance(.2) ? random.pick(std::vector<std::uint32_t>{128, 255, 2}) : 1U;
          to.bytes[static_cast<std::size_t>(mask + y * s.row_stride + x * s.column_stride)] =
              static_cast<unsigned char>(set ? value : 0U);
        }
      }
    }
  }
  return to;
}

struct dense_case {
  std::vector<dense_image> images;  ///< without data
  std::vector<std::vector<reference::mask>> detections;
  std::vector<std::vector<reference::mask>> ground_truths;
  std::vector<laid_out> detection_bytes;
  std::vector<laid_out> ground_truth_bytes;
};

dense_case random_case(random_source& random, std::uint32_t largest) {
  dense_case one;
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
    one.detections.push_back(masks(5));
    one.ground_truths.push_back(masks(4));
    one.detection_bytes.push_back(random_layout(random, one.detections.back(), height, width));
    one.ground_truth_bytes.push_back(random_layout(random, one.ground_truths.back(), height, width));
    one.images.push_back({height, width, one.detection_bytes.back().strides, one.ground_truth_bytes.back().strides});
  }
  return one;
}

/// Everything that the stage computes, in a form that compares.
struct dense_result {
  std::vector<std::uint32_t> intersections, detection_areas, ground_truth_areas;
  std::vector<double> detection_boxes, ground_truth_boxes;
  bool operator==(dense_result const&) const = default;
};

void append(std::vector<double>& to, double x, double y, double width, double height) {
  to.insert(to.end(), {x, y, width, height});
}

/// @param memory  where pixels and results are
template <class Stage>
dense_result run(dense_case const& one, maskmetrics::memory_resource& memory, Stage&& stage) {
  std::vector<buffer<unsigned char>> pixels;
  auto const place = [&](laid_out const& from) -> void const* {
    pixels.emplace_back(from.bytes.size(), memory);
    if (!from.bytes.empty()) std::memcpy(pixels.back().data(), from.bytes.data(), from.bytes.size());
    return pixels.back().data() + from.first;
  };
  std::vector<dense_image> images = one.images;
  for (std::size_t i = 0; i < images.size(); ++i) {
    images[i].detections.data = place(one.detection_bytes[i]);
    images[i].ground_truths.data = place(one.ground_truth_bytes[i]);
  }
  maskmetrics::view<dense_image const> const all{images.data(), images.size()};
  maskmetrics::dense_sizes const sizes = maskmetrics::sizes_of(all);
  buffer<std::uint32_t> const intersections(sizes.num_pairs, memory);
  buffer<std::uint32_t> const detection_areas(sizes.num_detections, memory);
  buffer<box> const detection_boxes(sizes.num_detections, memory);
  buffer<std::uint32_t> const ground_truth_areas(sizes.num_ground_truths, memory);
  buffer<box> const ground_truth_boxes(sizes.num_ground_truths, memory);
  stage(all, maskmetrics::dense_output{intersections.all(), detection_areas.all(), detection_boxes.all(),
                                       ground_truth_areas.all(), ground_truth_boxes.all()});
  dense_result result{{intersections.data(), intersections.data() + sizes.num_pairs},
                      {detection_areas.data(), detection_areas.data() + sizes.num_detections},
                      {ground_truth_areas.data(), ground_truth_areas.data() + sizes.num_ground_truths},
                      {},
                      {}};
  for (box const& b : detection_boxes.all()) append(result.detection_boxes, b.x, b.y, b.width, b.height);
  for (box const& b : ground_truth_boxes.all()) append(result.ground_truth_boxes, b.x, b.y, b.width, b.height);
  return result;
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
      for (reference::mask const& g : one.ground_truths[i]) {
        std::uint32_t common = 0;
        for (std::size_t p = 0; p < d.pixels.size(); ++p) common += d.pixels[p] != 0 && g.pixels[p] != 0 ? 1U : 0U;
        result.intersections.push_back(common);
      }
    }
    for (reference::mask const& g : one.ground_truths[i]) {
      measure(g, result.ground_truth_areas, result.ground_truth_boxes);
    }
  }
  return result;
}

void expect_all_agree(dense_case const& one, std::uint64_t seed) {
  dense_result const expected = by_oracle(one);
  for (int const threads : {1, 3}) {
    maskmetrics::context ctx;
    ctx.threads = threads;
    dense_result const on_cpu = run(one, emulation::guarded_memory(), [&](auto const& images, auto const& out) {
      maskmetrics::cpu::dense_overlaps(ctx, images, out);
    });
    ASSERT_TRUE(on_cpu == expected) << "CPU, case " << seed;
  }
  dense_result const emulated = emulation::every_way(
      [&] {
        maskmetrics::context ctx;
        ctx.memory = &emulation::guarded_memory();
        return run(one, *ctx.memory, [&](auto const& images, auto const& out) {
          maskmetrics::emulated::dense_overlaps(ctx, images, out);
        });
      },
      seed);
  ASSERT_EQ(emulated.intersections, expected.intersections) << "case " << seed;
  ASSERT_EQ(emulated.detection_areas, expected.detection_areas) << "case " << seed;
  ASSERT_EQ(emulated.detection_boxes, expected.detection_boxes) << "case " << seed;
  ASSERT_EQ(emulated.ground_truth_areas, expected.ground_truth_areas) << "case " << seed;
  ASSERT_EQ(emulated.ground_truth_boxes, expected.ground_truth_boxes) << "case " << seed;
}

TEST(emulated_dense, small_masks_of_every_layout) {
  random_source random(31);
  for (std::uint64_t round = support::scaled(1000); round > 0; --round) {
    expect_all_agree(random_case(random, 24), round);
    if (HasFatalFailure()) return;
  }
}

TEST(emulated_dense, masks_of_several_pieces) {
  random_source random(32);
  for (std::uint64_t round = support::scaled(60); round > 0; --round) {
    expect_all_agree(random_case(random, 160), round);
    if (HasFatalFailure()) return;
  }
}

TEST(emulated_dense, nothing_to_do) {
  expect_all_agree({}, 1);
}

}  // namespace
