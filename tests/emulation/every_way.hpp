/// @file
/// Runs a computation of kernels under different schedules and memory contents, which may change nothing.
#pragma once

#include <array>
#include <utility>

#include "emulation/grid.hpp"
#include "emulation/guarded_memory.hpp"

namespace emulation {

/// Sets how grids run, for as long as it lives.
class scoped_schedule {
public:
  explicit scoped_schedule(schedule how) : before_(std::exchange(current_schedule(), how)) {}
  ~scoped_schedule() { current_schedule() = before_; }
  scoped_schedule(scoped_schedule const&) = delete;
  scoped_schedule& operator=(scoped_schedule const&) = delete;

private:
  schedule before_;
};

/// Calls @p run forward, in reverse, shuffled and with other poison. It must take its device memory from
/// guarded_memory() afresh each time and return what it computed, comparable by ==.
/// @return what it computed
/// @throws kernel_fault  what a kernel did wrong; uninitialized_memory where the poison shows in the result, race where
///         the order does
template <class Run>
auto every_way(Run&& run, std::uint64_t seed = 1) {
  auto const under = [&](schedule how) {
    scoped_schedule const scope(how);
    auto result = run();
    check_guarded_memory();
    return result;
  };
  auto const expected = under({schedule_order::forward, seed, 0xA5});
  // A missing barrier may read memory too early, so the order is looked at first.
  for (schedule const& how :
       {schedule{schedule_order::reverse, seed, 0xA5}, schedule{schedule_order::shuffled, seed, 0xA5},
        schedule{schedule_order::shuffled, seed + 1000003, 0xA5}}) {
    if (!(under(how) == expected)) {
      throw kernel_fault(fault_kind::race, "the result depends on the order of threads or blocks");
    }
  }
  for (std::uint8_t const poison : std::array<std::uint8_t, 2>{0x00, 0xFF}) {
    if (!(under({schedule_order::forward, seed, poison}) == expected)) {
      throw kernel_fault(fault_kind::uninitialized_memory, "the result depends on what memory held before");
    }
  }
  return expected;
}

}  // namespace emulation
