// Thrust with THRUST_DEVICE_SYSTEM set to CPP, in a library of its own: no other setting may meet it in one program.
#include "emulation/thrust_ranking.hpp"

#include <thrust/system/cpp/execution_policy.h>
#include <ranking_pipeline.cuh>

#include <cstdint>
#include <vector>

namespace emulation {

namespace {

template <class Category>
void rank(maskmetrics::ranking_input const& in, maskmetrics::ranking_output const& out) {
  std::vector<std::uint64_t> keys(in.scores.size());
  std::vector<Category> categories(in.scores.size());
  maskmetrics::rank_detections(
      thrust::cpp::par, in, out,
      maskmetrics::ranking_scratch<Category>{{keys.data(), keys.size()}, {categories.data(), categories.size()}});
}

}  // namespace

void thrust_ranking(maskmetrics::context const& /*ctx*/, maskmetrics::ranking_input const& in,
                    maskmetrics::ranking_output const& out) {
  if (in.scores.empty()) return;
  // Narrow types in turn, wherever they hold the categories.
  static unsigned call = 0;
  if (++call % 2 == 0) {
    rank<std::uint16_t>(in, out);
  } else {
    rank<std::uint32_t>(in, out);
  }
}

}  // namespace emulation
