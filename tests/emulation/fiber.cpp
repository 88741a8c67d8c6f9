#include "emulation/fiber.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace emulation {

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr std::size_t stack_bytes = std::size_t{256} << 10U;
#else
constexpr std::size_t stack_bytes = std::size_t{64} << 10U;
#endif
constexpr std::size_t guard_bytes = std::size_t{16} << 10U;

fiber* running = nullptr;

/// Who called resume(): there is one at a time.
struct outside {
#if defined(__x86_64__)
  void* stack_pointer = nullptr;
#else
  ucontext_t place{};
#endif
  void* fake_stack = nullptr;
  void const* bottom = nullptr;
  std::size_t size = 0;
} caller;

#if defined(__SANITIZE_ADDRESS__)
void announce_switch(void** fake_stack, void const* bottom, std::size_t size) {
  __sanitizer_start_switch_fiber(fake_stack, bottom, size);
}
void finish_switch(void* fake_stack, void const** bottom, std::size_t* size) {
  __sanitizer_finish_switch_fiber(fake_stack, bottom, size);
}
void forget_frames(void* memory) {
  __asan_unpoison_memory_region(memory, stack_bytes);
}
#else
void announce_switch(void** /*fake_stack*/, void const* /*bottom*/, std::size_t /*size*/) {}
void finish_switch(void* /*fake_stack*/, void const** /*bottom*/, std::size_t* /*size*/) {}
void forget_frames(void* /*memory*/) {}
#endif

}  // namespace

#if defined(__x86_64__)
// Saves what a called function must keep, and changes stacks: some 26 ns where swapcontext takes twenty times that for
// its two system calls.
extern "C" void maskmetrics_emulation_switch(void** save, void* load);
asm(R"(
.text
.hidden maskmetrics_emulation_switch
.globl maskmetrics_emulation_switch
.type maskmetrics_emulation_switch, @function
maskmetrics_emulation_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size maskmetrics_emulation_switch, .-maskmetrics_emulation_switch
)");
#endif

fiber::fiber() {
  // The guard page below turns a stack overflow into a fault at a known place.
  void* const memory = mmap(nullptr, guard_bytes + stack_bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  mprotect(memory, guard_bytes, PROT_NONE);
  memory_ = static_cast<std::byte*>(memory) + guard_bytes;
}

fiber::~fiber() {
  forget_frames(memory_);
  munmap(static_cast<std::byte*>(memory_) - guard_bytes, guard_bytes + stack_bytes);
}

void fiber::main() {
  finish_switch(nullptr, &caller.bottom, &caller.size);
  running->function_();
  running->ended_ = true;
  running->leave(true);
  std::abort();  // nobody resumes a fiber that has ended
}

void fiber::restart(void (*function)()) {
  function_ = function;
  fake_stack_ = nullptr;
  if (!ended_) forget_frames(memory_);
  ended_ = false;
#if defined(__x86_64__)
  // Six registers, the address of main, and a null return address that also aligns the stack as a call does.
  auto* const top = reinterpret_cast<std::uintptr_t*>(static_cast<std::byte*>(memory_) + stack_bytes);
  top[-1] = 0;
  top[-2] = reinterpret_cast<std::uintptr_t>(&fiber::main);
  for (int i = 3; i <= 8; ++i) top[-i] = 0;
  stack_pointer_ = top - 8;
#else
  getcontext(&place_);
  place_.uc_stack.ss_sp = memory_;
  place_.uc_stack.ss_size = stack_bytes;
  place_.uc_link = nullptr;
  makecontext(&place_, &fiber::main, 0);
#endif
}

void fiber::resume() {
  running = this;
  announce_switch(&caller.fake_stack, memory_, stack_bytes);
#if defined(__x86_64__)
  maskmetrics_emulation_switch(&caller.stack_pointer, stack_pointer_);
#else
  swapcontext(&caller.place, &place_);
#endif
  finish_switch(caller.fake_stack, nullptr, nullptr);
  running = nullptr;
}

void fiber::suspend() {
  leave(false);
}

void* fiber::abandon() {
  forget_frames(running->memory_);
  return static_cast<std::byte*>(running->memory_) + stack_bytes;
}

void fiber::leave(bool for_good) {
  announce_switch(for_good ? nullptr : &fake_stack_, caller.bottom, caller.size);
#if defined(__x86_64__)
  maskmetrics_emulation_switch(&stack_pointer_, caller.stack_pointer);
#else
  swapcontext(&place_, &caller.place);
#endif
  finish_switch(fake_stack_, &caller.bottom, &caller.size);
}

bool fiber::overflowed_to(void const* address) {
  auto const bottom = reinterpret_cast<std::uintptr_t>(running->memory_);
  auto const at = reinterpret_cast<std::uintptr_t>(address);
  return at < bottom && bottom - at <= guard_bytes;
}

}  // namespace emulation
