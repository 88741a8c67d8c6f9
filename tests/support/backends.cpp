#include "support/backends.hpp"

#include <utility>

namespace support {

namespace {

backend_under_test opened(std::string name, maskmetrics::backend const& stages, maskmetrics::context const& wanted) {
  std::shared_ptr<maskmetrics::execution> const place = stages.open(wanted);
  return {std::move(name), &stages, place->ctx(), place};
}

}  // namespace

std::vector<backend_under_test> const& backends() {
  static std::vector<backend_under_test> const all = [] {
    std::vector<backend_under_test> found;
    for (int const threads : {1, 2, 7}) {
      found.push_back(opened("cpu, threads " + std::to_string(threads), maskmetrics::cpu_backend(),
                             {{maskmetrics::device_kind::cpu, 0}, threads, {}}));
    }
    if (maskmetrics::cuda_availability(0).usable) {
      found.push_back(opened("cuda", maskmetrics::cuda_backend(), {{maskmetrics::device_kind::cuda, 0}, 0, {}}));
    }
    return found;
  }();
  return all;
}

}  // namespace support
