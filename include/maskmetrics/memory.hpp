/// @file
/// Where arrays live: a pluggable memory resource and an owning, uninitialised buffer.
#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <type_traits>
#include <utility>

#include "maskmetrics/stream.hpp"
#include "maskmetrics/view.hpp"

namespace maskmetrics {

/// Allocates memory of one kind, ordered on a stream where the kind has streams.
class memory_resource {
public:
  virtual ~memory_resource() = default;

  /// @throws device_error or std::bad_alloc where there is no memory left
  [[nodiscard]] virtual void* allocate(std::size_t bytes, stream_ref stream) = 0;
  virtual void deallocate(void* pointer, std::size_t bytes, stream_ref stream) noexcept = 0;

  /// About how many bytes can still be allocated. Work that needs more is done in pieces.
  [[nodiscard]] virtual std::size_t available() { return std::numeric_limits<std::size_t>::max(); }
};

/// Ordinary host memory, aligned to 64 bytes.
[[nodiscard]] memory_resource& host_memory() noexcept;

/// The device's pool of stream-ordered memory (cudaMallocAsync), where a context names nothing else. Allocating waits
/// for nothing; memory stays with the pool between calls.
/// @throws device_error where CUDA device @p ordinal cannot be used
[[nodiscard]] memory_resource& cuda_pool_memory(int ordinal = 0);

/// Plain device memory (cudaMalloc). Every deallocation waits for the whole device.
/// @throws device_error where CUDA device @p ordinal cannot be used
[[nodiscard]] memory_resource& cuda_plain_memory(int ordinal = 0);

/// @return device memory, aligned to 256 bytes, that work on the stream may use at once; nullptr where none is left
using allocate_function = std::function<void*(std::size_t bytes, stream_ref stream)>;
/// Must not throw. Work on the stream may still use the memory.
using deallocate_function = std::function<void(void* pointer, std::size_t bytes, stream_ref stream)>;

/// Memory of a framework's own allocator. The functions are called from the threads that evaluate.
[[nodiscard]] std::unique_ptr<memory_resource> callback_memory(allocate_function allocate,
                                                               deallocate_function deallocate);

/// Owns @p size() elements of uninitialised memory. Move-only: a copy would need to say on which stream.
template <class T>
class buffer {
  static_assert(std::is_trivially_copyable_v<T>, "a buffer does not run constructors");

public:
  buffer() = default;
  explicit buffer(std::size_t size, memory_resource& resource = host_memory(), stream_ref stream = {})
      : resource_(&resource), stream_(stream), size_(size) {
    if (size_ != 0) data_ = static_cast<T*>(resource_->allocate(size_ * sizeof(T), stream_));
  }
  ~buffer() { release(); }
  buffer(buffer const&) = delete;
  buffer& operator=(buffer const&) = delete;
  buffer(buffer&& other) noexcept { swap(other); }
  buffer& operator=(buffer&& other) noexcept {
    buffer(std::move(other)).swap(*this);
    return *this;
  }

  [[nodiscard]] T* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] view<T> all() const { return {data_, size_}; }

private:
  void swap(buffer& other) noexcept {
    std::swap(resource_, other.resource_);
    std::swap(stream_, other.stream_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
  }
  void release() noexcept {
    if (data_ != nullptr) resource_->deallocate(data_, size_ * sizeof(T), stream_);
  }

  memory_resource* resource_ = nullptr;
  stream_ref stream_;
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace maskmetrics
