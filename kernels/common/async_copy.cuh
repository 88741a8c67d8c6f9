/// @file
/// Copies from global to shared memory that do not wait. Emulated, they are done at once, which is one of the orders
/// that a device may choose; that a copy is waited for before it is read shows only on a device.
#pragma once

#include "common/launch.cuh"

#if !defined(MASKMETRICS_EMULATED)
#include <cuda_pipeline_primitives.h>
#endif

namespace maskmetrics::MASKMETRICS_KERNELS {

/// Starts the copy of 16 bytes. @param to, from  aligned to 16 bytes; @p to is in shared memory
__device__ inline void start_copy(uint4* to, uint4 const* from) {
#if defined(MASKMETRICS_EMULATED)
  *to = __ldg(from);
#else
  __pipeline_memcpy_async(to, from, sizeof(uint4));
#endif
}

/// Closes the group of copies that this thread has started.
__device__ inline void close_copies() {
#if !defined(MASKMETRICS_EMULATED)
  __pipeline_commit();
#endif
}

/// Waits until at most @p Open of the groups that this thread has closed are under way. A barrier must follow before
/// other threads read.
template <unsigned Open>
__device__ void await_copies() {
#if !defined(MASKMETRICS_EMULATED)
  __pipeline_wait_prior(Open);
#endif
}

}  // namespace maskmetrics::MASKMETRICS_KERNELS
