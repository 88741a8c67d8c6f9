/// @file
/// Small masks resampled to their image, row by row.
#pragma once

#include <cstdint>
#include <vector>

#include <maskmetrics/dense.hpp>
#include <maskmetrics/semantics/paste.hpp>

namespace maskmetrics::cpu {

/// Resamples one map; memory is kept from mask to mask.
class paster {
public:
  /// @param index  of the map
  void start(dense_masks const& masks, std::uint32_t index, std::uint32_t height, std::uint32_t width);

  [[nodiscard]] semantics::paste_frame const& frame() const { return frame_; }
  /// The numbers of pixels [x.begin, x.end) of a row, y.begin <= y < y.end.
  [[nodiscard]] float const* row(std::int32_t y);

private:
  /// A row of the map, resampled to the image's columns.
  struct wide_row {
    std::int32_t map_row = -2;  // none
    std::vector<float> numbers;
  };

  std::vector<float> const& wide(std::int32_t map_row, std::int32_t other);
  [[nodiscard]] float number(std::int32_t map_row, std::int32_t map_column) const;

  dense_masks masks_;
  unsigned char const* map_ = nullptr;
  semantics::paste_frame frame_;
  std::vector<semantics::paste_tap> columns_;
  wide_row rows_[2];
  std::vector<float> mixed_;
};

}  // namespace maskmetrics::cpu
