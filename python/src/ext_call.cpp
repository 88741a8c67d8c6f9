#include "ext_call.hpp"

#include <cstdint>
#include <string>

#include <maskmetrics/error.hpp>

namespace maskmetrics::python {

namespace {

constexpr auto between_signals = std::chrono::milliseconds(50);

/// Unwinds a call that nobody waits for any more.
struct call_cancelled {};

}  // namespace

progress_function call_watch::function() {
  return [this](char const* stage, std::uint64_t done, std::uint64_t total) { tell(stage, done, total); };
}

void call_watch::cancel() {
  std::scoped_lock const lock(mutex_);
  cancelled_ = true;
}

void call_watch::tell(char const* stage, std::uint64_t done, std::uint64_t total) {
  {
    std::scoped_lock const lock(mutex_);
    if (cancelled_) throw call_cancelled{};
  }
  if (progress_.is_none()) return;
  nb::gil_scoped_acquire const gil;
  progress_(stage, done, total);
}

bool on_main_thread() {
  nb::object const main = nb::module_::import_("threading").attr("main_thread")();
  return nb::cast<unsigned long>(main.attr("ident")) == PyThread_get_thread_ident();
}

void run_watched(call_watch& watch, std::function<void()> const& work) {
  if (!on_main_thread()) {
    nb::gil_scoped_release const released;
    work();
    return;
  }
  std::mutex mutex;
  std::condition_variable ended;
  bool done = false;
  std::exception_ptr failure;
  std::thread worker([&] {
    try {
      work();
    } catch (...) {
      failure = std::current_exception();
    }
    std::scoped_lock const lock(mutex);
    done = true;
    ended.notify_one();
  });
  std::exception_ptr signal;
  for (bool waiting = true; waiting;) {
    {
      nb::gil_scoped_release const released;
      std::unique_lock lock(mutex);
      waiting = !ended.wait_for(lock, between_signals, [&] { return done; });
    }
    if (waiting && !signal && PyErr_CheckSignals() != 0) {
      signal = std::make_exception_ptr(nb::python_error());
      watch.cancel();
    }
  }
  worker.join();
  if (signal) std::rethrow_exception(signal);
  if (failure) std::rethrow_exception(failure);
}

context make_context(std::string const& device, int threads) {
  if (threads < 0) throw protocol_error("threads: " + std::to_string(threads) + " is less than 0");
  context ctx;
  ctx.device = parse_device(device);
  ctx.threads = threads;
  return ctx;
}

}  // namespace maskmetrics::python
