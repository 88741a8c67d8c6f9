/// @file
/// Time on the device that a benchmark runs on.
#pragma once

#include <benchmark/benchmark.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <backend/backend.hpp>

namespace bench {

/// Times what is queued on a stream by the device's own events; on the CPU, the clock.
class device_timer {
public:
  virtual ~device_timer() = default;
  /// Empties the device's L2 cache, so that every iteration finds it cold, and then marks the start.
  virtual void start() = 0;
  /// Marks the end and waits for it. @return seconds
  virtual double stop() = 0;
};

/// A place where benchmarks run.
struct place {
  std::string name;  ///< "cpu", "cuda"
  maskmetrics::backend const* stages = nullptr;
  std::shared_ptr<maskmetrics::execution> execution;
  std::shared_ptr<device_timer> timer;

  [[nodiscard]] maskmetrics::context const& ctx() const { return execution->ctx(); }
};

/// The CPU, and CUDA where there is a usable device.
[[nodiscard]] std::vector<place> const& places();

/// A timer of the context's device and stream; defined with CUDA, or without.
[[nodiscard]] std::shared_ptr<device_timer> make_device_timer(maskmetrics::context const& ctx);

/// Runs @p work once a benchmark iteration, timed by the place. One run beforehand warms up.
void run_timed(benchmark::State& state, place const& where, std::function<void()> const& work);

/// An array in a place's memory.
template <class T>
class placed {
public:
  placed(place const& where, std::size_t size) : values_(size, *where.ctx().memory, where.ctx().stream) {}
  placed(place const& where, std::vector<T> const& values) : placed(where, values.size()) {
    if (!values.empty()) where.execution->copy_in(values_.data(), values.data(), values.size() * sizeof(T));
  }
  [[nodiscard]] maskmetrics::view<T> all() const { return values_.all(); }

private:
  maskmetrics::buffer<T> values_;
};

}  // namespace bench
