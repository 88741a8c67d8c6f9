// Whole evaluations on a GPU: the CPU's bits, whatever memory and device they use.
#include <gtest/gtest.h>

#include <cstddef>
#include <new>
#include <string>

#include <maskmetrics/error.hpp>
#include <maskmetrics/evaluate.hpp>

#include "gpu/gpu_fixture.hpp"
#include "support/exact.hpp"
#include "support/limited_memory.hpp"
#include "support/scene.hpp"

namespace {

using gpu::on_cuda;
using maskmetrics::context;
using maskmetrics::evaluation;
using support::random_source;
using support::scene;

evaluation run(context const& ctx, scene const& one) {
  return maskmetrics::evaluate(ctx, one.ground_truth, one.results, one.how);
}

context on_cpu() {
  context ctx;
  ctx.device = {maskmetrics::device_kind::cpu, 0};
  return ctx;
}

::testing::AssertionResult same(evaluation const& actual, evaluation const& expected) {
  for (auto const array : {&evaluation::precision, &evaluation::recall, &evaluation::scores, &evaluation::recall_curve,
                           &evaluation::average_precision}) {
    auto const result = support::agree(support::to_vector(actual.*array), support::to_vector(expected.*array));
    if (!result) return result;
  }
  if (actual.num_ground_truths != expected.num_ground_truths) {
    return ::testing::AssertionFailure() << "num_ground_truths differ";
  }
  return ::testing::AssertionSuccess();
}

void expect_the_cpus_bits(context const& ctx, std::uint64_t seed, std::uint64_t rounds) {
  random_source random(seed);
  for (std::uint64_t round = support::scaled(rounds); round > 0; --round) {
    scene const one = support::random_scene(random);
    ASSERT_TRUE(same(run(ctx, one), run(on_cpu(), one))) << "round " << round;
  }
}

using gpu_evaluate = gpu::device_test;

TEST_F(gpu_evaluate, equals_the_cpu) {
  expect_the_cpus_bits(on_cuda(), 1, 1000);
}

TEST_F(gpu_evaluate, equals_the_cpu_by_vocs_rules) {
  random_source random(7);
  for (std::uint64_t round = support::scaled(500); round > 0; --round) {
    scene const one = support::random_voc_scene(random);
    ASSERT_TRUE(same(run(on_cuda(), one), run(on_cpu(), one))) << "round " << round;
  }
}

TEST_F(gpu_evaluate, is_what_automatic_takes) {
  random_source random(2);
  scene const one = support::random_scene(random);
  evaluation const result = run({}, one);
  EXPECT_EQ(to_string(result.device), "cuda:0");
  for (maskmetrics::warning const& w : result.warnings) EXPECT_NE(w.code, "cuda_unavailable");
}

TEST_F(gpu_evaluate, equals_the_cpu_on_every_device) {
  for (int ordinal = 0; maskmetrics::cuda_availability(ordinal).usable; ++ordinal) {
    random_source random(3);
    scene const one = support::random_scene(random);
    evaluation const result = run(on_cuda(ordinal), one);
    EXPECT_EQ(to_string(result.device), "cuda:" + std::to_string(ordinal));
    EXPECT_TRUE(same(result, run(on_cpu(), one)));
  }
}

TEST_F(gpu_evaluate, takes_plain_memory) {
  context ctx = on_cuda();
  ctx.memory = &maskmetrics::cuda_plain_memory(0);
  expect_the_cpus_bits(ctx, 4, 20);
}

TEST_F(gpu_evaluate, takes_callbacks_and_gives_everything_back) {
  std::ptrdiff_t held = 0;
  std::size_t calls = 0;
  maskmetrics::memory_resource& pool = maskmetrics::cuda_pool_memory(0);
  auto const memory = maskmetrics::callback_memory(
      [&](std::size_t bytes, maskmetrics::stream_ref stream) {
        held += static_cast<std::ptrdiff_t>(bytes);
        ++calls;
        return pool.allocate(bytes, stream);
      },
      [&](void* pointer, std::size_t bytes, maskmetrics::stream_ref stream) {
        held -= static_cast<std::ptrdiff_t>(bytes);
        pool.deallocate(pointer, bytes, stream);
      });
  context ctx = on_cuda();
  ctx.memory = memory.get();
  expect_the_cpus_bits(ctx, 5, 20);
  EXPECT_GT(calls, 0U);
  EXPECT_EQ(held, 0);
}

TEST_F(gpu_evaluate, in_little_memory_is_done_in_pieces) {
  support::limited_memory memory(maskmetrics::cuda_pool_memory(0), std::size_t{1} << 20U);
  context ctx = on_cuda();
  ctx.memory = &memory;
  expect_the_cpus_bits(ctx, 6, 50);
}

TEST_F(gpu_evaluate, without_memory_says_so) {
  support::limited_memory memory(maskmetrics::cuda_pool_memory(0), 100);
  context ctx = on_cuda();
  ctx.memory = &memory;
  random_source random(7);
  scene one = support::random_scene(random);
  while (one.results.size() < 8) one = support::random_scene(random);
  try {
    static_cast<void>(run(ctx, one));
    FAIL() << "100 bytes sufficed";
  } catch (maskmetrics::device_error const& failure) {
    EXPECT_NE(std::string(failure.what()).find("out of device memory"), std::string::npos) << failure.what();
  }
}

TEST_F(gpu_evaluate, refuses_host_memory) {
  context ctx = on_cuda();
  ctx.memory = &maskmetrics::host_memory();
  random_source random(8);
  scene one = support::random_scene(random);
  while (one.results.size() < 8) one = support::random_scene(random);
  try {
    static_cast<void>(run(ctx, one));
    FAIL() << "host memory was taken";
  } catch (maskmetrics::device_error const& failure) {
    EXPECT_NE(std::string(failure.what()).find("host memory"), std::string::npos) << failure.what();
  }
}

TEST_F(gpu_evaluate, refuses_an_ordinal_that_is_not_there) {
  random_source random(9);
  scene const one = support::random_scene(random);
  EXPECT_THROW(static_cast<void>(run(on_cuda(1000), one)), maskmetrics::device_error);
}

}  // namespace
