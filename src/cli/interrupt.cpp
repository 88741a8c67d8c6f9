#include "cli/interrupt.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <utility>

namespace maskmetrics::cli {

namespace {

/// Who decides: whoever takes the program out of idle.
enum phase : int { idle, writing, asked_to_end, ending };
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler must not wait for a lock");
std::atomic<int> current_phase{idle};
std::atomic<int> asked_by{0};

/// A handler may only read it.
std::string& last_word() {
  static std::string text;
  return text;
}
std::atomic<char const*> last_word_text{nullptr};
std::atomic<std::size_t> last_word_size{0};

struct watched {
  int signal;
  void (*before)(int);
};
std::array<watched, 2> watched_signals{{{SIGINT, SIG_DFL}, {SIGTERM, SIG_DFL}}};

/// Whoever waits for the program sees that the signal ended it.
void end_by(int signal) {
  (void)!write(STDERR_FILENO, last_word_text.load(), last_word_size.load());
  (void)std::signal(signal, SIG_DFL);
  (void)std::raise(signal);
}

extern "C" void on_signal(int signal) {
  int found = idle;
  if (current_phase.compare_exchange_strong(found, ending)) {
    end_by(signal);
    return;
  }
  asked_by = signal;
  found = writing;
  (void)current_phase.compare_exchange_strong(found, asked_to_end);
}

[[noreturn]] void wait_for_the_end() {
  for (;;) pause();
}

}  // namespace

interruptible::interruptible(std::string text) {
  last_word() = (isatty(STDERR_FILENO) == 1 ? "\r\x1b[K" : "") + std::move(text);
  last_word_text = last_word().data();
  last_word_size = last_word().size();
  for (watched& one : watched_signals) {
    one.before = std::signal(one.signal, on_signal);
    if (one.before == SIG_IGN) (void)std::signal(one.signal, SIG_IGN);
  }
}

interruptible::~interruptible() {
  for (watched const& one : watched_signals) (void)std::signal(one.signal, one.before);
}

output_shield::output_shield() {
  int found = idle;
  if (!current_phase.compare_exchange_strong(found, writing)) wait_for_the_end();
}

output_shield::~output_shield() {
  int found = writing;
  if (current_phase.compare_exchange_strong(found, idle)) return;
  end_by(asked_by);
  wait_for_the_end();
}

}  // namespace maskmetrics::cli
