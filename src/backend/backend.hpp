/// @file
/// The seam between the engine and the places where it runs: one table of stages a backend.
#pragma once

#include <cstddef>
#include <string>

#include <maskmetrics/accumulate.hpp>
#include <maskmetrics/context.hpp>
#include <maskmetrics/matching.hpp>
#include <maskmetrics/memory.hpp>
#include <maskmetrics/pairwise.hpp>
#include <maskmetrics/ranking.hpp>

namespace maskmetrics {

/// What pairwise finds besides the pairs. Both are [D] in cell order and only written where the input has masks.
struct pairwise_measures {
  view<double> detection_areas;  ///< px; empty: not wanted
};

/// The stages of one backend. Views are in the backend's memory (see memory()), except for mask batches, which are on
/// the host. Every stage equals its oracle in tests/reference bit for bit.
struct backend {
  char const* name;

  /// True where the backend works on host memory, so that host arrays are used in place.
  bool uses_host_memory;

  /// Where the engine allocates outputs.
  memory_resource& (*memory)(context const& ctx);
  /// Copies to and from the backend's memory, ordered with the stages.
  void (*copy_in)(context const& ctx, void* to, void const* from_host, std::size_t bytes);
  void (*copy_out)(context const& ctx, void* to_host, void const* from, std::size_t bytes);
  /// Waits for everything before it. @throws device_error for a fault of earlier work
  void (*synchronize)(context const& ctx);

  /// @throws input_error for masks that cannot be decoded
  pair_list (*pairwise)(context const& ctx, pairwise_input const& in, pairwise_measures const& measures);
  void (*matching)(context const& ctx, matching_input const& in, matching_output const& out);
  void (*ranking)(context const& ctx, ranking_input const& in, ranking_output const& out);
  void (*accumulate)(context const& ctx, accumulate_input const& in, accumulate_output const& out);
};

/// Whether a device can be used, and if not why and what to do.
struct availability {
  bool usable = false;
  std::string reason;
};

[[nodiscard]] backend const& cpu_backend();

/// Defined by kernels/cuda_backend.cu, or by cuda_unavailable.cpp in builds without CUDA.
[[nodiscard]] availability cuda_availability(int ordinal);
[[nodiscard]] backend const& cuda_backend();

/// A backend and the device it was chosen for.
struct chosen_backend {
  backend const* stages = nullptr;
  device chosen;         ///< never automatic
  std::string fallback;  ///< why automatic did not take CUDA although it was built in; empty otherwise
};

/// @throws device_error where the device asked for cannot be used
[[nodiscard]] chosen_backend choose_backend(device wanted);

}  // namespace maskmetrics
