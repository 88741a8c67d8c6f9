/// @file
/// The CPU's stages; cpu_backend.cpp puts them into the table.
#pragma once

#include <maskmetrics/dense.hpp>

#include "backend/backend.hpp"

namespace maskmetrics::cpu {

[[nodiscard]] pair_list pairwise(context const& ctx, pairwise_input const& in, pairwise_measures const& measures);
void matching(context const& ctx, matching_input const& in, matching_output const& out);
void ranking(context const& ctx, ranking_input const& in, ranking_output const& out);
void accumulate(context const& ctx, accumulate_input const& in, accumulate_output const& out);

/// Overlaps of dense masks. @param images  on the host; what they point to is in host memory
void dense_overlaps(context const& ctx, view<dense_image const> const& images, dense_boundaries const& boundaries,
                    dense_output const& out);

/// Maps of prototypes and coefficients. @param out  [count, height, width]
void combine_prototypes(context const& ctx, prototype_maps const& in, view<float> const& out);

}  // namespace maskmetrics::cpu
