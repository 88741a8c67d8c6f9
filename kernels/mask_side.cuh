/// @file
/// The masks of one side of pairwise, a chunk at a time: packed on the host and moved, or on the device already.
#pragma once

#include <memory>
#include <optional>

#include <maskmetrics/context.hpp>
#include <maskmetrics/pairwise.hpp>

#include "common/transfer.cuh"
#include "geometry.cuh"
#include "mask_staging.cuh"

namespace maskmetrics::MASKMETRICS_KERNELS {

/// Masks that take part together, and the images that they belong to.
struct masks_of_cells {
  view<std::uint32_t const> cell_begin;  ///< [cells + 1] on the host, of this side's masks
  view<std::uint32_t const> images;      ///< [cells] on the host
  /// [cells + 1] on the host, of the other side's masks: those that meet none are not read. Empty: all are.
  view<std::uint32_t const> others_begin;

  [[nodiscard]] bool reads(std::size_t cell) const {
    return others_begin.empty() || others_begin[cell] != others_begin[cell + 1];
  }

  [[nodiscard]] std::uint32_t first() const { return cell_begin[0]; }
  [[nodiscard]] std::uint32_t end() const { return cell_begin[images.size()]; }
};

class mask_side {
public:
  virtual ~mask_side() = default;

  /// Bytes of device memory that a mask and what it decodes to take, about.
  /// @param place  in cell order
  [[nodiscard]] virtual std::uint64_t bytes_of(std::uint32_t place) const = 0;
  /// Chooses the masks of the next chunk and allocates memory for them. Packing happens here.
  virtual void start(masks_of_cells const& chunk) = 0;
  virtual void upload(upload_scope& upload) const = 0;
  /// Decodes the chunk; does not wait. @param fault  a word as decode_masks() takes it
  virtual void decode(std::uint64_t* fault) const = 0;
  [[nodiscard]] virtual decoded_masks decoded() const = 0;
  /// @param fault  what the word has become
  /// @throws input_error where a mask of the chunk could not be decoded
  virtual void check(std::uint64_t fault) const = 0;
};

/// The sides of an input that has masks. Of resident masks, waits once.
/// @param reads_all  also masks that meet none of the other side, for their areas
/// @throws input_error for a resident mask that cannot be decoded, as far as its size and form tell
[[nodiscard]] std::unique_ptr<mask_side> detection_side(context const& ctx, pairwise_input const& in, bool reads_all);
[[nodiscard]] std::unique_ptr<mask_side> ground_truth_side(context const& ctx, pairwise_input const& in);

/// What decode_masks() reads of resident masks (resident_codes.cu).
struct resident_codes {
  resident_masks masks;
  view<std::uint32_t const> cell_begin;   ///< [C+1] in device memory, of this side's masks
  view<std::uint32_t const> cell_images;  ///< [C]
  /// [C+1] of the other side's masks: those that meet none are not read. Empty: all are.
  view<std::uint32_t const> others_begin;
};

/// Room in intervals that each mask decodes to; does not wait.
/// @param rooms  [masks] in cell order
/// @param fault  a word; index << 8 | mask_fault of the first mask whose form, size or coordinates are wrong
void measure_codes(resident_codes const& codes, view<std::uint32_t> rooms, std::uint64_t* fault, stream_ref stream);

/// The codes of masks from @p first on; does not wait.
/// @param interval_begin  [masks + 1] sums of the rooms of all masks
/// @param out  [count]
void gather_codes(resident_codes const& codes, std::uint32_t first, view<std::uint64_t const> interval_begin,
                  view<mask_code> out, stream_ref stream);

}  // namespace maskmetrics::MASKMETRICS_KERNELS
