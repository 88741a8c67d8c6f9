/// @file
/// Fibers: functions on stacks of their own that stop and go on. The host's one thread runs one of them at a time.
#pragma once

#include <cstddef>

#if !defined(__x86_64__)
#include <ucontext.h>
#endif

namespace emulation {

/// A stack and the place where its function stopped. Not movable: a running function has its address.
class fiber {
public:
  fiber();
  ~fiber();
  fiber(fiber const&) = delete;
  fiber& operator=(fiber const&) = delete;

  /// Makes the next resume() call @p function from its start; what ran before is forgotten, wherever it stopped.
  void restart(void (*function)());
  /// From outside: runs the function until it calls suspend() or ends.
  void resume();
  /// From the running function: back to who called resume().
  void suspend();
  /// Gives up what runs on the running fiber's stack. @return the upper end of that stack, for a last function to run
  /// on
  [[nodiscard]] static void* abandon();
  /// True where the address lies below the running fiber's stack, as close as a function's frame may reach.
  [[nodiscard]] static bool overflowed_to(void const* address);

private:
  static void main();
  void leave(bool for_good);

  void* memory_;
  void (*function_)() = nullptr;
  void* fake_stack_ = nullptr;  // of AddressSanitizer
  bool ended_ = true;           // the function has left the stack as it found it
#if defined(__x86_64__)
  void* stack_pointer_ = nullptr;
#else
  ucontext_t place_{};
#endif
};

}  // namespace emulation
