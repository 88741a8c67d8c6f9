/// @file
/// The one way in which kernels start, and the namespace that they live in. README.md beside this says how a kernel
/// file is written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <maskmetrics/error.hpp>
#include <maskmetrics/stream.hpp>

#if !defined(MASKMETRICS_EMULATED)
#include <cuda_runtime.h>
#endif

// Two names for two builds of one source, so that a program can hold both.
#if defined(MASKMETRICS_EMULATED)
#define MASKMETRICS_KERNELS emulated
#else
#define MASKMETRICS_KERNELS cuda
#endif

namespace maskmetrics::MASKMETRICS_KERNELS {

inline constexpr unsigned warp_size = 32;

/// ceil(count / per) for grids. @pre per > 0
[[nodiscard]] constexpr unsigned ceil_div(std::uint64_t count, std::uint64_t per) {
  return static_cast<unsigned>((count + per - 1) / per);
}

/// Blocks of a grid-stride kernel: enough for @p count, but no more than its policy allows. @pre per_block > 0
[[nodiscard]] constexpr unsigned blocks_for(std::uint64_t count, unsigned per_block, unsigned most_blocks) {
  std::uint64_t const blocks = (count + per_block - 1) / per_block;
  return blocks < most_blocks ? static_cast<unsigned>(blocks) : most_blocks;
}

/// A 64-bit word as the type that atomics take. std::uint64_t is another type of the same size here.
[[nodiscard]] __device__ inline unsigned long long* atomic_word(std::uint64_t* word) {
  static_assert(sizeof(unsigned long long) == sizeof(std::uint64_t));
  return reinterpret_cast<unsigned long long*>(word);
}

/// Starts a kernel on a stream; does not wait for it. A grid without blocks starts nothing.
/// @throws device_error where the launch itself fails; faults of the running kernel show at the next synchronisation
template <class... Parameters, class... Arguments>
void launch(void (*kernel)(Parameters...), dim3 grid, dim3 block, std::size_t shared_bytes,
            [[maybe_unused]] stream_ref stream, Arguments... arguments) {
  if (grid.x == 0 || grid.y == 0 || grid.z == 0) return;
#if defined(MASKMETRICS_EMULATED)
  emulation::run_grid(grid, block, shared_bytes, [&] { kernel(arguments...); });
#else
  // By this call rather than <<< >>>, whose status would have to be asked for, and could be of somebody's earlier call.
  cudaLaunchConfig_t how{};
  how.gridDim = grid;
  how.blockDim = block;
  how.dynamicSmemBytes = shared_bytes;
  how.stream = static_cast<cudaStream_t>(stream.handle());
  cudaError_t const status = cudaLaunchKernelEx(&how, kernel, arguments...);
  if (status == cudaSuccess) return;
  static_cast<void>(cudaGetLastError());
  throw device_error(std::string("a kernel cannot start: ") + cudaGetErrorString(status));
#endif
}

/// Fills memory with a byte, ordered on the stream.
/// @throws device_error
inline void fill_bytes(void* to, int byte, std::size_t bytes, [[maybe_unused]] stream_ref stream) {
  if (bytes == 0) return;
#if defined(MASKMETRICS_EMULATED)
  std::memset(to, byte, bytes);
#else
  cudaError_t const status = cudaMemsetAsync(to, byte, bytes, static_cast<cudaStream_t>(stream.handle()));
  if (status != cudaSuccess) throw device_error(std::string("cannot fill memory: ") + cudaGetErrorString(status));
#endif
}

/// Copies within device memory, ordered on the stream.
/// @throws device_error
inline void copy_bytes(void* to, void const* from, std::size_t bytes, [[maybe_unused]] stream_ref stream) {
  if (bytes == 0) return;
#if defined(MASKMETRICS_EMULATED)
  std::memcpy(to, from, bytes);
#else
  cudaError_t const status =
      cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, static_cast<cudaStream_t>(stream.handle()));
  if (status != cudaSuccess) throw device_error(std::string("cannot copy memory: ") + cudaGetErrorString(status));
#endif
}

}  // namespace maskmetrics::MASKMETRICS_KERNELS
