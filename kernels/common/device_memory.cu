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

/// Memory of one device by the library's own calls.
class device_memory : public memory_resource {
public:
  explicit device_memory(int ordinal) : ordinal_(ordinal) {}
  [[nodiscard]] int ordinal() const { return ordinal_; }

private:
  int ordinal_;
};

/// A pool of our own, so that nobody else's settings change.
class pool_memory final : public device_memory {
public:
  explicit pool_memory(int ordinal) : device_memory(ordinal) {
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
    device_guard const guard(ordinal());
    void* pointer = nullptr;
    check(cudaMallocFromPoolAsync(&pointer, bytes, pool_, cuda::stream_of(stream)), "allocating device memory");
    return pointer;
  }
  void deallocate(void* pointer, std::size_t /*bytes*/, stream_ref stream) noexcept override {
    // The handles of default streams mean those of the current device.
    device_guard const guard(ordinal(), std::nothrow);
    if (cudaFreeAsync(pointer, cuda::stream_of(stream)) != cudaSuccess) static_cast<void>(cudaGetLastError());
  }
  std::size_t available() override {
    device_guard const guard(ordinal());
    std::uint64_t reserved = 0;
    std::uint64_t used = 0;
    check(cudaMemPoolGetAttribute(pool_, cudaMemPoolAttrReservedMemCurrent, &reserved), "asking a memory pool");
    check(cudaMemPoolGetAttribute(pool_, cudaMemPoolAttrUsedMemCurrent, &used), "asking a memory pool");
    return free_bytes() + static_cast<std::size_t>(reserved - used);
  }

private:
  cudaMemPool_t pool_ = nullptr;
};

class plain_memory final : public device_memory {
public:
  using device_memory::device_memory;

  void* allocate(std::size_t bytes, stream_ref /*stream*/) override {
    device_guard const guard(ordinal());
    void* pointer = nullptr;
    check(cudaMalloc(&pointer, bytes), "allocating device memory");
    return pointer;
  }
  void deallocate(void* pointer, std::size_t /*bytes*/, stream_ref /*stream*/) noexcept override {
    device_guard const guard(ordinal(), std::nothrow);
    if (cudaFree(pointer) != cudaSuccess) static_cast<void>(cudaGetLastError());
  }
  std::size_t available() override {
    device_guard const guard(ordinal());
    return free_bytes();
  }
};

/// One resource a device. They are never destroyed: the runtime may be gone when static objects are.
template <class Resource>
memory_resource& resource_of(int ordinal) {
  static std::mutex& access = *new std::mutex;
  static auto& resources = *new std::map<int, std::unique_ptr<Resource>>;
  std::lock_guard const lock(access);
  if (auto const known = resources.find(ordinal); known != resources.end()) return *known->second;
  availability const state = cuda_availability(ordinal);
  if (!state.usable) throw device_error("device cuda:" + std::to_string(ordinal) + " cannot be used: " + state.reason);
  return *resources.emplace(ordinal, std::make_unique<Resource>(ordinal)).first->second;
}

}  // namespace

memory_resource& cuda_pool_memory(int ordinal) {
  return resource_of<pool_memory>(ordinal);
}

memory_resource& cuda_plain_memory(int ordinal) {
  return resource_of<plain_memory>(ordinal);
}

namespace cuda {

checked_memory::checked_memory(memory_resource& upstream, int ordinal) : upstream_(&upstream), ordinal_(ordinal) {
  int known = -1;
  if (auto const* const own = dynamic_cast<device_memory const*>(&upstream)) known = own->ordinal();
  if (auto const* const checked = dynamic_cast<checked_memory const*>(&upstream)) known = checked->ordinal_;
  is_callers_ = known == -1;
  if (is_callers_ || known == ordinal) return;
  throw device_error("the memory resource of the context is one of cuda:" + std::to_string(known) +
                     ", and the context asks for cuda:" + std::to_string(ordinal));
}

void* checked_memory::allocate(std::size_t bytes, stream_ref stream) {
  void* pointer = nullptr;
  try {
    pointer = upstream_->allocate(bytes, stream);
  } catch (std::bad_alloc const&) {
    throw device_error("CUDA, allocating " + std::to_string(bytes) + " bytes: " + explain(cudaErrorMemoryAllocation));
  }
  if (!is_callers_) return pointer;
  // While a graph is captured, memory has an address and is not there yet.
  cudaStreamCaptureStatus capturing = cudaStreamCaptureStatusNone;
  if (stream.handle() != nullptr && cudaStreamIsCapturing(stream_of(stream), &capturing) == cudaSuccess &&
      capturing != cudaStreamCaptureStatusNone) {
    return pointer;
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
