/// @file
/// The order by category and score as steps of Thrust, wherever the execution policy runs them.
#pragma once

#include <thrust/copy.h>
#include <thrust/sequence.h>
#include <thrust/sort.h>
#include <thrust/transform.h>

#include <cstdint>

#include <maskmetrics/host_device.hpp>
#include <maskmetrics/ranking.hpp>
#include <maskmetrics/semantics/ranking.hpp>

namespace maskmetrics {

struct key_of_detection {
  view<double const> scores;

  [[nodiscard]] MASKMETRICS_HOST_DEVICE std::uint64_t operator()(std::uint32_t detection) const {
    return semantics::descending_key(scores[detection]);
  }
};

/// The category that a detection in cell order lies in: the last one that does not begin behind it.
template <class Category>
struct category_of_detection {
  view<std::uint32_t const> category_begin;

  [[nodiscard]] MASKMETRICS_HOST_DEVICE Category operator()(std::uint32_t detection) const {
    std::size_t first = 0;
    std::size_t last = category_begin.size() - 1;
    while (last - first > 1) {
      std::size_t const middle = first + (last - first) / 2;
      (category_begin[middle] <= detection ? first : last) = middle;
    }
    return static_cast<Category>(first);
  }
};

/// Scratch memory of rank_detections: [D] each.
template <class Category>
struct ranking_scratch {
  view<std::uint64_t> keys;
  view<Category> categories;
};

/// Two stable radix sorts, by score and then by category, give the order by category and score: unlike a sort of every
/// segment on its own, their work is the same for a category of all detections and for thousands of small ones.
/// @tparam Category  unsigned, holds the number of categories; the narrower, the fewer passes
template <class Policy, class Category>
void rank_detections(Policy const& policy, ranking_input const& in, ranking_output const& out,
                     ranking_scratch<Category> const& scratch) {
  if (in.tie_order.empty()) {
    thrust::sequence(policy, out.order.begin(), out.order.end());
  } else {
    thrust::copy(policy, in.tie_order.begin(), in.tie_order.end(), out.order.begin());
  }
  thrust::transform(policy, out.order.begin(), out.order.end(), scratch.keys.begin(), key_of_detection{in.scores});
  thrust::stable_sort_by_key(policy, scratch.keys.begin(), scratch.keys.end(), out.order.begin());
  if (in.category_begin.size() <= 2) return;
  thrust::transform(policy, out.order.begin(), out.order.end(), scratch.categories.begin(),
                    category_of_detection<Category>{in.category_begin});
  thrust::stable_sort_by_key(policy, scratch.categories.begin(), scratch.categories.end(), out.order.begin());
}

}  // namespace maskmetrics
