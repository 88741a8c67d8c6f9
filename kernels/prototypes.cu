// Prototypes: maps that are sums of prototypes over channels.
//
// In: prototypes [C, H, W], coefficients [N, C], boxes [N, 4] or none. Out: maps [N, H, W].
//
// Mapping: one thread = one number of a map, neighbours in a row, so that a warp reads each channel together. Channels
// are added in order. No shared memory, no barrier. Work: O(N C H W); the prototypes stay in the cache for all N.
#include <maskmetrics/semantics/dense.hpp>
#include <maskmetrics/semantics/paste.hpp>

#include "stages.hpp"

namespace maskmetrics::MASKMETRICS_KERNELS {

namespace {

struct prototypes_policy {
  static constexpr unsigned threads = 256;
};

/// blockIdx.x = part of a map, blockIdx.y = map.
__global__ void __launch_bounds__(prototypes_policy::threads) combine(prototype_maps in, view<float> out) {
  std::uint32_t const num_pixels = in.height * in.width;
  std::uint32_t const p = blockIdx.x * prototypes_policy::threads + threadIdx.x;
  if (p >= num_pixels) return;
  std::uint32_t const pixel_bytes = semantics::bytes_per_pixel(in.format);
  auto const* prototype = static_cast<unsigned char const*>(in.prototypes) + std::size_t{p} * pixel_bytes;
  std::size_t const channel_bytes = std::size_t{num_pixels} * pixel_bytes;
  for (std::uint32_t n = blockIdx.y; n < in.count; n += gridDim.y) {
    float sum = 0;
    bool const outside =
        in.crops != nullptr && !semantics::in_crop(in.crops + 4 * std::size_t{n}, p % in.width, p / in.width);
    for (std::uint32_t c = 0; c < in.channels && !outside; ++c) {
      sum += in.coefficients[std::size_t{n} * in.channels + c] *
             semantics::read_float(prototype + c * channel_bytes, in.format);
    }
    out[std::size_t{n} * num_pixels + p] = sum;
  }
}

}  // namespace

void combine_prototypes(context const& ctx, prototype_maps const& in, view<float> const& out) {
  constexpr unsigned threads = prototypes_policy::threads;
  constexpr std::uint32_t most_rows = 65535;
  unsigned const rows = in.count < most_rows ? in.count : most_rows;
  launch(&combine, dim3(ceil_div(std::uint64_t{in.height} * in.width, threads), rows), threads, 0, ctx.stream, in, out);
}

}  // namespace maskmetrics::MASKMETRICS_KERNELS
