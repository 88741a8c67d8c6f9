/// @file
/// Masks on their way to the device: packed on the host into what decode_masks() reads.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <maskmetrics/context.hpp>
#include <maskmetrics/mask_batch.hpp>
#include <maskmetrics/memory.hpp>

#include "common/transfer.cuh"
#include "geometry.cuh"

namespace maskmetrics::MASKMETRICS_KERNELS {

/// A mask that cannot be decoded.
struct faulty_mask {
  std::uint64_t index = 0;  ///< in the order in which masks were added
  mask_fault fault = mask_fault::none;
};

/// Collects masks of a batch, one after another, without the bytes between them and without JSON's escapes. What the
/// host sees anyway is checked here: forms, sizes, numbers of points, coordinates.
class packed_masks {
public:
  /// @param image_height, image_width  px; the size of polygons and boxes
  /// @param bounds  the annotation's box, for mask_form::box
  void add(mask_batch const& batch, std::uint32_t row, std::uint32_t image_height, std::uint32_t image_width,
           box const* bounds);
  /// An empty mask, in the place of one that is faulty or that nobody asks for.
  void add_empty();

  [[nodiscard]] std::size_t size() const { return masks_.size(); }
  [[nodiscard]] std::uint64_t interval_room() const { return interval_room_; }
  [[nodiscard]] std::optional<faulty_mask> const& first_fault() const { return first_fault_; }

private:
  friend class device_masks;

  [[nodiscard]] mask_fault fill(mask_batch const& batch, std::uint32_t row, box const* bounds, mask_code& code);
  void add_text(std::string_view text, bool json_escapes);
  [[nodiscard]] mask_fault add_ring(double const* coordinates, std::uint32_t num_values, mask_code const& code,
                                    std::uint64_t& room);

  std::vector<mask_code> masks_;
  std::vector<unsigned char> text_;
  std::vector<std::uint32_t> counts_;
  std::vector<double> coordinates_;
  std::vector<polygon_ring> rings_;
  std::uint64_t interval_room_ = 0;
  bool any_polygons_ = false;
  std::optional<faulty_mask> first_fault_;
};

/// Packed masks in device memory, and room for what they decode to.
class device_masks {
public:
  device_masks(context const& ctx, packed_masks const& from);

  void upload(packed_masks const& from, upload_scope& upload) const;
  [[nodiscard]] mask_codes codes() const;
  [[nodiscard]] decoded_masks decoded() const;

private:
  buffer<mask_code> masks_;
  buffer<unsigned char> text_;
  buffer<std::uint32_t> counts_;
  buffer<double> coordinates_;
  buffer<polygon_ring> rings_;
  buffer<interval> intervals_;
  buffer<device_mask> decoded_;
  bool any_polygons_;
};

/// Bytes of device memory that a mask takes, about: what planning goes by.
[[nodiscard]] std::uint64_t device_bytes_of(mask_batch const& batch, std::uint32_t row);

}  // namespace maskmetrics::MASKMETRICS_KERNELS
