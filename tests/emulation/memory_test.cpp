// Evaluations whose masks do not fit into memory at once, with the emulator as cuda:0.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <new>
#include <vector>

#include <backend/backend.hpp>
#include <maskmetrics/evaluate.hpp>
#include <maskmetrics/evaluator.hpp>

#include "emulation/guarded_memory.hpp"
#include "support/exact.hpp"
#include "support/limited_memory.hpp"
#include "support/scene.hpp"

namespace {

using maskmetrics::context;
using maskmetrics::device_kind;
using maskmetrics::evaluation;
using support::limited_memory;
using support::random_source;
using support::scene;

/// Many masks, so that what is needed at once is more than what is kept.
scene scene_of_many_masks(random_source& random) {
  scene one = support::random_scene(random);
  while (one.how.iou != maskmetrics::iou_type::segm || one.results.size() < 20) one = support::random_scene(random);
  return one;
}

evaluation run(scene const& one, device_kind kind, maskmetrics::memory_resource* memory = nullptr) {
  context ctx;
  ctx.device = {kind, 0};
  ctx.memory = memory;
  return maskmetrics::evaluate(ctx, one.ground_truth, one.results, one.how);
}

void expect_equal(evaluation const& actual, evaluation const& expected) {
  for (auto const array : {&evaluation::precision, &evaluation::recall, &evaluation::scores}) {
    EXPECT_TRUE(support::agree(support::to_vector(actual.*array), support::to_vector(expected.*array)));
  }
}

TEST(memory, of_any_size_gives_the_same_result) {
  random_source random(1);
  std::uint64_t tried = 0;
  std::uint64_t in_pieces = 0;
  for (std::uint64_t round = support::scaled(200); round > 0; --round) {
    scene const one = scene_of_many_masks(random);
    evaluation const expected = run(one, device_kind::cpu);
    limited_memory plenty(emulation::guarded_memory(), std::size_t{1} << 40U);
    expect_equal(run(one, device_kind::cuda, &plenty), expected);
    EXPECT_EQ(plenty.held(), 0U);
    for (std::size_t const percent : {98U, 95U, 90U, 80U, 70U, 60U, 50U}) {
      ++tried;
      limited_memory little(emulation::guarded_memory(), plenty.most_held() * percent / 100);
      try {
        expect_equal(run(one, device_kind::cuda, &little), expected);
        ++in_pieces;
      } catch (std::bad_alloc const&) {
        // What is kept does not fit.
      }
      EXPECT_EQ(little.held(), 0U);
    }
    ASSERT_FALSE(testing::Test::HasFailure()) << "round " << round;
  }
  // Less memory than the whole needs at once was enough.
  EXPECT_GT(in_pieces, 0U) << tried << " tried";
  RecordProperty("in_pieces", static_cast<int>(in_pieces));
  RecordProperty("tried", static_cast<int>(tried));
  std::printf("%d of %d evaluations fitted into less memory\n", static_cast<int>(in_pieces), static_cast<int>(tried));
}

TEST(memory, that_runs_out_leaves_nothing_behind) {
  random_source random(2);
  std::uint64_t failures = 0;
  for (std::uint64_t round = support::scaled(100); round > 0; --round) {
    scene const one = support::random_scene(random);
    limited_memory plenty(emulation::guarded_memory(), std::size_t{1} << 40U);
    static_cast<void>(run(one, device_kind::cuda, &plenty));
    // Allocations fail at every place in turn.
    limited_memory little(emulation::guarded_memory(),
                          random.below(static_cast<std::uint32_t>(plenty.most_held()) + 1));
    try {
      static_cast<void>(run(one, device_kind::cuda, &little));
    } catch (std::bad_alloc const&) {
      ++failures;
    }
    ASSERT_EQ(little.held(), 0U);
  }
  EXPECT_GT(failures, 0U);
}

TEST(memory, of_a_matched_evaluation_does_not_grow) {
  random_source random(3);
  scene const one = scene_of_many_masks(random);
  limited_memory memory(emulation::guarded_memory(), std::size_t{1} << 40U);
  context ctx;
  ctx.device = {device_kind::cuda, 0};
  ctx.memory = &memory;
  maskmetrics::matched_evaluation matched(ctx, one.ground_truth, one.results, one.how);
  std::size_t const held = memory.held();
  for (int call = 0; call < 3; ++call) {
    static_cast<void>(matched.accumulate(one.how.recall_thresholds));
    EXPECT_EQ(memory.held(), held);
  }
}

/// Allocating costs a call of the driver or, in PyTorch, of Python: an update of masks in device memory takes two.
TEST(memory, of_an_update_is_allocated_twice) {
  constexpr std::uint32_t height = 3;
  constexpr std::uint32_t width = 5;
  limited_memory memory(emulation::guarded_memory(), std::size_t{1} << 40U);
  context ctx;
  ctx.device = {device_kind::cuda, 0};
  ctx.memory = &memory;
  maskmetrics::evaluator evaluator(ctx, maskmetrics::protocol::coco(maskmetrics::iou_type::segm));
  maskmetrics::buffer<unsigned char> const pixels(std::size_t{2} * height * width, emulation::guarded_memory());
  std::fill_n(pixels.data(), pixels.size(), static_cast<unsigned char>(1));
  std::vector<double> const scores = {.5, .7};
  std::vector<std::int64_t> const labels = {1, 1};
  maskmetrics::image_update image;
  image.image_id = 1;
  image.height = height;
  image.width = width;
  image.detections.count = 2;
  image.detections.scores = {scores.data()};
  image.detections.labels = {labels.data(), maskmetrics::number_type::int64};
  image.detections.masks = {maskmetrics::contiguous_masks(pixels.data(), 2, height, width),
                            maskmetrics::memory_space::device};
  image.ground_truths.emplace();
  image.ground_truths->count = 1;
  image.ground_truths->labels = image.detections.labels;
  image.ground_truths->masks = {maskmetrics::contiguous_masks(pixels.data(), 1, height, width),
                                maskmetrics::memory_space::device};
  evaluator.update(image);
  evaluator.flush();
  EXPECT_EQ(memory.calls(), 2U);
  EXPECT_EQ(memory.held(), 0U);
  EXPECT_NEAR(evaluator.compute().precision.data()[0], 1, 1e-15);
}

}  // namespace
