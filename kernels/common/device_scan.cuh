/// @file
/// Prefix sums over arrays in device memory.
#pragma once

#include <cstdint>

#include <maskmetrics/context.hpp>
#include <maskmetrics/view.hpp>

#include "common/launch.cuh"

namespace maskmetrics::MASKMETRICS_KERNELS {

/// begin[i] = first + the counts before i, for i in [0, n]. Does not wait. CUB on a device; a loop where emulated.
/// @param counts  [n]
/// @param begin   [n+1]
void exclusive_sums(context const& ctx, view<std::uint32_t const> counts, std::uint64_t first,
                    view<std::uint64_t> begin);

#if defined(MASKMETRICS_EMULATED)
inline void exclusive_sums(context const& /*ctx*/, view<std::uint32_t const> counts, std::uint64_t first,
                           view<std::uint64_t> begin) {
  for (std::size_t i = 0; i < counts.size(); ++i) {
    begin[i] = first;
    first += counts[i];
  }
  begin[counts.size()] = first;
}
#endif

}  // namespace maskmetrics::MASKMETRICS_KERNELS
