#include "core/parallel.hpp"

#include <map>
#include <memory>
#include <mutex>

namespace maskmetrics {

tbb::task_arena& arena_of(int threads) {
  // Never destroyed: at the end of the program oneTBB may be gone before they are.
  static auto& arenas = *new std::map<int, std::unique_ptr<tbb::task_arena>>;
  static auto& access = *new std::mutex;
  std::lock_guard const lock(access);
  std::unique_ptr<tbb::task_arena>& arena = arenas[threads];
  if (!arena) arena = std::make_unique<tbb::task_arena>(threads);
  return *arena;
}

}  // namespace maskmetrics
