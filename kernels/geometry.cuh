/// @file
/// Masks of many annotations to foreground intervals, on the device.
#pragma once

#include <cstdint>

#include <maskmetrics/geometry.hpp>
#include <maskmetrics/mask_batch.hpp>
#include <maskmetrics/stream.hpp>
#include <maskmetrics/types.hpp>
#include <maskmetrics/view.hpp>

#include "common/launch.cuh"

namespace maskmetrics::MASKMETRICS_KERNELS {

/// One mask to decode. Sizes are valid (semantics::valid_mask_size), and so are polygon coordinates.
struct mask_code {
  std::uint64_t begin = 0;           ///< first byte in text, first element of counts, first ring
  std::uint64_t interval_begin = 0;  ///< where its intervals go
  std::uint32_t length = 0;          ///< bytes, counts or rings
  std::uint32_t height = 0;          ///< px
  std::uint32_t width = 0;
  mask_form form = mask_form::none;  ///< text, counts or polygons; none: an empty mask without a run
};

/// Masks and what their codes point into. Views are in device memory.
struct mask_codes {
  view<mask_code const> masks;  ///< [M]
  view<unsigned char const> text;
  view<std::uint32_t const> counts;
  view<double const> coordinates;  ///< px, x and y alternating
  view<polygon_ring const> rings;
  bool any_polygons = false;  ///< a polygon is among them
};

/// Room in elements of decoded_masks::intervals that a code of this many bytes or counts needs.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr std::uint64_t interval_room_of_runs(std::uint64_t length) {
  return length / 2;
}
/// The same for a polygon whose rings have at most this many crossings each; add it up over the rings.
[[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr std::uint64_t interval_room_of_ring(std::uint64_t most_crossings) {
  return (most_crossings + 2) / 2;
}

/// A decoded mask. Its intervals are one per foreground run of the code, runs of length zero included, ascending.
struct device_mask {
  box bounds;                    ///< tight
  std::uint64_t interval_begin;  ///< into decoded_masks::intervals
  std::uint32_t num_intervals;
  std::uint32_t num_runs;  ///< of the code; of a polygon, twice the intervals
  std::uint32_t area_px;
  std::uint32_t height;
  std::uint32_t width;
  std::uint32_t has_empty_runs;  ///< 1 where one stands behind the first run
};

struct decoded_masks {
  view<interval> intervals;
  view<device_mask> masks;  ///< [M]
};

[[nodiscard]] __device__ inline view<interval const> intervals_of(decoded_masks const& masks, device_mask const& mask) {
  return {masks.intervals.data() + mask.interval_begin, mask.num_intervals};
}

/// The first fault among masks: index << 8 | mask_fault. Starts as no_fault; atomicMin keeps the lowest index.
inline constexpr std::uint64_t no_fault = ~std::uint64_t{0};

/// Decodes all masks; does not wait. A mask with a fault decodes to nothing and shows in @p fault, a word in device
/// memory. Equals mask_decoder::decode on every mask, fault included.
void decode_masks(mask_codes const& codes, decoded_masks const& out, std::uint64_t* fault, stream_ref stream);

/// The part of decode_masks() that rasterises polygons (polygon.cu).
void rasterize_polygons(mask_codes const& codes, decoded_masks const& out, stream_ref stream);

}  // namespace maskmetrics::MASKMETRICS_KERNELS
