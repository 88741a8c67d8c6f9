/// @file
/// Runs the blocks of a grid one after another, and the threads of a block as fibers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <source_location>

#include "emulation/fault.hpp"

namespace emulation {

/// CUDA's uint3 and dim3.
struct index3 {
  unsigned x = 0;
  unsigned y = 0;
  unsigned z = 0;
};
struct extent3 {
  unsigned x = 1;
  unsigned y = 1;
  unsigned z = 1;
  constexpr extent3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
  [[nodiscard]] constexpr std::uint64_t count() const { return std::uint64_t{x} * y * z; }
};

inline constexpr unsigned lanes_per_warp = 32;

/// In which order blocks, warps and lanes get their turn. A warp runs on until all of its lanes wait or end, so that
/// warps are as far apart as barriers allow; `shuffled` also lets others go first at atomic operations.
enum class schedule_order : unsigned char { forward, reverse, shuffled };

struct schedule {
  schedule_order order = schedule_order::forward;
  std::uint64_t seed = 0;
  std::uint8_t poison = 0xA5;  ///< what shared memory and guarded memory hold before anything writes them
};

/// How grids run from here on. The host's one thread owns it.
[[nodiscard]] schedule& current_schedule() noexcept;

/// Which thread runs; threadIdx and its like read it.
struct thread_place {
  index3 thread;
  index3 block;
  extent3 block_size;
  extent3 grid_size;
};
extern thread_place const* current_place;

/// Differs from block to block, so that shared arrays know when to become fresh. Never 0.
[[nodiscard]] std::uint64_t current_block_serial() noexcept;
/// The bytes of the launch's dynamic shared memory.
[[nodiscard]] void* dynamic_shared_memory() noexcept;
[[nodiscard]] std::size_t dynamic_shared_bytes() noexcept;

/// Ends the whole grid with a fault; the launch throws it. From outside of a kernel it throws at once.
/// Whatever the kernel's frames own is lost, so callers on its stack own nothing.
[[noreturn]] void fail(fault_kind kind, char const* what, std::source_location const& where);
/// As fail(), with the index and the size.
[[noreturn]] void fail_index(std::size_t index, std::size_t size, std::source_location const& where);

enum class warp_operation : unsigned char { sync, ballot, all, any, shuffle, match_any };

/// __syncthreads().
void meet_block(std::source_location const& where);
/// Meets the lanes of @p mask. @return what the operation gives this lane
/// @param argument  shuffle: the lane to read from; a lane outside of the mask is a fault
std::uint64_t meet_warp(warp_operation operation, unsigned mask, std::uint64_t value, unsigned argument,
                        std::source_location const& where);
[[nodiscard]] unsigned lane_index() noexcept;
/// A place where other threads may come in between.
void maybe_yield();

/// One call of the kernel for every thread of the grid.
/// @throws kernel_fault
void run_grid(extent3 grid, extent3 block, std::size_t shared_bytes, void (*call)(void const*), void const* argument);

template <class Call>
void run_grid(extent3 grid, extent3 block, std::size_t shared_bytes, Call const& call) {
  run_grid(
      grid, block, shared_bytes, [](void const* c) { (*static_cast<Call const*>(c))(); }, &call);
}

}  // namespace emulation
