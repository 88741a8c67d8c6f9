// Stands in for device_timer_cuda.cu in builds without CUDA.
#include <maskmetrics/error.hpp>

#include "support/device_timer.hpp"

namespace bench {

std::shared_ptr<device_timer> make_device_timer(maskmetrics::context const& /*ctx*/) {
  throw maskmetrics::device_error("this build has no CUDA");
}

}  // namespace bench
