/// @file
/// The seam between the engine and the places where it runs: one table of stages a backend.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include <maskmetrics/accumulate.hpp>
#include <maskmetrics/context.hpp>
#include <maskmetrics/dense.hpp>
#include <maskmetrics/matching.hpp>
#include <maskmetrics/memory.hpp>
#include <maskmetrics/pairwise.hpp>
#include <maskmetrics/ranking.hpp>

namespace maskmetrics {

/// What pairwise finds besides the pairs. Both are [D] in cell order and only written where the input has masks.
struct pairwise_measures {
  view<double> detection_areas;  ///< px; empty: not wanted
};

/// A backend at work for one caller: a stream, memory, and the way there and back. Nothing waits but synchronize(), and
/// copies whose staging memory is full.
class execution {
public:
  virtual ~execution() = default;

  /// What stages are called with: a device that is not automatic, and on a device stream and memory that are there.
  [[nodiscard]] virtual context const& ctx() const = 0;
  /// Copies to the backend's memory, ordered with the stages. The source may change once it has returned.
  virtual void copy_in(void* to, void const* from_host, std::size_t bytes) = 0;
  /// Copies to the host. The target is complete after synchronize() and must live until then.
  virtual void copy_out(void* to_host, void const* from, std::size_t bytes) = 0;
  /// Waits for everything queued. @throws device_error for a fault of earlier work
  virtual void synchronize() = 0;
  /// Waits for what copy_out() has queued, and not for what came behind it on the stream.
  virtual void collect() = 0;
  /// Gives up what copy_out() has queued, for when its targets are about to be gone. Waits for the copies.
  virtual void forget() noexcept = 0;
};

/// The stages of one backend. Views are in the backend's memory, except where an input says that they are on the host.
/// Every stage equals its oracle in tests/reference bit for bit.
struct backend {
  char const* name;

  /// True where the backend works on host memory, so that host arrays are used in place.
  bool uses_host_memory;

  /// @throws device_error where the context's device, stream or memory cannot be used
  std::unique_ptr<execution> (*open)(context const& ctx);

  /// Waits once for the device, for the number of pairs and for faults of masks. Boundaries take one wait more.
  /// @throws input_error for masks that cannot be decoded
  pair_list (*pairwise)(context const& ctx, pairwise_input const& in, pairwise_measures const& measures);
  void (*matching)(context const& ctx, matching_input const& in, matching_output const& out);
  void (*ranking)(context const& ctx, ranking_input const& in, ranking_output const& out);
  void (*accumulate)(context const& ctx, accumulate_input const& in, accumulate_output const& out);
  /// Never waits. @param images  on the host; what they point to is in the backend's memory
  void (*dense_overlaps)(context const& ctx, view<dense_image const> const& images, dense_boundaries const& boundaries,
                         dense_output const& out);
  /// Never waits. @param out  [count, height, width]
  void (*combine_prototypes)(context const& ctx, prototype_maps const& in, view<float> const& out);
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
