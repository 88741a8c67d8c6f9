#include "common/device_memory.cuh"

#include <cuda_runtime_api.h>

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <string>

#include <backend/backend.hpp>
#include <maskmetrics/error.hpp>
#include <maskmetrics/memory.hpp>

#include "common/cuda_check.cuh"

namespace maskmetrics {

namespace {

using cuda::check;
using cuda::device_guard;

std::size_t free_bytes() {
  std::size_t free = 0;
  std::size_t total = 0;
  check(cudaMemGetInfo(&free, &total), "asking for free device memory");
  return free;
}

/// A pool of our own, so that nobody else's settings change.
class pool_memory final : public memory_resource {
public:
  explicit pool_memory(int ordinal) : ordinal_(ordinal) {
    device_guard const guard(ordinal);
    cudaMemPoolProps properties{};
    properties.allocType = cudaMemAllocationTypePinned;
    properties.location.type = cudaMemLocationTypeDevice;
    properties.location.id = ordinal;
    check(cudaMemPoolCreate(&pool_, &properties), "making a memory pool");
    std::uint64_t keep = std::numeric_limits<std::uint64_t>::max();
    check(cudaMemPoolSetAttribute(pool_, cudaMemPoolAttrReleaseThreshold, &keep), "setting up a memory pool");
  }

  void* allocate(std::size_t bytes, stream_ref stream) override {
    if (stream.handle() == nullptr) throw device_error("cuda_pool_memory allocates on a stream; give one");
    device_guard const guard(ordinal_);
    void* pointer = nullptr;
    check(cudaMallocFromPoolAsync(&pointer, bytes, pool_, cuda::stream_of(stream)), "allocating device memory");
    return pointer;
  }
  void deallocate(void* pointer, std::size_t /*bytes*/, stream_ref stream) noexcept override {
    static_cast<void>(cudaFreeAsync(pointer, cuda::stream_of(stream)));
  }
  std::size_t available() override {
    device_guard const guard(ordinal_);
    std::uint64_t reserved = 0;
    std::uint64_t used = 0;
    check(cudaMemPoolGetAttribute(pool_, cudaMemPoolAttrReservedMemCurrent, &reserved), "asking a memory pool");
    check(cudaMemPoolGetAttribute(pool_, cudaMemPoolAttrUsedMemCurrent, &used), "asking a memory pool");
    return free_bytes() + static_cast<std::size_t>(reserved - used);
  }

private:
  int ordinal_;
  cudaMemPool_t pool_ = nullptr;
};

class plain_memory final : public memory_resource {
public:
  explicit plain_memory(int ordinal) : ordinal_(ordinal) {}

  void* allocate(std::size_t bytes, stream_ref /*stream*/) override {
    device_guard const guard(ordinal_);
    void* pointer = nullptr;
    check(cudaMalloc(&pointer, bytes), "allocating device memory");
    return pointer;
  }
  void deallocate(void* pointer, std::size_t /*bytes*/, stream_ref /*stream*/) noexcept override {
    static_cast<void>(cudaFree(pointer));
  }
  std::size_t available() override {
    device_guard const guard(ordinal_);
    return free_bytes();
  }

private:
  int ordinal_;
};

/// One resource a device. They are never destroyed: the runtime may be gone when static objects are.
template <class Resource>
memory_resource& resource_of(int ordinal) {
  availability const state = cuda_availability(ordinal);
  if (!state.usable) throw device_error("device cuda:" + std::to_string(ordinal) + " cannot be used: " + state.reason);
  static std::mutex& access = *new std::mutex;
  static auto& resources = *new std::map<int, std::unique_ptr<Resource>>;
  std::lock_guard const lock(access);
  std::unique_ptr<Resource>& resource = resources[ordinal];
  if (resource == nullptr) resource = std::make_unique<Resource>(ordinal);
  return *resource;
}

}  // namespace

memory_resource& cuda_pool_memory(int ordinal) {
  return resource_of<pool_memory>(ordinal);
}

memory_resource& cuda_plain_memory(int ordinal) {
  return resource_of<plain_memory>(ordinal);
}

namespace cuda {

void* checked_memory::allocate(std::size_t bytes, stream_ref stream) {
  void* pointer = nullptr;
  try {
    pointer = upstream_->allocate(bytes, stream);
  } catch (std::bad_alloc const&) {
    throw device_error("CUDA, allocating " + std::to_string(bytes) + " bytes: " + explain(cudaErrorMemoryAllocation));
  }
  try {
    check_device_pointer(pointer, ordinal_, "what the memory resource gave");
  } catch (...) {
    upstream_->deallocate(pointer, bytes, stream);
    throw;
  }
  return pointer;
}

}  // namespace cuda

}  // namespace maskmetrics
