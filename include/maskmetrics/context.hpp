/// @file
/// What every call takes first: where it runs, with how many threads, on which stream and in which memory.
#pragma once

#include <cstdint>
#include <functional>

#include "maskmetrics/device.hpp"
#include "maskmetrics/memory.hpp"
#include "maskmetrics/stream.hpp"

namespace maskmetrics {

/// Called now and then from one thread at a time while a long call runs.
/// @param stage  name of the stage, e.g. "reading results"
/// @param done   units done, of @p total; total is 0 where it is not known
using progress_function = std::function<void(char const* stage, std::uint64_t done, std::uint64_t total)>;

/// Where and how a call runs. Cheap to copy; a call keeps no reference to it, but to its stream and memory
/// until it returns.
struct context {
  maskmetrics::device device;         ///< device::automatic takes CUDA where a usable device exists, else the CPU
  int threads = 0;                    ///< CPU threads; 0 means all cores
  progress_function progress;         ///< empty: nobody is told
  stream_ref stream = {};             ///< CUDA: work is queued here, on @p device; none: a stream of the library's own
  memory_resource* memory = nullptr;  ///< CUDA: where device arrays are allocated; none: cuda_pool_memory()
};

}  // namespace maskmetrics
