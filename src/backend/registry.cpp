#include <maskmetrics/error.hpp>
#include <maskmetrics/version.hpp>

#include "backend/backend.hpp"

namespace maskmetrics {

chosen_backend choose_backend(device wanted) {
  device const cpu{device_kind::cpu, 0};
  if (wanted.kind == device_kind::cpu) return {&cpu_backend(), cpu, {}};
  availability const cuda = cuda_availability(wanted.ordinal);
  if (cuda.usable) return {&cuda_backend(), {device_kind::cuda, wanted.ordinal}, {}};
  if (wanted.kind == device_kind::cuda) {
    throw device_error("device " + to_string(wanted) + " cannot be used: " + cuda.reason);
  }
  return {&cpu_backend(), cpu, built_with_cuda() ? cuda.reason : std::string()};
}

}  // namespace maskmetrics
