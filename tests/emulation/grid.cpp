#include "emulation/grid.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <numeric>
#include <optional>
#include <random>
#include <string_view>
#include <vector>

#include "emulation/fiber.hpp"
#include "emulation/guarded_memory.hpp"

namespace emulation {

thread_place const* current_place = nullptr;

char const* to_string(fault_kind kind) noexcept {
  switch (kind) {
    case fault_kind::barrier_divergence:
      return "barrier divergence";
    case fault_kind::out_of_bounds:
      return "out of bounds";
    case fault_kind::uninitialized_memory:
      return "uninitialized memory";
    case fault_kind::race:
      return "race";
    case fault_kind::bad_launch:
      return "bad launch";
  }
  return "unknown fault";
}

std::string to_string(std::source_location const& where) {
  std::string_view file = where.file_name();
  if (std::size_t const slash = file.rfind('/'); slash != std::string_view::npos) file.remove_prefix(slash + 1);
  return std::string(file) + ":" + std::to_string(where.line());
}

schedule& current_schedule() noexcept {
  static schedule how;
  return how;
}

namespace {

enum class thread_status : unsigned char { ready, at_barrier, at_warp, done };

struct emulated_thread {
  thread_place place;
  fiber on;
  thread_status status = thread_status::done;
  std::source_location waits_at;
  // The warp operation that it waits in.
  warp_operation operation = warp_operation::sync;
  unsigned mask = 0;
  unsigned argument = 0;
  std::uint64_t value = 0;
  std::uint64_t result = 0;
};

constexpr std::uint64_t max_threads = 1024;
constexpr std::size_t max_shared_bytes = 227U << 10U;  // of sm_90, opted in

[[nodiscard]] bool same_place(std::source_location const& a, std::source_location const& b) {
  return a.line() == b.line() && a.column() == b.column() && std::strcmp(a.file_name(), b.file_name()) == 0;
}

std::string describe(thread_place const& place) {
  auto const triple = [](auto const& index) {
    return "(" + std::to_string(index.x) + "," + std::to_string(index.y) + "," + std::to_string(index.z) + ")";
  };
  return "block " + triple(place.block) + " thread " + triple(place.thread);
}

std::string describe(emulated_thread const& thread) {
  switch (thread.status) {
    case thread_status::done:
      return "has ended";
    case thread_status::at_barrier:
      return "waits for the block at " + to_string(thread.waits_at);
    case thread_status::at_warp:
      return "waits for its warp at " + to_string(thread.waits_at);
    case thread_status::ready:
      return "runs";
  }
  return {};
}

/// The one grid that runs.
class grid_runner {
public:
  void run(extent3 grid, extent3 block, std::size_t shared_bytes, void (*call)(void const*), void const* argument);

  void record(fault_kind kind, std::string const& what) {
    fault_.emplace(kind, emulation::describe(running_->place) + ": " + what);
  }
  [[noreturn]] void stop() {
    for (;;) running_->on.suspend();
  }
  [[nodiscard]] bool in_kernel() const { return running_ != nullptr; }
  [[nodiscard]] emulated_thread& running() { return *running_; }
  [[nodiscard]] std::uint64_t block_serial() const { return block_serial_; }
  [[nodiscard]] guarded_block& shared() { return *shared_; }

  void wait(thread_status status, std::source_location const& where) {
    running_->waits_at = where;
    running_->status = status;
    running_->on.suspend();
  }
  /// Lets the warp's lanes go on where all of the mask have arrived at one place.
  void arrive(emulated_thread const& last);
  void maybe_yield() {
    if (current_schedule().order == schedule_order::shuffled && random_() % 4 == 0) running_->on.suspend();
  }

private:
  static void thread_main();
  void run_block(index3 block);
  void run_warp(std::size_t warp);
  void release_barrier();
  [[noreturn]] void report_divergence();
  void order(std::vector<std::uint32_t>& indices);

