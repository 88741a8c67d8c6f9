/// @file
/// Tells ThreadSanitizer of the order that oneTBB keeps between threads. Distributions' oneTBB is not built with the
/// sanitizer, so its hand-overs look like races of ours. Without ThreadSanitizer nothing of this is left.
#pragma once

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define MASKMETRICS_THREAD_SANITIZER
#endif
#elif defined(__SANITIZE_THREAD__)
#define MASKMETRICS_THREAD_SANITIZER
#endif

#if defined(MASKMETRICS_THREAD_SANITIZER)
#include <sanitizer/tsan_interface.h>
#endif

namespace maskmetrics {

/// One hand-over: what happens before publish() is seen after a later observe() of the same object.
/// Give it only the order that oneTBB really keeps, or it hides races.
class thread_order {
public:
  void publish() {
#if defined(MASKMETRICS_THREAD_SANITIZER)
    __tsan_release(this);
#endif
  }
  void observe() {
#if defined(MASKMETRICS_THREAD_SANITIZER)
    __tsan_acquire(this);
#endif
  }
};

/// Scope of a step that runs in turn with the other steps of the same order.
class ordered_step {
public:
  explicit ordered_step(thread_order& order) : order_(order) { order_.observe(); }
  ordered_step(ordered_step const&) = delete;
  ordered_step& operator=(ordered_step const&) = delete;
  ~ordered_step() { order_.publish(); }

private:
  thread_order& order_;
};

/// Scope of a call that runs tasks and waits for them.
class fork_join {
public:
  fork_join() { fork_.publish(); }
  fork_join(fork_join const&) = delete;
  fork_join& operator=(fork_join const&) = delete;
  ~fork_join() { join_.observe(); }

  /// Scope of one task: it sees what was before the fork, and the joining thread sees what it did.
  class task {
  public:
    explicit task(fork_join& whole) : whole_(whole) { whole_.fork_.observe(); }
    task(task const&) = delete;
    task& operator=(task const&) = delete;
    ~task() { whole_.join_.publish(); }

  private:
    fork_join& whole_;
  };

private:
  thread_order fork_;
  thread_order join_;
};

}  // namespace maskmetrics
