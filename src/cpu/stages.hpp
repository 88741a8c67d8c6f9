/// @file
/// The CPU's stages; cpu_backend.cpp puts them into the table.
#pragma once

#include "backend/backend.hpp"

namespace maskmetrics::cpu {

[[nodiscard]] pair_list pairwise(context const& ctx, pairwise_input const& in, pairwise_measures const& measures);
void matching(context const& ctx, matching_input const& in, matching_output const& out);
void ranking(context const& ctx, ranking_input const& in, ranking_output const& out);
void accumulate(context const& ctx, accumulate_input const& in, accumulate_output const& out);

}  // namespace maskmetrics::cpu
