#include "emulation/planted_faults.cuh"

#include <common/block.cuh>

namespace planted {

using maskmetrics::view;
using namespace maskmetrics::MASKMETRICS_KERNELS;

namespace {

constexpr unsigned block_size = 64;
constexpr unsigned rounds = 3;

__device__ std::uint32_t deep(std::uint32_t levels) {
  if (levels == 0) return 0;
  std::uint32_t volatile room[64];
  room[levels % 64] = levels;
  return deep(levels - 1) + room[levels % 64];
}

template <fault Planted>
__global__ void sum_neighbours(view<std::uint32_t const> in, view<std::uint32_t> out) {
  __shared__ shared_array<std::uint32_t, block_size> values;
  __shared__ shared_array<std::uint32_t, 1> unset;
  unsigned const t = threadIdx.x;
  std::size_t const i = blockIdx.x * block_size + t;
  std::uint32_t* const dynamic = dynamic_shared<std::uint32_t>();
  if (Planted == fault::barrier_after_exit && i >= in.size()) return;
  std::uint32_t value = i < in.size() || Planted == fault::global_read ? in[i] : 0U;
  if (Planted != fault::shared_not_written) unset[0] = 0;
  if (Planted == fault::stack_overflow) value = deep(1U << 20U);
  for (unsigned round = 0; round < rounds; ++round) {
    values[t] = value;
    if (Planted == fault::barrier_in_branch && t < block_size / 2) __syncthreads();
    if (Planted == fault::two_barriers) {
      if (t < block_size / 2) {
        __syncthreads();
      } else {
        __syncthreads();
      }
    }
    if (Planted == fault::no_warp_barrier) {
      // Right only where the lanes of a warp run in step, which no device promises.
      values[t] = value + values[t / warp_size * warp_size + (t + 1) % warp_size];
    }
    if (Planted != fault::no_barrier_before_read && Planted != fault::barrier_in_branch) __syncthreads();
    std::uint32_t const next = values[Planted == fault::shared_index ? t + 1 : (t + 1) % block_size];
    if (Planted != fault::no_barrier_before_overwrite) __syncthreads();
    value += next + unset[0];
  }
  if (Planted == fault::ballot_in_branch && t < 5) value += __ballot_sync(all_lanes, 1);
  if (Planted == fault::shuffle_from_outside && t < 4) value += __shfl_sync(0xFU, value, 7);
  if (Planted == fault::wild_index) value += in[std::size_t{1} << 40U];
  if (Planted == fault::blocks_in_order && blockIdx.x > 0) value += out[i - block_size];
  if (Planted == fault::dynamic_shared_index) {
    dynamic[t + 1] = value;
  } else {
    dynamic[t] = value;
  }
  if (Planted == fault::output_not_written && i + 1 == in.size()) return;
  if (Planted == fault::global_write_before) {
    out.data()[static_cast<std::ptrdiff_t>(i) - 1] = dynamic[t];
  } else if (Planted == fault::global_write || i < out.size()) {
    out[i] = dynamic[t];
  }
}

template <fault Planted>
void start(view<std::uint32_t const> in, view<std::uint32_t> out) {
  launch(&sum_neighbours<Planted>, ceil_div(in.size(), block_size), block_size, block_size * sizeof(std::uint32_t), {},
         in, out);
}

template <fault First, fault... Others>
void start_any(fault planted, view<std::uint32_t const> in, view<std::uint32_t> out) {
  if (planted == First) return start<First>(in, out);
  if constexpr (sizeof...(Others) > 0) start_any<Others...>(planted, in, out);
}

}  // namespace

void neighbour_sums(view<std::uint32_t const> in, view<std::uint32_t> out, fault planted) {
  start_any<fault::none, fault::barrier_in_branch, fault::barrier_after_exit, fault::two_barriers,
            fault::ballot_in_branch, fault::shuffle_from_outside, fault::shared_index, fault::dynamic_shared_index,
            fault::global_read, fault::global_write, fault::global_write_before, fault::wild_index,
            fault::stack_overflow, fault::shared_not_written, fault::output_not_written, fault::no_barrier_before_read,
            fault::no_barrier_before_overwrite, fault::no_warp_barrier, fault::blocks_in_order>(planted, in, out);
}

}  // namespace planted
