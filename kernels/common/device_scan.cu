#include "common/device_scan.cuh"

#include <thrust/iterator/counting_iterator.h>
#include <thrust/iterator/transform_iterator.h>

#include <cub/device/device_scan.cuh>

#include "common/cuda_check.cuh"

namespace maskmetrics::cuda {

namespace {

/// The counts with a last element of 0, so that an exclusive scan of n + 1 elements ends with the total.
struct padded_counts {
  view<std::uint32_t const> counts;
  __device__ std::uint64_t operator()(std::size_t i) const { return i < counts.size() ? counts[i] : 0U; }
};

}  // namespace

void exclusive_sums(context const& ctx, view<std::uint32_t const> counts, std::uint64_t first,
                    view<std::uint64_t> begin) {
  auto const padded =
      thrust::make_transform_iterator(thrust::make_counting_iterator(std::size_t{0}), padded_counts{counts});
  auto const scan = [&](void* scratch, std::size_t& bytes) {
    check(cub::DeviceScan::ExclusiveScan(scratch, bytes, padded, begin.data(), ::cuda::std::plus<>{}, first,
                                         counts.size() + 1, stream_of(ctx)),
          "scanning counts");
  };
  std::size_t bytes = 0;
  scan(nullptr, bytes);
  buffer<std::byte> const scratch(bytes, *ctx.memory, ctx.stream);
  scan(scratch.data(), bytes);
}

}  // namespace maskmetrics::cuda
