// Stands in for kernels/cuda_backend.cu in builds without CUDA: the same symbols, chosen at link time.
#include <maskmetrics/error.hpp>
#include <maskmetrics/version.hpp>

#include "backend/backend.hpp"

namespace maskmetrics {

namespace {
constexpr char const* reason =
    "this build has no CUDA backend; build with -DMASKMETRICS_CUDA=ON (preset cuda-release) or use device cpu";
}

bool built_with_cuda() noexcept {
  return false;
}

availability cuda_availability(int /*ordinal*/) {
  return {false, reason};
}

backend const& cuda_backend() {
  throw device_error(reason);
}

void order_streams(int /*ordinal*/, stream_ref /*before*/, stream_ref /*after*/) {
  throw device_error(reason);
}

memory_resource& cuda_pool_memory(int /*ordinal*/) {
  throw device_error(reason);
}

memory_resource& cuda_plain_memory(int /*ordinal*/) {
  throw device_error(reason);
}

}  // namespace maskmetrics
