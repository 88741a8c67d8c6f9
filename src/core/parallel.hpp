/// @file
/// Threads: everything parallel on the CPU runs inside in_arena().
#pragma once

#include <utility>

#include <tbb/global_control.h>
#include <tbb/info.h>
#include <tbb/task_arena.h>

#include <maskmetrics/context.hpp>

namespace maskmetrics {

/// Threads that a context stands for.
[[nodiscard]] inline int thread_count(context const& ctx) {
  return ctx.threads > 0 ? ctx.threads : tbb::info::default_concurrency();
}

/// Runs @p work with the context's number of threads, more than the machine has cores included.
template <class Work>
auto in_arena(context const& ctx, Work&& work) {
  int const threads = thread_count(ctx);
  tbb::global_control const allowed(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads));
  tbb::task_arena arena(threads);
  return arena.execute(std::forward<Work>(work));
}

}  // namespace maskmetrics
