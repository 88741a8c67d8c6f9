// Pinned staging (kernels/common/staging.cu) over a runtime that does everything as late as it may.
#include <cuda_runtime_api.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <stdexcept>
#include <vector>

#include <common/cuda_check.cuh>
#include <common/staging.cuh>

#include "support/random.hpp"

struct emulated_stream {
  std::deque<std::function<void()>> queued;
  std::size_t first = 0;  ///< number of the first one in the queue

  void run_until(std::size_t end) {
    for (; first < end && !queued.empty(); ++first) {
      queued.front()();
      queued.pop_front();
    }
  }
};
struct emulated_event {
  emulated_stream* stream = nullptr;
  std::size_t end = 0;
};

namespace {
std::size_t pinned_bytes = 0;
std::size_t waits = 0;
}  // namespace

cudaError_t cudaGetDevice(int* ordinal) {
  *ordinal = 0;
  return cudaSuccess;
}
cudaError_t cudaSetDevice(int /*ordinal*/) {
  return cudaSuccess;
}
cudaError_t cudaMallocHost(void** pointer, std::size_t bytes) {
  *pointer = ::operator new(bytes);
  pinned_bytes += bytes;
  return cudaSuccess;
}
cudaError_t cudaFreeHost(void* pointer) {
  ::operator delete(pointer);
  return cudaSuccess;
}
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned /*flags*/) {
  *event = new emulated_event;
  return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  *event = {stream, stream->first + stream->queued.size()};
  return cudaSuccess;
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  ++waits;
  if (event->stream != nullptr) event->stream->run_until(event->end);
  return cudaSuccess;
}
cudaError_t cudaMemcpyAsync(void* to, void const* from, std::size_t bytes, cudaMemcpyKind /*kind*/,
                            cudaStream_t stream) {
  stream->queued.push_back([=] { std::memcpy(to, from, bytes); });
  return cudaSuccess;
}

namespace maskmetrics::cuda {

void check(cudaError_t status, char const* what) {
  if (status != cudaSuccess) throw std::runtime_error(what);
}

}  // namespace maskmetrics::cuda

namespace {

using maskmetrics::cuda::staging_ring;
using support::random_source;

std::vector<std::uint8_t> random_bytes(random_source& random, std::size_t count) {
  std::vector<std::uint8_t> bytes(count);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.below(256));
  return bytes;
}

/// From nothing to more than all slots hold.
std::size_t random_size(random_source& random) {
  constexpr auto slot = static_cast<std::uint32_t>(staging_ring::slot_bytes);
  switch (random.below(5)) {
    case 0:
      return random.below(3);
    case 1:
      return random.between(slot - 1, slot + 1);
    case 2:
      return random.below(slot / 4);
    case 3:
      return std::size_t{slot} * random.between(1, 6) + random.below(100);
    default:
      return random.below(2000);
  }
}

TEST(staging, brings_everything_to_the_device) {
  random_source random(1);
  emulated_stream stream;
  staging_ring ring;
  for (std::uint64_t round = support::scaled(20); round > 0; --round) {
    std::vector<std::vector<std::uint8_t>> sent, there;
    for (int i = 0; i < 6; ++i) {
      sent.push_back(random_bytes(random, random_size(random)));
      there.emplace_back(sent.back().size());
      std::vector<std::uint8_t> source = sent.back();
      ring.copy_in(there.back().data(), source.data(), source.size(), &stream);
      std::fill(source.begin(), source.end(), std::uint8_t{0xEE});  // the source may change at once
    }
    stream.run_until(~std::size_t{0});
    ASSERT_EQ(there, sent) << "round " << round;
  }
}

TEST(staging, brings_everything_to_the_host) {
  random_source random(2);
  emulated_stream stream;
  staging_ring ring;
  for (std::uint64_t round = support::scaled(20); round > 0; --round) {
    std::vector<std::vector<std::uint8_t>> on_device, here;
    for (int i = 0; i < 6; ++i) {
      on_device.push_back(random_bytes(random, random_size(random)));
      here.emplace_back(on_device.back().size());
      ring.copy_out(here.back().data(), on_device.back().data(), here.back().size(), &stream);
    }
    ring.finish();
    ASSERT_EQ(here, on_device) << "round " << round;
  }
}

TEST(staging, waits_only_when_all_slots_are_under_way) {
  emulated_stream stream;
  staging_ring ring;
  std::vector<std::uint8_t> const source(staging_ring::num_slots * staging_ring::slot_bytes + 1);
  std::vector<std::uint8_t> there(source.size());
  waits = 0;
  pinned_bytes = 0;
  ring.copy_in(there.data(), source.data(), source.size() - 1, &stream);
  EXPECT_EQ(waits, 0U);
  ring.copy_in(there.data(), source.data(), 1, &stream);
  EXPECT_EQ(waits, 1U);
  EXPECT_EQ(pinned_bytes, staging_ring::num_slots * staging_ring::slot_bytes);
}

TEST(staging, that_is_abandoned_writes_no_more) {
  emulated_stream stream;
  staging_ring ring;
  std::vector<std::uint8_t> const on_device(1000, 7);
  std::vector<std::uint8_t> here(1000, 1);
  ring.copy_out(here.data(), on_device.data(), here.size(), &stream);
  ring.abandon();
  ring.finish();
  EXPECT_EQ(here, std::vector<std::uint8_t>(1000, 1));
}

}  // namespace
