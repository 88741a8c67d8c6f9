/// @file
/// Long calls into the library: without the GIL, watched by a progress function, and ended by Ctrl-C.
#pragma once

#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>

#include <nanobind/nanobind.h>

#include <maskmetrics/context.hpp>

namespace maskmetrics::python {

namespace nb = nanobind;

/// What a call is told from outside while it runs.
class call_watch {
public:
  /// @param progress  a callable (stage, done, total) or None
  explicit call_watch(nb::object progress) : progress_(std::move(progress)) {}

  /// A progress function that tells Python, and ends the call where somebody wants it to end.
  /// @note the watch must outlive its use
  [[nodiscard]] progress_function function();

  void cancel();

private:
  void tell(char const* stage, std::uint64_t done, std::uint64_t total);

  nb::object progress_;
  std::mutex mutex_;
  bool cancelled_ = false;
};

/// True where Python delivers signals to the calling thread.
[[nodiscard]] bool on_main_thread();

/// Calls work() on another thread without the GIL and waits for it; a signal that raises ends it at its next stage.
void run_watched(call_watch& watch, std::function<void()> const& work);

/// Calls work(context) without the GIL and returns what it returns.
/// @param ctx  its progress function is replaced
template <class Work>
auto run_call(context ctx, nb::object progress, Work&& work) {
  using result_type = std::invoke_result_t<Work, context const&>;
  call_watch watch(std::move(progress));
  ctx.progress = watch.function();
  std::optional<result_type> result;
  run_watched(watch, [&] { result.emplace(work(ctx)); });
  return std::move(*result);
}

/// A context as Python names it. @param device  "auto", "cpu", "cuda" or "cuda:N"; threads  0: all cores
[[nodiscard]] context make_context(std::string const& device, int threads);

}  // namespace maskmetrics::python
