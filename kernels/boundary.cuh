/// @file
/// Boundary IoU on the device: the overlaps of mask_overlaps() joined with those of the masks' boundaries.
#pragma once

#include <cstdint>

#include <maskmetrics/context.hpp>
#include <maskmetrics/semantics/boundary.hpp>

#include "candidates.cuh"
#include "common/warp.cuh"

namespace maskmetrics::MASKMETRICS_KERNELS {

/// Boundaries of the masks of one side, those that are needed. Views are in device memory.
struct packed_boundaries {
  view<std::uint32_t> num_words;     ///< [M] 0: not needed
  view<std::uint64_t> word_begin;    ///< [M+1]
  view<std::uint64_t> words;         ///< the boundary's
  view<std::uint64_t> shrunk_words;  ///< scratch of the same size
  view<std::uint32_t> areas_px;      ///< [M]
};

/// How far the boundary of a mask reaches into it, in px.
[[nodiscard]] __device__ inline std::uint32_t reach_of(device_mask const& mask, double dilation_ratio) {
  return semantics::boundary_reach_px(mask.height, mask.width, dilation_ratio);
}

[[nodiscard]] __device__ inline bool has_interior(device_mask const& mask, std::uint32_t reach_px) {
  return semantics::may_have_interior(mask.bounds.width, mask.bounds.height, reach_px);
}

/// Makes the words of all masks whose num_words is not 0; they are 0 before. Does not wait (boundary_pack.cu).
void pack_boundaries(decoded_masks const& masks, double dilation_ratio, packed_boundaries const& out,
                     stream_ref stream);

/// Replaces the overlaps of the pairs that boundaries can decide by the joined ones. Waits once, for the size of the
/// boundaries that are needed.
/// @param in        as for mask_overlaps()
/// @param ious      [num_candidates] what mask_overlaps() wrote
/// @param work      [num_candidates] scratch
void join_boundaries(context const& ctx, mask_overlaps_input const& in, double dilation_ratio, view<double> ious,
                     view<std::uint64_t> work);

/// Bytes that the boundary of a mask of an image can take besides, at most.
[[nodiscard]] std::uint64_t boundary_bytes_of(std::uint32_t height, std::uint32_t width);

}  // namespace maskmetrics::MASKMETRICS_KERNELS
