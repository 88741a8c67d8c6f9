// Ranking: one stable order by category and score, used for every area range and max_dets.
//
// In: scores [D] in cell order, first detection of every category [K+1]. Out: order [D].
//
// Mapping: device-wide radix sorts of Thrust (CUB's onesweep); see ranking_pipeline.cuh, which a test runs on the host.
// Memory: keys 8 B, categories 2 or 4 B, and the sorts' second buffers, a detection.
// Work: 8 passes over (key, detection), and 2 or 4 over (category, detection).
#include "ranking_pipeline.cuh"

#include <cstdint>
#include <limits>

#include <maskmetrics/ranking.hpp>

#include "common/thrust_policy.cuh"
#include "common/workspace.cuh"
#include "stages.hpp"

namespace maskmetrics::cuda {

namespace {

template <class Category>
void rank(context const& ctx, ranking_input const& in, ranking_output const& out) {
  workspace_plan plan;
  auto const keys = plan.add<std::uint64_t>(in.scores.size());
  auto const categories = plan.add<Category>(in.scores.size());
  stage_workspace const memory(ctx, plan);
  thrust_allocator allocator(ctx);
  rank_detections(thrust_policy(allocator, ctx), in, out, ranking_scratch<Category>{memory[keys], memory[categories]});
}

}  // namespace

void ranking(context const& ctx, ranking_input const& in, ranking_output const& out) {
  if (in.scores.empty()) return;
  std::size_t const num_categories = in.category_begin.size() - 1;
  if (num_categories <= std::size_t{std::numeric_limits<std::uint16_t>::max()} + 1) {
    rank<std::uint16_t>(ctx, in, out);
  } else {
    rank<std::uint32_t>(ctx, in, out);
  }
}

}  // namespace maskmetrics::cuda
