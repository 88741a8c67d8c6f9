/// @file
/// How long the stages of an evaluation take.
#pragma once

#include <chrono>
#include <vector>

#include <maskmetrics/context.hpp>
#include <maskmetrics/evaluate.hpp>

namespace maskmetrics {

/// Adds the time until its end to the timings and tells who watches the progress.
class stage_timer {
public:
  stage_timer(context const& ctx, std::vector<stage_time>& timings, char const* stage)
      : timings_(timings), stage_(stage) {
    if (ctx.progress) ctx.progress(stage, 0, 0);
  }
  ~stage_timer() {
    std::chrono::duration<double> const spent = std::chrono::steady_clock::now() - start_;
    timings_.push_back({stage_, spent.count()});
  }
  stage_timer(stage_timer const&) = delete;
  stage_timer& operator=(stage_timer const&) = delete;

private:
  std::vector<stage_time>& timings_;
  char const* stage_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace maskmetrics
