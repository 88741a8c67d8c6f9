#include "support/device_timer.hpp"

#include <chrono>

namespace bench {

namespace {

class clock_timer final : public device_timer {
public:
  void start() override { start_ = std::chrono::steady_clock::now(); }
  double stop() override { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

private:
  std::chrono::steady_clock::time_point start_;
};

}  // namespace

std::vector<place> const& places() {
  // Never destroyed: at the end of the program a device may be gone before they are.
  static std::vector<place> const& all = *new std::vector<place>([] {
    std::vector<place> found;
    maskmetrics::context ctx;
    ctx.device = {maskmetrics::device_kind::cpu, 0};
    found.push_back(
        {"cpu", &maskmetrics::cpu_backend(), maskmetrics::cpu_backend().open(ctx), std::make_shared<clock_timer>()});
    if (maskmetrics::cuda_availability(0).usable) {
      ctx.device = {maskmetrics::device_kind::cuda, 0};
      std::shared_ptr<maskmetrics::execution> const execution = maskmetrics::cuda_backend().open(ctx);
      found.push_back({"cuda", &maskmetrics::cuda_backend(), execution, make_device_timer(execution->ctx())});
    }
    return found;
  }());
  return all;
}

void run_timed(benchmark::State& state, place const& where, std::function<void()> const& work) {
  work();
  where.execution->synchronize();
  for (auto _ : state) {
    where.timer->start();
    work();
    state.SetIterationTime(where.timer->stop());
  }
}

}  // namespace bench
