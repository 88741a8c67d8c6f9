/// @file
/// What every call takes first: where it runs and with how many threads.
#pragma once

#include <cstdint>
#include <functional>

#include "maskmetrics/device.hpp"

namespace maskmetrics {

/// Called now and then from one thread at a time while a long call runs.
/// @param stage  name of the stage, e.g. "reading results"
/// @param done   units done, of @p total; total is 0 where it is not known
using progress_function = std::function<void(char const* stage, std::uint64_t done, std::uint64_t total)>;

/// Where and how a call runs. Cheap to copy; a call keeps no reference to it.
struct context {
  maskmetrics::device device;  ///< device::automatic takes CUDA where a usable device exists, else the CPU
  int threads = 0;             ///< CPU threads; 0 means all cores
  progress_function progress;  ///< empty: nobody is told
};

}  // namespace maskmetrics
