/// @file
/// Thrust on a context: its stream, its memory resource, and no waiting.
#pragma once

#include <thrust/execution_policy.h>
#include <thrust/system/cuda/execution_policy.h>

#include <cstddef>

#include <maskmetrics/context.hpp>

#include "common/cuda_check.cuh"

namespace maskmetrics::cuda {

/// The allocator that Thrust takes for its temporary memory.
class thrust_allocator {
public:
  using value_type = char;

  explicit thrust_allocator(context const& ctx) : memory_(ctx.memory), stream_(ctx.stream) {}

  [[nodiscard]] char* allocate(std::ptrdiff_t bytes) {
    return static_cast<char*>(memory_->allocate(static_cast<std::size_t>(bytes), stream_));
  }
  void deallocate(char* pointer, std::size_t bytes) { memory_->deallocate(pointer, bytes, stream_); }

private:
  memory_resource* memory_;
  stream_ref stream_;
};

/// @param allocator  must outlive the call of the algorithm
[[nodiscard]] inline auto thrust_policy(thrust_allocator& allocator, context const& ctx) {
  return thrust::cuda::par_nosync(allocator).on(stream_of(ctx));
}

}  // namespace maskmetrics::cuda
