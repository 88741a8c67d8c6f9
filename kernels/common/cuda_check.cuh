/// @file
/// Status codes of the CUDA runtime as typed errors, and the few handles that cross from context.hpp.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <new>
#include <string>

#include <maskmetrics/context.hpp>

namespace maskmetrics::cuda {

/// What a status code means and what to do, in a sentence or two.
[[nodiscard]] std::string explain(cudaError_t status);

/// True where the code says that there is no GPU to be used, rather than that something went wrong with one.
[[nodiscard]] bool means_no_gpu(cudaError_t status) noexcept;

/// @throws device_error where @p status is not success, after clearing the runtime's last error
/// @param what  what was tried: "allocating 12 bytes"
void check(cudaError_t status, char const* what);

[[nodiscard]] inline cudaStream_t stream_of(stream_ref stream) {
  return static_cast<cudaStream_t>(stream.handle());
}
[[nodiscard]] inline cudaStream_t stream_of(context const& ctx) {
  return stream_of(ctx.stream);
}

/// Makes a device current again that was so before; not where that would make a context on a device that nobody in this
/// process uses, which takes hundreds of megabytes there, and fails where another process owns the device.
void restore_device(int ordinal) noexcept;

/// Makes a device current for a scope. A thread that had none yet is left with this one.
class device_guard {
public:
  explicit device_guard(int ordinal) {
    check(cudaGetDevice(&before_), "asking for the current CUDA device");
    if (before_ != ordinal) check(cudaSetDevice(ordinal), "choosing a CUDA device");
    changed_ = before_ != ordinal;
  }
  /// For where nothing may be thrown: a device that cannot be chosen is left alone.
  device_guard(int ordinal, std::nothrow_t const& /*tag*/) noexcept {
    if (cudaGetDevice(&before_) == cudaSuccess && before_ != ordinal) changed_ = cudaSetDevice(ordinal) == cudaSuccess;
  }
  ~device_guard() {
    if (changed_) restore_device(before_);
  }
  device_guard(device_guard const&) = delete;
  device_guard& operator=(device_guard const&) = delete;

private:
  int before_ = 0;
  bool changed_ = false;
};

/// @throws device_error where the stream is not one of device @p ordinal
void check_stream(stream_ref stream, int ordinal);

/// Why kernels on device @p ordinal cannot use what @p pointer points to; empty where they can.
/// @param alignment  of the elements in bytes
/// @throws device_error where the device cannot be asked
[[nodiscard]] std::string problem_with_pointer(void const* pointer, int ordinal, std::size_t alignment = 1);

/// @throws device_error where the pointer cannot be used
/// @param what  whose memory it is: "what the memory resource gave"
void check_device_pointer(void const* pointer, int ordinal, char const* what, std::size_t alignment = 1);

}  // namespace maskmetrics::cuda
