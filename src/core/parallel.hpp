/// @file
/// Threads: everything parallel on the CPU runs inside in_arena().
#pragma once

#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/info.h>
#include <tbb/parallel_for.h>
#include <tbb/parallel_pipeline.h>
#include <tbb/task_arena.h>

#include <maskmetrics/context.hpp>

#include "core/thread_order.hpp"

namespace maskmetrics {

/// Threads that a context stands for.
[[nodiscard]] inline int thread_count(context const& ctx) {
  return ctx.threads > 0 ? ctx.threads : tbb::info::default_concurrency();
}

/// The arena of so many threads. There is one for each number, kept for good: an arena costs time to make, and
/// oneTBB 2021.8 keeps some memory of every one that was.
[[nodiscard]] tbb::task_arena& arena_of(int threads);

/// Runs @p work with the context's number of threads, more than the machine has cores included.
template <class Work>
auto in_arena(context const& ctx, Work&& work) {
  int const threads = thread_count(ctx);
  tbb::global_control const allowed(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads));
  // Where every place of the arena is taken by another call, one of its threads runs the work and this one waits.
  using outcome = std::decay_t<std::invoke_result_t<Work&>>;
  auto const run = [&](auto const& step) {
    fork_join whole;
    arena_of(threads).execute([&] {
      fork_join::task const handed_over(whole);
      step();
    });
  };
  if constexpr (std::is_void_v<outcome>) {
    run(work);
  } else {
    std::optional<outcome> found;
    run([&] { found.emplace(work()); });
    return outcome(std::move(*found));
  }
}

using index_range = tbb::blocked_range<std::size_t>;

/// Calls body(index_range) for ranges of about @p grain indices or more that together make [0, count).
template <class Body>
void parallel_ranges(std::size_t count, std::size_t grain, Body const& body) {
  fork_join whole;
  tbb::parallel_for(index_range(0, count, grain), [&](index_range const& range) {
    fork_join::task const step(whole);
    body(range);
  });
}

/// Calls body(i) for every i in [0, count).
template <class Body>
void parallel_each(std::size_t count, Body const& body) {
  parallel_ranges(count, 1, [&](index_range const& range) {
    for (std::size_t i = range.begin(); i < range.end(); ++i) body(i);
  });
}

/// Items go from cut() over work(item) to take(item): cut and take one item at a time and in order, work in parallel.
/// At most @p max_items are under way, so cut() may reuse an item after as many others.
/// @param cut  returns a pointer to the next item, nullptr at the end
template <class Cut, class Work, class Take>
void parallel_in_order(std::size_t max_items, Cut const& cut, Work const& work, Take const& take) {
  struct parcel {
    decltype(cut()) item = nullptr;
    thread_order order;
  };
  std::vector<parcel> parcels(max_items);
  std::size_t num_cut = 0;
  thread_order cuts;
  thread_order takes;
  fork_join whole;
  auto const cut_next = [&](tbb::flow_control& control) -> parcel* {
    fork_join::task const step(whole);
    ordered_step const in_turn(cuts);
    parcel& next = parcels[num_cut % max_items];
    ordered_step const of_item(next.order);
    next.item = cut();
    if (next.item == nullptr) control.stop();
    ++num_cut;
    return &next;
  };
  auto const work_on = [&](parcel* one) {
    fork_join::task const step(whole);
    ordered_step const of_item(one->order);
    work(*one->item);
    return one;
  };
  auto const take_next = [&](parcel* one) {
    fork_join::task const step(whole);
    ordered_step const in_turn(takes);
    ordered_step const of_item(one->order);
    take(*one->item);
  };
  tbb::parallel_pipeline(max_items, tbb::make_filter<void, parcel*>(tbb::filter_mode::serial_in_order, cut_next) &
                                        tbb::make_filter<parcel*, parcel*>(tbb::filter_mode::parallel, work_on) &
                                        tbb::make_filter<parcel*, void>(tbb::filter_mode::serial_in_order, take_next));
}

}  // namespace maskmetrics
