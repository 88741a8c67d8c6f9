/// @file
/// Shared memory that the emulator can watch.
#pragma once

#include "common/launch.cuh"

#if defined(MASKMETRICS_EMULATED)
#include <cstring>
#include <new>
#include <source_location>
#endif

namespace maskmetrics::MASKMETRICS_KERNELS {

/// Shared memory of a block: `__shared__ shared_array<std::uint32_t, 32> sums;`. As every `__shared__` variable it
/// starts with arbitrary contents. Emulated, an index is checked and the contents are poison at the start of every
/// block.
template <class T, std::size_t Size>
class shared_array {
public:
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_default_constructible_v<T>);
#if defined(MASKMETRICS_EMULATED)
  [[nodiscard]] T& at(std::size_t i, std::source_location where) {
    if (i >= Size) emulation::fail_index(i, Size, where);
    return data()[i];
  }
  /// An index that remembers where it was used.
  struct index {
    std::size_t value;
    std::source_location where;
    template <class Integer>
    index(Integer i, std::source_location used = std::source_location::current())
        : value(static_cast<std::size_t>(i)), where(used) {}
  };
  [[nodiscard]] T& operator[](index i) {
    return at(i.value, i.where);
  }
  [[nodiscard]] T* data() {
    if (block_ != emulation::current_block_serial()) {
      block_ = emulation::current_block_serial();
      std::memset(bytes_, emulation::current_schedule().poison, sizeof(bytes_));
    }
    return std::launder(reinterpret_cast<T*>(bytes_));
  }

private:
  alignas(alignof(T) < 16 ? 16 : alignof(T)) unsigned char bytes_[sizeof(T) * Size];
  std::uint64_t block_;
#else
  [[nodiscard]] __device__ T& operator[](std::size_t i) {
    return values_[i];
  }
  [[nodiscard]] __device__ T* data() {
    return values_;
  }

private:
  alignas(alignof(T) < 16 ? 16 : alignof(T)) T values_[Size];
#endif
};

/// The launch's dynamic shared memory, aligned to 16 bytes. Emulated, its end is guarded.
template <class T>
[[nodiscard]] __device__ T* dynamic_shared() {
#if defined(MASKMETRICS_EMULATED)
  return static_cast<T*>(emulation::dynamic_shared_memory());
#else
  extern __shared__ uint4 maskmetrics_dynamic_shared[];
  return reinterpret_cast<T*>(maskmetrics_dynamic_shared);
#endif
}

}  // namespace maskmetrics::MASKMETRICS_KERNELS
