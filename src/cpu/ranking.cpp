#include <maskmetrics/ranking.hpp>

#include <algorithm>
#include <vector>

#include <tbb/parallel_sort.h>

#include <maskmetrics/semantics/ranking.hpp>

#include "core/parallel.hpp"
#include "cpu/stages.hpp"

namespace maskmetrics::cpu {

namespace {

constexpr std::size_t parallel_sort_from = 1U << 15U;

/// A detection to sort. Positions break ties, so every order is total and any sort is a stable one.
struct keyed_detection {
  std::uint64_t key;
  std::uint32_t position;

  friend bool operator<(keyed_detection const& x, keyed_detection const& y) {
    return x.key != y.key ? x.key < y.key : x.position < y.position;
  }
};

}  // namespace

void ranking(context const& ctx, ranking_input const& in, ranking_output const& out) {
  std::size_t const num_categories = in.category_begin.size() - 1;
  auto const detection_at = [&](std::uint32_t i) { return in.tie_order.empty() ? i : in.tie_order[i]; };
  in_arena(ctx, [&] {
    parallel_each(num_categories, [&](std::size_t k) {
      std::uint32_t const begin = in.category_begin[k];
      std::uint32_t const end = in.category_begin[k + 1];
      std::vector<keyed_detection> keyed;
      keyed.reserve(end - begin);
      for (std::uint32_t i = begin; i < end; ++i) {
        keyed.push_back({semantics::descending_key(in.scores[detection_at(i)]), i});
      }
      if (keyed.size() < parallel_sort_from) {
        std::sort(keyed.begin(), keyed.end());
      } else {
        tbb::parallel_sort(keyed.begin(), keyed.end());
      }
      for (std::size_t i = 0; i < keyed.size(); ++i) out.order[begin + i] = detection_at(keyed[i].position);
    });
  });
}

}  // namespace maskmetrics::cpu
