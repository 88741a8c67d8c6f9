#include "common/cuda_check.cuh"

#include <string>

#include <maskmetrics/error.hpp>

namespace maskmetrics::cuda {

namespace {

std::string version_text(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
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
      return "this build has no code for the device; build with its architecture in CMAKE_CUDA_ARCHITECTURES, or use "
             "device cpu";
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

void check_stream(stream_ref stream, int ordinal) {
  int owner = -1;
  check(cudaStreamGetDevice(stream_of(stream), &owner), "looking at the stream of the context");
  if (owner == ordinal) return;
  throw device_error("the stream of the context belongs to cuda:" + std::to_string(owner) +
                     ", and the context asks for cuda:" + std::to_string(ordinal) +
                     "; give a stream of that device, or none");
}

void check_device_pointer(void const* pointer, int ordinal, std::string const& what) {
  cudaPointerAttributes attributes{};
  check(cudaPointerGetAttributes(&attributes, pointer), "looking at a pointer");
  if (attributes.type == cudaMemoryTypeManaged) return;
  std::string const wanted = " where memory of cuda:" + std::to_string(ordinal) + " is needed";
  if (attributes.type != cudaMemoryTypeDevice) throw device_error(what + ": host memory" + wanted);
  if (attributes.device == ordinal) return;
  throw device_error(what + ": memory of cuda:" + std::to_string(attributes.device) + wanted);
}

}  // namespace maskmetrics::cuda
