// The emulator finds every kind of fault that it says it finds, and nothing in a kernel without one.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include <maskmetrics/memory.hpp>

#include "emulation/every_way.hpp"
#include "emulation/planted_faults.cuh"

namespace {

using emulation::fault_kind;
using planted::fault;

std::vector<std::uint32_t> run_neighbour_sums(std::size_t n, fault planted) {
  maskmetrics::buffer<std::uint32_t> const in(n, emulation::guarded_memory());
  maskmetrics::buffer<std::uint32_t> const out(n, emulation::guarded_memory());
  for (std::size_t i = 0; i < n; ++i) in.data()[i] = static_cast<std::uint32_t>(i * i % 1009);
  planted::neighbour_sums(in.all(), out.all(), planted);
  return {out.data(), out.data() + n};
}

std::vector<std::uint32_t> expected_neighbour_sums(std::size_t n) {
  std::vector<std::uint32_t> values(n);
  for (std::size_t i = 0; i < n; ++i) values[i] = static_cast<std::uint32_t>(i * i % 1009);
  for (int round = 0; round < 3; ++round) {
    std::vector<std::uint32_t> const before = values;
    for (std::size_t i = 0; i < n; ++i) values[i] += before[i / 64 * 64 + (i + 1) % 64];
  }
  return values;
}

TEST(emulation, right_kernel_gives_right_result_every_way) {
  EXPECT_EQ(emulation::every_way([] { return run_neighbour_sums(320, fault::none); }), expected_neighbour_sums(320));
}

struct planted_case {
  char const* name;
  fault planted;
  std::size_t n;
  fault_kind found;
  char const* message;  // part of it
};
void PrintTo(planted_case const& c, std::ostream* out) {
  *out << c.name;
}

class planted_fault : public ::testing::TestWithParam<planted_case> {};

TEST_P(planted_fault, is_found) {
  planted_case const& c = GetParam();
  try {
    (void)emulation::every_way([&] { return run_neighbour_sums(c.n, c.planted); });
    FAIL() << "nothing was found";
  } catch (emulation::kernel_fault const& found) {
    EXPECT_EQ(emulation::to_string(found.kind()), std::string(emulation::to_string(c.found))) << found.what();
    EXPECT_NE(std::string(found.what()).find(c.message), std::string::npos) << found.what();
  }
  // The emulator is as good as new after a fault.
  EXPECT_EQ(run_neighbour_sums(128, fault::none), expected_neighbour_sums(128));
}

INSTANTIATE_TEST_SUITE_P(
    emulation, planted_fault,
    ::testing::Values(
        planted_case{"barrier_in_branch", fault::barrier_in_branch, 128, fault_kind::barrier_divergence,
                     "block (0,0,0) thread (0,0,0) waits for the block at planted_faults.cu"},
        planted_case{"barrier_after_exit", fault::barrier_after_exit, 100, fault_kind::barrier_divergence,
                     "thread (36,0,0) has ended"},
        planted_case{"two_barriers", fault::two_barriers, 64, fault_kind::barrier_divergence,
                     "thread (32,0,0) waits for the block at planted_faults.cu"},
        planted_case{"ballot_in_branch", fault::ballot_in_branch, 64, fault_kind::barrier_divergence,
                     "waits for its warp at planted_faults.cu"},
        planted_case{"shuffle_from_outside", fault::shuffle_from_outside, 64, fault_kind::barrier_divergence,
                     "reads a lane that is not in the mask"},
        planted_case{"shared_index", fault::shared_index, 64, fault_kind::out_of_bounds, "index 64 of 64"},
        planted_case{"dynamic_shared_index", fault::dynamic_shared_index, 64, fault_kind::out_of_bounds,
                     "at byte 256 of an array of 256 bytes"},
        planted_case{"global_read", fault::global_read, 100, fault_kind::out_of_bounds,
                     "at byte 400 of an array of 400 bytes"},
        planted_case{"global_write", fault::global_write, 100, fault_kind::out_of_bounds,
                     "at byte 400 of an array of 400 bytes"},
        planted_case{"global_write_before", fault::global_write_before, 64, fault_kind::out_of_bounds,
                     "next to a guarded array"},
        planted_case{"wild_index", fault::wild_index, 64, fault_kind::out_of_bounds, "far from every array"},
        planted_case{"stack_overflow", fault::stack_overflow, 64, fault_kind::out_of_bounds, "stack, which is full"},
        planted_case{"shared_not_written", fault::shared_not_written, 64, fault_kind::uninitialized_memory, "before"},
        planted_case{"output_not_written", fault::output_not_written, 64, fault_kind::uninitialized_memory, "before"},
        planted_case{"no_barrier_before_read", fault::no_barrier_before_read, 64, fault_kind::race, "order"},
        planted_case{"no_barrier_before_overwrite", fault::no_barrier_before_overwrite, 64, fault_kind::race, "order"},
        planted_case{"no_warp_barrier", fault::no_warp_barrier, 64, fault_kind::race, "order"},
        planted_case{"blocks_in_order", fault::blocks_in_order, 128, fault_kind::race, "order"}),
    [](auto const& instance) { return std::string(instance.param.name); });

TEST(emulation, grid_that_no_device_takes_is_refused) {
  EXPECT_THROW(emulation::run_grid(1, 1025, 0, [] {}), emulation::kernel_fault);
  EXPECT_THROW(emulation::run_grid({1, 70000}, 32, 0, [] {}), emulation::kernel_fault);
  EXPECT_THROW(emulation::run_grid(1, 32, 300000, [] {}), emulation::kernel_fault);
}

}  // namespace
