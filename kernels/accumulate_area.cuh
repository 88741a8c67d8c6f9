/// @file
/// The area under the envelope of every curve: from counts that accumulate.cu has scanned.
#pragma once

#include <maskmetrics/accumulate.hpp>

#include "accumulate_tiles.cuh"

namespace maskmetrics::MASKMETRICS_KERNELS {

/// How many values find_areas() wants as scratch memory; 0 where no area is wanted.
[[nodiscard]] std::size_t precisions_for_areas(accumulate_input const& in, accumulate_output const& out,
                                               curve_shape const& shape);

/// Writes out.average_precision. Does not wait.
/// @param scratch  counts and totals as scan_counts leaves them
void find_areas(accumulate_input const& in, accumulate_output const& out, curve_shape const& shape,
                curve_scratch const& scratch, view<double> precisions, stream_ref stream);

}  // namespace maskmetrics::MASKMETRICS_KERNELS
