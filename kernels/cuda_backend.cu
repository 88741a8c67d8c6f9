// The CUDA backend: which devices can be used, the order of streams, and the table of stages.
#include <cuda_runtime_api.h>

#include <memory>
#include <string>

#include <backend/backend.hpp>
#include <maskmetrics/version.hpp>

#include "common/cuda_check.cuh"
#include "cuda_execution.cuh"
#include "stages.hpp"

namespace maskmetrics {

namespace {

using cuda::explain;

/// Has to have code for the device.
__global__ void probe() {}

/// Why the current device cannot be used; empty where it can.
std::string problem_with_current_device() {
  // Makes the context, which a device that is held or full refuses.
  if (cudaError_t const status = cudaFree(nullptr); status != cudaSuccess) return explain(status);
  cudaFuncAttributes attributes{};
  if (cudaError_t const status = cudaFuncGetAttributes(&attributes, probe); status != cudaSuccess) {
    return explain(status);
  }
  int ordinal = 0;
  int has_pools = 0;
  cudaGetDevice(&ordinal);
  cudaDeviceGetAttribute(&has_pools, cudaDevAttrMemoryPoolsSupported, ordinal);
  if (has_pools == 0) return "the device or its driver has no stream-ordered memory, which this build needs";
  return {};
}

}  // namespace

bool built_with_cuda() noexcept {
  return true;
}

availability cuda_availability(int ordinal) {
  // Without a driver the runtime fails and leaves the count as it was.
  int num_devices = 0;
  cudaError_t const status = cudaGetDeviceCount(&num_devices);
  if (status != cudaSuccess) {
    static_cast<void>(cudaGetLastError());
    return {false, explain(status)};
  }
  if (ordinal < 0 || ordinal >= num_devices) {
    return {false, "the CUDA devices here are numbered 0 to " + std::to_string(num_devices - 1)};
  }
  int before = 0;
  cudaGetDevice(&before);
  std::string problem;
  if (cudaError_t const chosen = cudaSetDevice(ordinal); chosen != cudaSuccess) {
    problem = explain(chosen);
  } else {
    problem = problem_with_current_device();
  }
  if (!problem.empty()) static_cast<void>(cudaGetLastError());
  if (before != ordinal) cuda::restore_device(before);
  return {problem.empty(), problem};
}

void order_streams(int ordinal, stream_ref before, stream_ref after) {
  cuda::device_guard const guard(ordinal);
  cudaEvent_t mark = nullptr;
  cuda::check(cudaEventCreateWithFlags(&mark, cudaEventDisableTiming), "making an event");
  cudaError_t status = cudaEventRecord(mark, cuda::stream_of(before));
  if (status == cudaSuccess) status = cudaStreamWaitEvent(cuda::stream_of(after), mark, 0);
  static_cast<void>(cudaEventDestroy(mark));
  cuda::check(status, "ordering two streams");
}

namespace {

/// Pixels may lie anywhere.
template <class T>
constexpr std::size_t alignment_of = alignof(T);
template <>
constexpr std::size_t alignment_of<void> = 1;

/// Memory of callers is looked at before kernels read it: a fault would stop the device for good.
void check_masks(context const& ctx, view<dense_image const> images) {
  for (std::size_t i = 0; i < images.size(); ++i) {
    auto const check = [&]<class T>(T const* data, char const* what) {
      if (data == nullptr) return;
      std::string const problem = cuda::problem_with_pointer(data, ctx.device.ordinal, alignment_of<T>);
      if (!problem.empty()) throw device_error("images[" + std::to_string(i) + "]." + what + ": " + problem);
    };
    dense_image const& image = images[i];
    if (image.height == 0 || image.width == 0) continue;
    if (image.detections.count != 0) check(image.detections.data, "detections");
    if (image.ground_truths.count != 0) check(image.ground_truths.data, "ground_truths");
    check(image.detections.paste.boxes, "detections.paste.boxes");
    check(image.ground_truths.paste.boxes, "ground_truths.paste.boxes");
    check(image.detection_labels, "detection_labels");
    check(image.ground_truth_labels, "ground_truth_labels");
  }
}

void check_masks(context const& ctx, resident_masks const* masks, char const* what) {
  if (masks == nullptr || masks->rows.empty() || masks->codes.entries.empty()) return;
  auto const check = [&]<class T>(view<T const> column, char const* name) {
    if (column.empty()) return;
    std::string const problem = cuda::problem_with_pointer(column.data(), ctx.device.ordinal, alignof(T));
    if (!problem.empty()) throw device_error(std::string(what) + "." + name + ": " + problem);
  };
  check(masks->rows, "rows");
  check(masks->codes.entries, "codes.entries");
  check(masks->codes.text, "codes.text");
  check(masks->codes.counts, "codes.counts");
  check(masks->codes.coordinates, "codes.coordinates");
  check(masks->codes.rings, "codes.rings");
}

pair_list checked_pairwise(context const& ctx, pairwise_input const& in, pairwise_measures const& measures) {
  static_cast<void>(cuda::execution_of(ctx));
  check_masks(ctx, in.resident_detections, "resident_detections");
  check_masks(ctx, in.resident_ground_truths, "resident_ground_truths");
  return cuda::pairwise(ctx, in, measures);
}

void checked_dense_overlaps(context const& ctx, view<dense_image const> const& images,
                            dense_boundaries const& boundaries, dense_output const& out) {
  check_masks(ctx, images);
  cuda::dense_overlaps(ctx, images, boundaries, out);
}

void checked_combine(context const& ctx, prototype_maps const& in, view<float> const& out) {
  if (in.count == 0) return;
  cuda::check_device_pointer(in.prototypes, ctx.device.ordinal, "prototypes");
  cuda::check_device_pointer(in.coefficients, ctx.device.ordinal, "coefficients", alignof(float));
  if (in.crops != nullptr) cuda::check_device_pointer(in.crops, ctx.device.ordinal, "crops", alignof(float));
  cuda::combine_prototypes(ctx, in, out);
}

/// Runs a stage with the context's device current.
template <auto Stage, class... Arguments>
auto on_device(context const& ctx, Arguments const&... arguments) {
  cuda::device_guard const guard(ctx.device.ordinal);
  return Stage(ctx, arguments...);
}

}  // namespace

backend const& cuda_backend() {
  static constexpr backend table{
      .name = "cuda",
      .uses_host_memory = false,
      .open = [](context const& ctx) -> std::unique_ptr<execution> {
        return std::make_unique<cuda::cuda_execution>(ctx);
      },
      .pairwise = on_device<checked_pairwise, pairwise_input, pairwise_measures>,
      .matching = on_device<cuda::matching, matching_input, matching_output>,
      .ranking = on_device<cuda::ranking, ranking_input, ranking_output>,
      .accumulate = on_device<cuda::accumulate, accumulate_input, accumulate_output>,
      .dense_overlaps = on_device<checked_dense_overlaps, view<dense_image const>, dense_boundaries, dense_output>,
      .combine_prototypes = on_device<checked_combine, prototype_maps, view<float>>,
  };
  return table;
}

}  // namespace maskmetrics
