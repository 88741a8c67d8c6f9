#include <cuda_runtime_api.h>

#include <maskmetrics/error.hpp>

#include "support/device_timer.hpp"

namespace bench {

namespace {

void require(cudaError_t status) {
  if (status != cudaSuccess) throw maskmetrics::device_error(cudaGetErrorString(status));
}

class event_timer final : public device_timer {
public:
  explicit event_timer(maskmetrics::context const& ctx) : stream_(static_cast<cudaStream_t>(ctx.stream.handle())) {
    require(cudaEventCreate(&begin_));
    require(cudaEventCreate(&end_));
    int l2_bytes = 0;
    require(cudaDeviceGetAttribute(&l2_bytes, cudaDevAttrL2CacheSize, ctx.device.ordinal));
    scratch_bytes_ = 3 * static_cast<std::size_t>(l2_bytes);
    require(cudaMalloc(&scratch_, scratch_bytes_));
  }

  void start() override {
    require(cudaMemsetAsync(scratch_, 0, scratch_bytes_, stream_));
    require(cudaEventRecord(begin_, stream_));
  }
  double stop() override {
    require(cudaEventRecord(end_, stream_));
    require(cudaEventSynchronize(end_));
    float milliseconds = 0;
    require(cudaEventElapsedTime(&milliseconds, begin_, end_));
    return static_cast<double>(milliseconds) * 1e-3;
  }

private:
  cudaStream_t stream_;
  cudaEvent_t begin_ = nullptr;
  cudaEvent_t end_ = nullptr;
  void* scratch_ = nullptr;
  std::size_t scratch_bytes_ = 0;
};

}  // namespace

std::shared_ptr<device_timer> make_device_timer(maskmetrics::context const& ctx) {
  return std::make_shared<event_timer>(ctx);
}

}  // namespace bench
