/// @file
/// Small kernels, each right or with one fault planted, to see that emulation finds it.
#pragma once

#include <cstdint>

#include <common/launch.cuh>
#include <maskmetrics/view.hpp>

namespace planted {

enum class fault : unsigned char {
  none,
  barrier_in_branch,            ///< half of the threads do not reach a barrier
  barrier_after_exit,           ///< threads without an element return before a barrier
  two_barriers,                 ///< both halves reach a barrier, but not the same one
  ballot_in_branch,             ///< a full mask where only some lanes come
  shuffle_from_outside,         ///< reads a lane that is not in the mask
  shared_index,                 ///< one past the shared array
  dynamic_shared_index,         ///< one past the dynamic shared memory
  global_read,                  ///< one past an input
  global_write,                 ///< one past an output
  global_write_before,          ///< one before an output
  wild_index,                   ///< far outside of everything
  stack_overflow,               ///< recursion without an end
  shared_not_written,           ///< last element of the shared array is read and never written
  output_not_written,           ///< last output is never written
  no_barrier_before_read,       ///< a neighbour's element is read before it is written
  no_barrier_before_overwrite,  ///< the next round overwrites what a neighbour still reads
  no_warp_barrier,              ///< lanes rely on running in step
  blocks_in_order,              ///< a block relies on the one before it
};

/// Sums of neighbours modulo the block: out[i] = in[i] + in[next of i in its block], done `rounds` times in place.
/// One thread an element; blocks of 64. in and out are [n], n a multiple of 64 unless the fault needs another.
void neighbour_sums(maskmetrics::view<std::uint32_t const> in, maskmetrics::view<std::uint32_t> out, fault planted);

}  // namespace planted
