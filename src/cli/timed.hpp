/// @file
/// How long a stage takes.
#pragma once

#include <chrono>
#include <vector>

#include <maskmetrics/evaluate.hpp>

namespace maskmetrics::cli {

/// What @p work returns; the seconds it took are added to @p timings.
template <class Work>
[[nodiscard]] auto timed(std::vector<stage_time>& timings, char const* stage, Work const& work) {
  auto const start = std::chrono::steady_clock::now();
  auto result = work();
  timings.push_back({stage, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()});
  return result;
}

}  // namespace maskmetrics::cli
