// Boundary: the words of 64 rows that hold the boundaries of masks.
//
// In: decoded masks [M], for each where its words begin; words of 0. Out: words, areas [M].
//
// Mapping: one warp = one mask. From its intervals it sets the bits of the mask, and of the mask shrunk up and down by
// the reach: 32 runs a step, a run that spans columns by all lanes together. Then, strip by strip, ANDs with what lies
// ahead, doubling, erode the shrunk mask sideways, 32 columns a step and in place; the mask loses what is left of it.
//
// No shared memory, no barrier wider than a warp; one atomicOr a word of a run. Work: O(runs) + O(words log reach).
#include "boundary.cuh"
#include "boundary_words.cuh"

namespace maskmetrics::MASKMETRICS_KERNELS {

namespace {

struct boundary_pack_policy {
  static constexpr unsigned warps_per_block = 8;
  static constexpr unsigned most_blocks = 1U << 16U;
};

/// The bits of one mask while a warp makes them.
struct mask_bits {
  semantics::strip_grid grid;
  std::uint64_t* words;
  std::uint64_t* shrunk;
  std::uint32_t reach_px;

  /// Sets rows [begin, end) of a column, in the shrunk mask those that are left.
  __device__ void set(std::uint32_t column, std::uint32_t begin, std::uint32_t end) const {
    set_rows(words, column, begin, end);
    if (end - begin > 2 * reach_px) set_rows(shrunk, column, begin + reach_px, end - reach_px);
  }
  __device__ void set_rows(std::uint64_t* to, std::uint32_t column, std::uint32_t begin, std::uint32_t end) const {
    for (std::uint32_t strip = begin / semantics::strip_rows; strip <= (end - 1) / semantics::strip_rows; ++strip) {
      atomicOr(atomic_word(to + grid.word(strip, column)),
               static_cast<unsigned long long>(semantics::strip_bits(begin, end, strip)));
    }
  }

  /// All lanes, intervals [0, n): a lane sets a run that stays in its column, all lanes together one that does not.
  __device__ void set_all(view<interval const> intervals, std::uint32_t height) const {
    for (std::size_t step = 0; step < intervals.size(); step += warp_size) {
      interval const run = run_from(intervals, step + lane_id());
      bool const any = run.begin != run.end;
      std::uint32_t const column = run.begin / height;
      bool const crosses = any && (run.end - 1) / height != column;
      if (any && !crosses) set(column, run.begin - column * height, run.end - column * height);
      for (unsigned left = __ballot_sync(all_lanes, crosses); left != 0; left &= left - 1) {
        int const lane = __ffs(static_cast<int>(left)) - 1;
        set_columns({__shfl_sync(all_lanes, run.begin, lane), __shfl_sync(all_lanes, run.end, lane)}, height);
      }
    }
  }
  /// The run that starts with interval @p i, with those that touch it; empty where one before touches this one.
  [[nodiscard]] static __device__ interval run_from(view<interval const> intervals, std::size_t i) {
    if (i >= intervals.size() || (i > 0 && intervals[i - 1].end == intervals[i].begin)) return {0, 0};
    interval run = intervals[i];
    for (++i; i < intervals.size() && intervals[i].begin == run.end; ++i) run.end = intervals[i].end;
    return run;
  }
  __device__ void set_columns(interval run, std::uint32_t height) const {
    std::uint32_t const last = (run.end - 1) / height;
    for (std::uint32_t column = run.begin / height + lane_id(); column <= last; column += warp_size) {
      std::uint32_t const column_begin = column * height;
      set(column, run.begin > column_begin ? run.begin - column_begin : 0U,
          run.end - column_begin < height ? run.end - column_begin : height);
    }
  }
};

/// One warp = one mask.
__global__ void __launch_bounds__(boundary_pack_policy::warps_per_block* warp_size)
    pack_masks(decoded_masks masks, double dilation_ratio, packed_boundaries out) {
  constexpr unsigned warps_per_block = boundary_pack_policy::warps_per_block;
  std::size_t const stride = std::size_t{gridDim.x} * warps_per_block;
  std::size_t m = std::size_t{blockIdx.x} * warps_per_block + threadIdx.x / warp_size;
  for (; m < masks.masks.size(); m += stride) {
    if (out.num_words[m] == 0) continue;
    device_mask const& mask = masks.masks[m];
    std::uint64_t const begin = out.word_begin[m];
    mask_bits const bits{semantics::strip_grid(mask.bounds), out.words.data() + begin, out.shrunk_words.data() + begin,
                         reach_of(mask, dilation_ratio)};
    bits.set_all(intervals_of(masks, mask), mask.height);
    __syncwarp();
    std::uint32_t removed = 0;
    if (has_interior(mask, bits.reach_px)) {
      for (std::uint32_t strip = 0; strip < bits.grid.num_strips; ++strip) {
        std::size_t const first = std::size_t{strip} * bits.grid.num_columns;
        removed += clear_interior(bits.words + first, bits.shrunk + first, bits.grid.num_columns, bits.reach_px);
      }
    }
    removed = warp_sum(removed);
    if (lane_id() == 0) out.areas_px[m] = mask.area_px - removed;
  }
}

}  // namespace

void pack_boundaries(decoded_masks const& masks, double dilation_ratio, packed_boundaries const& out,
                     stream_ref stream) {
  launch(&pack_masks,
         blocks_for(masks.masks.size(), boundary_pack_policy::warps_per_block, boundary_pack_policy::most_blocks),
         boundary_pack_policy::warps_per_block * warp_size, 0, stream, masks, dilation_ratio, out);
}

}  // namespace maskmetrics::MASKMETRICS_KERNELS