  extent3 grid_;
  extent3 block_;
  void (*call_)(void const*) = nullptr;
  void const* argument_ = nullptr;
  std::vector<std::unique_ptr<emulated_thread>> threads_;  // kept from grid to grid, with their stacks
  std::size_t num_threads_ = 0;
  std::vector<std::uint32_t> warp_order_;
  std::vector<std::uint32_t> lane_order_;
  emulated_thread* running_ = nullptr;
  std::optional<kernel_fault> fault_;  // what the running kernel did
  std::uint64_t block_serial_ = 0;
  std::optional<guarded_block> shared_;
  std::mt19937_64 random_;
};

grid_runner& runner() {
  static grid_runner the_only;
  return the_only;
}

void grid_runner::thread_main() {
  grid_runner& self = runner();
  self.call_(self.argument_);
  self.running_->status = thread_status::done;
}

void grid_runner::order(std::vector<std::uint32_t>& indices) {
  std::iota(indices.begin(), indices.end(), 0U);
  switch (current_schedule().order) {
    case schedule_order::forward:
      break;
    case schedule_order::reverse:
      std::reverse(indices.begin(), indices.end());
      break;
    case schedule_order::shuffled:
      std::shuffle(indices.begin(), indices.end(), random_);
      break;
  }
}

void grid_runner::run(extent3 grid, extent3 block, std::size_t shared_bytes, void (*call)(void const*),
                      void const* argument) {
  if (in_kernel()) throw kernel_fault(fault_kind::bad_launch, "a launch from inside of a kernel");
  if (grid.count() == 0 || block.count() == 0 || block.count() > max_threads || block.z > 64 || grid.x > 0x7FFFFFFFU ||
      grid.y > 0xFFFFU || grid.z > 0xFFFFU || shared_bytes > max_shared_bytes) {
    throw kernel_fault(fault_kind::bad_launch, std::to_string(grid.count()) + " blocks of " +
                                                   std::to_string(block.count()) + " threads with " +
                                                   std::to_string(shared_bytes) + " bytes of shared memory");
  }
  grid_ = grid;
  block_ = block;
  call_ = call;
  argument_ = argument;
  num_threads_ = block.count();
  random_.seed(current_schedule().seed);
  while (threads_.size() < num_threads_) threads_.push_back(std::make_unique<emulated_thread>());
  warp_order_.resize((num_threads_ + lanes_per_warp - 1) / lanes_per_warp);
  lane_order_.resize(lanes_per_warp);
  fault_.reset();
  shared_.emplace(shared_bytes, 16);
  access_guard const guard;

  std::vector<std::uint32_t> blocks(grid.count());
  order(blocks);
  for (std::uint32_t const b : blocks) run_block({b % grid.x, b / grid.x % grid.y, b / grid.x / grid.y});
  if (!shared_->intact()) throw kernel_fault(fault_kind::out_of_bounds, "write before dynamic shared memory");
}

void grid_runner::run_block(index3 block) {
  ++block_serial_;
  shared_->poison();
  for (std::uint32_t t = 0; t < num_threads_; ++t) {
    emulated_thread& thread = *threads_[t];
    thread.place = {{t % block_.x, t / block_.x % block_.y, t / block_.x / block_.y}, block, block_, grid_};
    thread.status = thread_status::ready;
    thread.on.restart(&grid_runner::thread_main);
  }
  for (;;) {
    order(warp_order_);
    for (std::uint32_t const warp : warp_order_) run_warp(warp);
    std::size_t done = 0;
    for (std::size_t t = 0; t < num_threads_; ++t) done += threads_[t]->status == thread_status::done ? 1U : 0U;
    if (done == num_threads_) return;
    release_barrier();
  }
}

void grid_runner::run_warp(std::size_t warp) {
  for (bool any = true; any;) {
    any = false;
    order(lane_order_);
    for (std::uint32_t const lane : lane_order_) {
      std::size_t const t = warp * lanes_per_warp + lane;
      if (t >= num_threads_ || threads_[t]->status != thread_status::ready) continue;
      any = true;
      running_ = threads_[t].get();
      current_place = &running_->place;
      running_->on.resume();
      running_ = nullptr;
      current_place = nullptr;
      if (fault_) throw kernel_fault(*fault_);
    }
  }
}

void grid_runner::arrive(emulated_thread const& last) {
  std::size_t const first =
      (static_cast<std::size_t>(last.place.thread.x) +
       (std::size_t{last.place.thread.y} + std::size_t{last.place.thread.z} * block_.y) * block_.x) /
      lanes_per_warp * lanes_per_warp;
  auto const lane_of = [&](unsigned lane) -> emulated_thread* {
    return first + lane < num_threads_ ? threads_[first + lane].get() : nullptr;
  };
  unsigned ballot = 0;
  for (unsigned lane = 0; lane < lanes_per_warp; ++lane) {
    if ((last.mask >> lane & 1U) == 0) continue;
    emulated_thread const* const other = lane_of(lane);
    bool const here = other != nullptr && other->status == thread_status::at_warp && other->mask == last.mask &&
                      other->operation == last.operation && same_place(other->waits_at, last.waits_at);
    if (!here) return;
    if (other->value != 0) ballot |= 1U << lane;
  }
  for (unsigned lane = 0; lane < lanes_per_warp; ++lane) {
    if ((last.mask >> lane & 1U) == 0) continue;
    emulated_thread& me = *lane_of(lane);
    switch (last.operation) {
      case warp_operation::sync:
        break;
      case warp_operation::ballot:
        me.result = ballot;
        break;
      case warp_operation::all:
        me.result = ballot == last.mask ? 1 : 0;
        break;
      case warp_operation::any:
        me.result = ballot != 0 ? 1 : 0;
        break;
      case warp_operation::shuffle:
        me.result = lane_of(me.argument)->value;
        break;
      case warp_operation::match_any:
        me.result = 0;
        for (unsigned other = 0; other < lanes_per_warp; ++other) {
          if ((last.mask >> other & 1U) != 0 && lane_of(other)->value == me.value) me.result |= 1U << other;
        }
        break;
    }
  }
  for (unsigned lane = 0; lane < lanes_per_warp; ++lane) {
    if ((last.mask >> lane & 1U) != 0) lane_of(lane)->status = thread_status::ready;
  }
}

void grid_runner::release_barrier() {
  emulated_thread const& first = *threads_[0];
  for (std::size_t t = 0; t < num_threads_; ++t) {
    emulated_thread const& thread = *threads_[t];
    if (thread.status != thread_status::at_barrier || !same_place(thread.waits_at, first.waits_at)) report_divergence();
  }
  for (std::size_t t = 0; t < num_threads_; ++t) threads_[t]->status = thread_status::ready;
}

void grid_runner::report_divergence() {
  // The first one that waits, and the first one that it waits for in vain.
  std::size_t a = 0;
  while (threads_[a]->status == thread_status::done) ++a;
  emulated_thread const& waiting = *threads_[a];
  for (std::size_t b = 0; b < num_threads_; ++b) {
    emulated_thread const& other = *threads_[b];
    if (b == a || (other.status == waiting.status && same_place(other.waits_at, waiting.waits_at) &&
                   other.mask == waiting.mask)) {
      continue;
    }
    throw kernel_fault(fault_kind::barrier_divergence, describe(waiting.place) + " " + describe(waiting) + ", " +
                                                           describe(other.place) + " " + describe(other));
  }
  throw kernel_fault(fault_kind::barrier_divergence,
                     describe(waiting.place) + " " + describe(waiting) + " with lanes that do not exist in its mask");
}

}  // namespace

std::uint64_t current_block_serial() noexcept {
  return runner().block_serial();
}
void* dynamic_shared_memory() noexcept {
  return runner().shared().data();
}
std::size_t dynamic_shared_bytes() noexcept {
  return runner().shared().size();
}

namespace {

/// Not part of the functions that never return: what this one owns is freed.
void record(fault_kind kind, std::source_location const& where, std::string const& what) {
  std::string const message = to_string(where) + ": " + what;
  if (!runner().in_kernel()) throw kernel_fault(kind, message);
  runner().record(kind, message);
}

}  // namespace

void fail(fault_kind kind, char const* what, std::source_location const& where) {
  record(kind, where, what);
  runner().stop();
}

void fail_index(std::size_t index, std::size_t size, std::source_location const& where) {
  record(fault_kind::out_of_bounds, where, "index " + std::to_string(index) + " of " + std::to_string(size));
  runner().stop();
}

void fail_access(void const* address) {
  runner().record(fault_kind::out_of_bounds, "access " + describe_address(address));
  runner().stop();
}

bool in_kernel() noexcept {
  return runner().in_kernel();
}

void meet_block(std::source_location const& where) {
  runner().wait(thread_status::at_barrier, where);
}

unsigned lane_index() noexcept {
  thread_place const& at = *current_place;
  return (at.thread.x + (at.thread.y + at.thread.z * at.block_size.y) * at.block_size.x) % lanes_per_warp;
}

std::uint64_t meet_warp(warp_operation operation, unsigned mask, std::uint64_t value, unsigned argument,
                        std::source_location const& where) {
  grid_runner& grid = runner();
  if ((mask >> lane_index() & 1U) == 0) fail(fault_kind::barrier_divergence, "the lane is not in its own mask", where);
  if (operation == warp_operation::shuffle && (mask >> argument & 1U) == 0)
    fail(fault_kind::barrier_divergence, "reads a lane that is not in the mask", where);
  emulated_thread& me = grid.running();
  me.operation = operation;
  me.mask = mask;
  me.value = value;
  me.argument = argument;
  me.waits_at = where;
  me.status = thread_status::at_warp;
  grid.arrive(me);
  // The last lane to arrive stops too, so that no lane gets ahead of the others in a fixed way.
  me.on.suspend();
  return me.result;
}

void maybe_yield() {
  runner().maybe_yield();
}

void run_grid(extent3 grid, extent3 block, std::size_t shared_bytes, void (*call)(void const*), void const* argument) {
  runner().run(grid, block, shared_bytes, call, argument);
}

}  // namespace emulation
