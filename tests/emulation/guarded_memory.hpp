/// @file
/// Memory whose borders are watched: the end lies against a page that nothing may touch, and the bytes before the
/// beginning are checked. It stands for device memory and dynamic shared memory.
#pragma once

#include <cstddef>
#include <source_location>
#include <string>

#include <maskmetrics/memory.hpp>

#include "emulation/fault.hpp"

namespace emulation {

/// One allocation. Past its end an access ends the kernel at once, a read too; before its beginning reads up to a page
/// away are not seen and writes are seen by intact(), farther ones end the kernel.
class guarded_block {
public:
  /// @param alignment  a power of two; the end moves away from the guard page by less than it
  guarded_block(std::size_t bytes, std::size_t alignment);
  ~guarded_block();
  guarded_block(guarded_block const&) = delete;
  guarded_block& operator=(guarded_block const&) = delete;

  [[nodiscard]] void* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  /// Fills with the schedule's poison.
  void poison();
  /// False where the bytes around the block were written.
  [[nodiscard]] bool intact() const;

private:
  std::byte* pages_;
  std::size_t page_bytes_;  // without the guard pages
  std::byte* data_;
  std::size_t size_;
};

/// Poisoned, guarded blocks for buffer<T>. As on a device, an allocation is aligned to 256 bytes; as nobody may rely on
/// more than an element's own alignment, views that tests make of it may be shifted.
[[nodiscard]] maskmetrics::memory_resource& guarded_memory();

/// @throws kernel_fault where a block, of those freed since the last call too, was written around its borders
void check_guarded_memory();

/// While one lives, an access to memory that is not there ends the kernel instead of the program. x86-64 only;
/// elsewhere the program ends.
class access_guard {
public:
  access_guard();
  ~access_guard();
  access_guard(access_guard const&) = delete;
  access_guard& operator=(access_guard const&) = delete;
};

/// Where an address lies, for messages.
[[nodiscard]] std::string describe_address(void const* address);
/// Ends the running kernel.
[[noreturn]] void fail_access(void const* address);
[[nodiscard]] bool in_kernel() noexcept;

}  // namespace emulation
