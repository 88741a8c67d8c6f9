// Stands in for thrust_ranking.cpp where there is no CUDA Toolkit.
#include <backend/backend.hpp>

#include "emulation/thrust_ranking.hpp"

namespace emulation {

void thrust_ranking(maskmetrics::context const& ctx, maskmetrics::ranking_input const& in,
                    maskmetrics::ranking_output const& out) {
  maskmetrics::cpu_backend().ranking(ctx, in, out);
}

}  // namespace emulation
