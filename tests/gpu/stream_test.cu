// Streams and pointers of a caller, on a GPU.
#include <cuda_runtime_api.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <maskmetrics/error.hpp>
#include <maskmetrics/evaluate.hpp>

#include "gpu/gpu_fixture.hpp"
#include "support/exact.hpp"
#include "support/scene.hpp"

namespace {

using gpu::on_cuda;

using gpu_stream = gpu::device_test;

/// A stream for a scope.
class own_stream {
public:
  own_stream() { EXPECT_EQ(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), cudaSuccess); }
  ~own_stream() { cudaStreamDestroy(stream_); }
  own_stream(own_stream const&) = delete;
  own_stream& operator=(own_stream const&) = delete;
  [[nodiscard]] maskmetrics::stream_ref ref() const { return maskmetrics::stream_ref(stream_); }

private:
  cudaStream_t stream_ = nullptr;
};

TEST_F(gpu_stream, of_the_caller_is_used) {
  own_stream const stream;
  maskmetrics::context ctx = on_cuda();
  ctx.stream = stream.ref();
  std::unique_ptr<maskmetrics::execution> const place = maskmetrics::cuda_backend().open(ctx);
  EXPECT_EQ(place->ctx().stream, stream.ref());
  maskmetrics::context on_cpu;
  on_cpu.device = {maskmetrics::device_kind::cpu, 0};
  support::random_source random(1);
  for (int round = 0; round < 20; ++round) {
    support::scene const one = support::random_scene(random);
    auto const there = maskmetrics::evaluate(ctx, one.ground_truth, one.results, one.how);
    auto const here = maskmetrics::evaluate(on_cpu, one.ground_truth, one.results, one.how);
    ASSERT_TRUE(support::agree(support::to_vector(there.precision), support::to_vector(here.precision)));
  }
}

TEST_F(gpu_stream, of_another_device_is_refused) {
  if (!maskmetrics::cuda_availability(1).usable) GTEST_SKIP() << "one device only";
  own_stream const stream;
  maskmetrics::context ctx = on_cuda(1);
  ctx.stream = stream.ref();
  EXPECT_THROW(static_cast<void>(maskmetrics::cuda_backend().open(ctx)), maskmetrics::device_error);
}

TEST_F(gpu_stream, leaves_the_current_device_alone) {
  int before = -1;
  ASSERT_EQ(cudaGetDevice(&before), cudaSuccess);
  for (int ordinal = 0; maskmetrics::cuda_availability(ordinal).usable; ++ordinal) {
    std::unique_ptr<maskmetrics::execution> const place = maskmetrics::cuda_backend().open(on_cuda(ordinal));
    int after = -1;
    ASSERT_EQ(cudaGetDevice(&after), cudaSuccess);
    EXPECT_EQ(after, before);
  }
}

/// Larger than all staging memory, so that slots are used again while copies are under way.
TEST_F(gpu_stream, copies_arrive_whole_and_in_order) {
  std::unique_ptr<maskmetrics::execution> const place = maskmetrics::cuda_backend().open(on_cuda());
  std::size_t const count = (std::size_t{70} << 20U) / sizeof(std::uint32_t) + 3;
  std::vector<std::uint32_t> sent(count);
  for (std::size_t i = 0; i < count; ++i) sent[i] = static_cast<std::uint32_t>(i * 2654435761U);
  maskmetrics::buffer<std::uint32_t> const there(count, *place->ctx().memory, place->ctx().stream);
  place->copy_in(there.data(), sent.data(), count * sizeof(std::uint32_t));
  std::uint32_t const last_word = 7;
  place->copy_in(there.data() + count - 1, &last_word, sizeof last_word);
  std::vector<std::uint32_t> received(count);
  place->copy_out(received.data(), there.data(), count * sizeof(std::uint32_t));
  place->synchronize();
  sent.back() = last_word;
  EXPECT_EQ(received, sent);
}

TEST_F(gpu_stream, context_without_an_execution_is_refused) {
  maskmetrics::context ctx = on_cuda();
  own_stream const stream;
  ctx.stream = stream.ref();
  ctx.memory = &maskmetrics::cuda_pool_memory(0);
  maskmetrics::mask_batch const none;
  std::uint32_t const nothing = 0;
  maskmetrics::pairwise_input in;
  in.host_cells.detection_begin = in.host_cells.ground_truth_begin = {&nothing, 1};
  in.detection_masks = &none;
  in.ground_truth_masks = &none;
  EXPECT_THROW(static_cast<void>(maskmetrics::cuda_backend().pairwise(ctx, in, {})), maskmetrics::device_error);
}

TEST_F(gpu_stream, host_pointers_of_masks_are_refused) {
  std::unique_ptr<maskmetrics::execution> const place = maskmetrics::cuda_backend().open(on_cuda());
  std::vector<unsigned char> const on_host(6);
  maskmetrics::dense_image const image{2, 3, maskmetrics::contiguous_masks(on_host.data(), 1, 2, 3), {}};
  try {
    maskmetrics::cuda_backend().dense_overlaps(place->ctx(), {&image, 1}, {}, {});
    FAIL() << "host memory was taken";
  } catch (maskmetrics::device_error const& failure) {
    EXPECT_NE(std::string(failure.what()).find("images[0].detections: host memory"), std::string::npos)
        << failure.what();
  }
}

}  // namespace
