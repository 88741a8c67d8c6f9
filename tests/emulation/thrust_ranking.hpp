/// @file
/// The ranking pipeline of kernels/ranking_pipeline.cuh on the host.
#pragma once

#include <maskmetrics/context.hpp>
#include <maskmetrics/ranking.hpp>

namespace emulation {

/// With thrust::cpp::par. Where there is no CUDA Toolkit to take Thrust from, the CPU's ranking.
void thrust_ranking(maskmetrics::context const& ctx, maskmetrics::ranking_input const& in,
                    maskmetrics::ranking_output const& out);

}  // namespace emulation
