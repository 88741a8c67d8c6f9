#include "common/cuda_check.cuh"

#include <cuda.h>

#include <cstdint>
#include <string>

#include <maskmetrics/error.hpp>

namespace maskmetrics::cuda {

namespace {

std::string version_text(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

/// The driver's question whether a device has a context. Asked through the runtime, so that nothing links the driver.
bool has_context(int ordinal) noexcept {
  void* entry = nullptr;
  cudaDriverEntryPointQueryResult found{};
  constexpr unsigned since_version = 7000;
  if (cudaGetDriverEntryPointByVersion("cuDevicePrimaryCtxGetState", &entry, since_version, cudaEnableDefault,
                                       &found) != cudaSuccess ||
      found != cudaDriverEntryPointSuccess) {
    return false;
  }
  unsigned flags = 0;
  int is_active = 0;
  auto const ask = reinterpret_cast<CUresult (*)(CUdevice, unsigned*, int*)>(entry);
  return ask(ordinal, &flags, &is_active) == CUDA_SUCCESS && is_active != 0;
}

/// Both a missing and an old driver come as cudaErrorInsufficientDriver.
std::string explain_driver() {
  int version = 0;
  if (cudaDriverGetVersion(&version) != cudaSuccess || version == 0) {
    return "no CUDA driver is installed; install one, or use device cpu";
  }
  return "the CUDA driver is too old: it knows CUDA " + version_text(version) + " and this build needs " +
         version_text(CUDART_VERSION) + "; update the driver, or use device cpu";
}

}  // namespace

std::string explain(cudaError_t status) {
  switch (status) {
    case cudaErrorStubLibrary:
      return "the CUDA driver library found is a stub for linking; put the driver's own into the library path, or use "
             "device cpu";
    case cudaErrorInsufficientDriver:
      return explain_driver();
    case cudaErrorNoDevice:
      return "there is no CUDA device; CUDA_VISIBLE_DEVICES may hide it, or use device cpu";
    case cudaErrorMemoryAllocation:
      return "out of device memory; free memory that other work holds, evaluate fewer images at once, or use device "
             "cpu";
    case cudaErrorNoKernelImageForDevice:
    case cudaErrorUnsupportedPtxVersion:
      return "this build has no code for the device; build with its architecture (CMAKE_CUDA_ARCHITECTURES=90 for an "
             "H100; with pip, --config-settings=cmake.define.CMAKE_CUDA_ARCHITECTURES=90), or use device cpu";
    case cudaErrorDevicesUnavailable:
      return "the device is held by another process; wait for it, choose another ordinal, or use device cpu";
    case cudaErrorIllegalAddress:
    case cudaErrorLaunchFailure:
    case cudaErrorLaunchTimeout:
    case cudaErrorIllegalInstruction:
    case cudaErrorMisalignedAddress:
    case cudaErrorInvalidAddressSpace:
    case cudaErrorInvalidPc:
    case cudaErrorHardwareStackError:
    case cudaErrorAssert:
    case cudaErrorECCUncorrectable:
      return std::string("a fault on the device (") + cudaGetErrorString(status) +
             "), after which this process can use the device no more; start it again, and run it under "
             "compute-sanitizer to find the fault";
    default:
      return std::string(cudaGetErrorName(status)) + ", " + cudaGetErrorString(status);
  }
}

bool means_no_gpu(cudaError_t status) noexcept {
  return status == cudaErrorStubLibrary || status == cudaErrorInsufficientDriver || status == cudaErrorNoDevice;
}

void check(cudaError_t status, char const* what) {
  if (status == cudaSuccess) return;
  // Faults of the device stay whatever is asked; anything else must not surface again in somebody else's call.
  static_cast<void>(cudaGetLastError());
  throw device_error(std::string("CUDA, ") + what + ": " + explain(status));
}

void restore_device(int ordinal) noexcept {
  if (has_context(ordinal) && cudaSetDevice(ordinal) == cudaSuccess) return;
  static_cast<void>(cudaGetLastError());
}

void check_stream(stream_ref stream, int ordinal) {
  // These handles mean a stream of whichever device is current.
  if (stream_of(stream) == cudaStreamLegacy || stream_of(stream) == cudaStreamPerThread) return;
  int owner = -1;
  check(cudaStreamGetDevice(stream_of(stream), &owner), "looking at the stream of the context");
  if (owner == ordinal) return;
  throw device_error("the stream of the context belongs to cuda:" + std::to_string(owner) +
                     ", and the context asks for cuda:" + std::to_string(ordinal) +
                     "; give a stream of that device, or none");
}

std::string problem_with_pointer(void const* pointer, int ordinal, std::size_t alignment) {
  if (reinterpret_cast<std::uintptr_t>(pointer) % alignment != 0) {
    return "not aligned to its elements of " + std::to_string(alignment) + " bytes";
  }
  cudaPointerAttributes attributes{};
  check(cudaPointerGetAttributes(&attributes, pointer), "looking at a pointer");
  if (attributes.type == cudaMemoryTypeManaged) return {};
  if (attributes.type == cudaMemoryTypeDevice && attributes.device == ordinal) return {};
  std::string const wanted = " where memory of cuda:" + std::to_string(ordinal) + " is needed";
  if (attributes.type != cudaMemoryTypeDevice) return "host memory" + wanted;
  return "memory of cuda:" + std::to_string(attributes.device) + wanted;
}

void check_device_pointer(void const* pointer, int ordinal, char const* what, std::size_t alignment) {
  std::string const problem = problem_with_pointer(pointer, ordinal, alignment);
  if (!problem.empty()) throw device_error(what + (": " + problem));
}

}  // namespace maskmetrics::cuda
