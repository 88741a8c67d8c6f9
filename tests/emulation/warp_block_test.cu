// The emulator's warp operations and kernels/common's warp and block sums against plain loops.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include <common/block.cuh>
#include <maskmetrics/memory.hpp>
#include <maskmetrics/view.hpp>

#include "emulation/every_way.hpp"
#include "support/random.hpp"

namespace {

using maskmetrics::buffer;
using maskmetrics::view;
using namespace maskmetrics::MASKMETRICS_KERNELS;

using words = std::vector<std::uint32_t>;

/// Results of one lane, in this order.
struct lane_results {
  std::uint32_t ballot, all, any, shuffled, up, down, crossed, matched, sum, lowest, highest, inclusive, half;
  bool operator==(lane_results const&) const = default;
};

__global__ void use_warp(view<std::uint32_t const> in, view<lane_results> out) {
  std::uint32_t const value = in[threadIdx.x];
  int const lane = static_cast<int>(lane_id());
  lane_results& r = out[threadIdx.x];
  r.ballot = __ballot_sync(all_lanes, value % 3 == 0);
  r.all = static_cast<std::uint32_t>(__all_sync(all_lanes, value < 90));
  r.any = static_cast<std::uint32_t>(__any_sync(all_lanes, value > 90));
  r.shuffled = __shfl_sync(all_lanes, value, lane * 7 % 32);
  r.up = __shfl_up_sync(all_lanes, value, 3);
  r.down = __shfl_down_sync(all_lanes, value, 5, 16);
  r.crossed = __shfl_xor_sync(all_lanes, value, 9);
  r.matched = __match_any_sync(all_lanes, value % 4);
  r.sum = warp_sum(value);
  r.lowest = warp_min(value);
  r.highest = warp_max(value);
  r.inclusive = warp_inclusive_sum(value);
  // Two masks at one place: the halves meet among themselves.
  unsigned const half = lane < 16 ? 0xFFFFU : 0xFFFF0000U;
  r.half = __ballot_sync(half, value % 2 == 1);
}

std::uint32_t bits_where(words const& values, auto&& predicate) {
  std::uint32_t bits = 0;
  for (std::size_t lane = 0; lane < 32; ++lane) bits |= predicate(values[lane]) ? 1U << lane : 0U;
  return bits;
}

TEST(emulated_warp, operations_equal_loops) {
  support::random_source random(11);
  for (int n = 0; n < 50; ++n) {
    words values(64);
    for (std::uint32_t& value : values) value = random.below(random.pick(words{2, 92, 1000}));
    auto const results = emulation::every_way([&] {
      buffer<std::uint32_t> const in(64, emulation::guarded_memory());
      buffer<lane_results> const out(64, emulation::guarded_memory());
      std::copy(values.begin(), values.end(), in.data());
      launch(&use_warp, 1, 64, 0, {}, view<std::uint32_t const>(in.all()), out.all());
      return std::vector<lane_results>(out.data(), out.data() + 64);
    });
    for (std::size_t t = 0; t < 64; ++t) {
      auto const first = values.begin() + static_cast<std::ptrdiff_t>(t / 32 * 32);
      words const w(first, first + 32);
      std::size_t const lane = t % 32;
      std::uint32_t const inclusive = std::accumulate(w.begin(), w.begin() + static_cast<std::ptrdiff_t>(lane) + 1, 0U);
      lane_results const expected{
          bits_where(w, [](std::uint32_t v) { return v % 3 == 0; }),
          std::all_of(w.begin(), w.end(), [](std::uint32_t v) { return v < 90; }) ? 1U : 0U,
          std::any_of(w.begin(), w.end(), [](std::uint32_t v) { return v > 90; }) ? 1U : 0U,
          w[lane * 7 % 32],
          lane < 3 ? w[lane] : w[lane - 3],
          lane % 16 + 5 < 16 ? w[lane + 5] : w[lane],
          w[lane ^ 9U],
          bits_where(w, [&](std::uint32_t v) { return v % 4 == w[lane] % 4; }),
          std::accumulate(w.begin(), w.end(), 0U),
          *std::min_element(w.begin(), w.end()),
          *std::max_element(w.begin(), w.end()),
          inclusive,
          bits_where(w, [](std::uint32_t v) { return v % 2 == 1; }) & (lane < 16 ? 0xFFFFU : 0xFFFF0000U)};
      EXPECT_EQ(results[t], expected) << "thread " << t;
    }
  }
}

__global__ void scan_blocks(view<std::uint64_t const> in, view<std::uint64_t> before, view<std::uint64_t> totals) {
  __shared__ block_sum<std::uint64_t>::storage warps;
  std::size_t const i = std::size_t{blockIdx.x} * blockDim.x + threadIdx.x;
  std::uint64_t total = 0;
  before[i] = block_sum<std::uint64_t>::exclusive(in[i], warps, total);
  if (threadIdx.x == 0) totals[blockIdx.x] = total;
}

TEST(emulated_block, exclusive_sums_equal_loops) {
  support::random_source random(12);
  for (std::uint32_t const block : {32U, 96U, 256U, 1024U}) {
    std::vector<std::uint64_t> values(std::size_t{block} * 3);
    for (std::uint64_t& value : values) value = std::uint64_t{random.below(1U << 31U)} * random.below(1U << 20U);
    auto const results = emulation::every_way([&] {
      buffer<std::uint64_t> const in(values.size(), emulation::guarded_memory());
      buffer<std::uint64_t> const before(values.size(), emulation::guarded_memory());
      buffer<std::uint64_t> const totals(3, emulation::guarded_memory());
      std::copy(values.begin(), values.end(), in.data());
      launch(&scan_blocks, 3, block, 0, {}, view<std::uint64_t const>(in.all()), before.all(), totals.all());
      std::vector<std::uint64_t> all(before.data(), before.data() + before.size());
      all.insert(all.end(), totals.data(), totals.data() + 3);
      return all;
    });
    std::vector<std::uint64_t> expected(values.size() + 3);
    for (std::size_t i = 0; i < values.size(); ++i) {
      expected[i] = i % block == 0 ? 0 : expected[i - 1] + values[i - 1];
      expected[values.size() + i / block] += values[i];
    }
    EXPECT_EQ(results, expected) << "blocks of " << block;
  }
}

}  // namespace
