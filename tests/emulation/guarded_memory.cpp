#include "emulation/guarded_memory.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "emulation/fiber.hpp"
#include "emulation/grid.hpp"

namespace emulation {

namespace {

constexpr std::size_t page = 4096;
constexpr std::byte canary{0xC7};

std::map<void const*, guarded_block const*>& live_blocks() {
  static std::map<void const*, guarded_block const*> blocks;
  return blocks;
}

}  // namespace

guarded_block::guarded_block(std::size_t bytes, std::size_t alignment) : size_(bytes) {
  // At least a page of canaries in front.
  page_bytes_ = (bytes + alignment + page - 1) / page * page + page;
  void* const memory =
      mmap(nullptr, page_bytes_ + 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  mprotect(memory, page, PROT_NONE);
  pages_ = static_cast<std::byte*>(memory) + page;
  mprotect(pages_ + page_bytes_, page, PROT_NONE);
  std::size_t const rounded = (bytes + alignment - 1) / alignment * alignment;
  data_ = pages_ + page_bytes_ - rounded;
  std::memset(pages_, std::to_integer<int>(canary), page_bytes_);
  poison();
  live_blocks()[data_] = this;
}

guarded_block::~guarded_block() {
  live_blocks().erase(data_);
  munmap(pages_ - page, page_bytes_ + 2 * page);
}

void guarded_block::poison() {
  std::memset(data_, current_schedule().poison, size_);
}

bool guarded_block::intact() const {
  auto const is_canary = [](std::byte b) { return b == canary; };
  return std::all_of(pages_, data_, is_canary) && std::all_of(data_ + size_, pages_ + page_bytes_, is_canary);
}

std::string describe_address(void const* address) {
  if (fiber::overflowed_to(address)) return "below the thread's stack, which is full";
  auto const at = reinterpret_cast<std::uintptr_t>(address);
  std::uintptr_t nearest = std::uintptr_t{1} << 20U;
  std::string description = "far from every array";
  for (auto const& [data, block] : live_blocks()) {
    auto const begin = reinterpret_cast<std::uintptr_t>(data);
    std::uintptr_t const end = begin + block->size();
    std::uintptr_t const distance = at < begin ? begin - at : at - end;
    if (distance >= nearest) continue;
    nearest = distance;
    std::string const array = "an array of " + std::to_string(block->size()) + " bytes";
    description = at < begin ? std::to_string(distance) + " bytes before " + array
                             : "at byte " + std::to_string(at - begin) + " of " + array;
  }
  return description;
}

namespace {

class guarded_resource : public maskmetrics::memory_resource {
public:
  void* allocate(std::size_t bytes, maskmetrics::stream_ref /*stream*/) override {
    // The end of the array is what must be watched, so an element's alignment is all that is given: 16 bytes.
    auto block = std::make_unique<guarded_block>(bytes, bytes % 16 == 0  ? 16
                                                        : bytes % 8 == 0 ? 8
                                                        : bytes % 4 == 0 ? 4
                                                                         : 1);
    void* const data = block->data();
    blocks_[data] = std::move(block);
    return data;
  }
  void deallocate(void* pointer, std::size_t /*bytes*/, maskmetrics::stream_ref /*stream*/) noexcept override {
    auto const found = blocks_.find(pointer);
    if (found == blocks_.end()) return;
    all_intact_ &= found->second->intact();
    blocks_.erase(found);
  }
  void check() {
    for (auto const& [data, block] : blocks_) all_intact_ &= block->intact();
    if (std::exchange(all_intact_, true)) return;
    throw kernel_fault(fault_kind::out_of_bounds, "something wrote next to a guarded array");
  }

private:
  std::map<void*, std::unique_ptr<guarded_block>> blocks_;
  bool all_intact_ = true;
};

guarded_resource& resource() {
  static guarded_resource the_only;
  return the_only;
}

}  // namespace

maskmetrics::memory_resource& guarded_memory() {
  return resource();
}

void check_guarded_memory() {
  resource().check();
}

#if defined(__x86_64__)

namespace {

struct sigaction previous_action;
void const* fault_address = nullptr;

[[noreturn]] void landing() {
  fail_access(fault_address);
}

/// The handler returns into landing(), at the upper end of the stack of the fiber that made the access, which may have
/// overflown: from there on it is a fault like any other. A signal from elsewhere goes to whoever handled it before.
void on_fault(int signal, siginfo_t* info, void* context) {
  if (!in_kernel()) {
    sigaction(signal, &previous_action, nullptr);
    return;
  }
  fault_address = info->si_addr;
  auto* const registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  // As a call leaves it: eight bytes below a multiple of sixteen.
  registers[REG_RSP] = static_cast<greg_t>(reinterpret_cast<std::uintptr_t>(fiber::abandon()) - 72);
  registers[REG_RIP] = static_cast<greg_t>(reinterpret_cast<std::uintptr_t>(&landing));
}

}  // namespace

access_guard::access_guard() {
  // A stack of its own: the fiber's may be what overflowed.
  static std::vector<std::byte> signal_stack(std::size_t{64} << 10U);
  stack_t stack{};
  stack.ss_sp = signal_stack.data();
  stack.ss_size = signal_stack.size();
  sigaltstack(&stack, nullptr);
  struct sigaction action {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigaction(SIGSEGV, &action, &previous_action);
}

access_guard::~access_guard() {
  sigaction(SIGSEGV, &previous_action, nullptr);
}

#else

access_guard::access_guard() = default;
access_guard::~access_guard() = default;

#endif

}  // namespace emulation
