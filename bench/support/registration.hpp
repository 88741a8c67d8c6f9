/// @file
/// How benchmarks are registered and run.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace bench {

/// Runs one size. Must call run_timed(), and may set counters.
using sized_bench = std::function<void(benchmark::State& state, std::uint32_t size)>;

/// Registers "<name>/<size>" for a quarter, a half and all of a size, and with them how far time is from growing as the
/// size does: rows "<name>_BigO" and "<name>_RMS". Times are those that run_timed() takes.
void register_sizes(std::string const& name, std::uint32_t largest, sized_bench const& run);

/// Registers "<name>/<size>" alone.
void register_size(std::string const& name, std::uint32_t size, sized_bench const& run);

/// Main program of every bench, after it has registered its benchmarks.
int run_benches(int argc, char** argv);

/// What @p make returned for the key, made anew only where the key is another one than before: a benchmark's function
/// is called several times, and its data may take long to make.
template <class Make>
[[nodiscard]] auto const& keep_last(std::string const& key, Make const& make) {
  struct made {
    explicit made(Make const& how) : value(how()) {}
    decltype(make()) value;
  };
  static std::string last_key;
  static std::unique_ptr<made const> last;
  if (!last || last_key != key) {
    last.reset();
    last = std::make_unique<made const>(make);
    last_key = key;
  }
  return last->value;
}

}  // namespace bench
