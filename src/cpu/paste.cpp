#include "cpu/paste.hpp"

#include <algorithm>

#include <maskmetrics/semantics/dense.hpp>

#include "core/parallel.hpp"
#include "cpu/stages.hpp"

namespace maskmetrics::cpu {

void paster::start(dense_masks const& masks, std::uint32_t index, std::uint32_t height, std::uint32_t width) {
  masks_ = masks;
  map_ = static_cast<unsigned char const*>(masks.data) + index * masks.mask_stride;
  float const* const box = masks.paste.boxes == nullptr ? nullptr : masks.paste.boxes + 4 * std::size_t{index};
  frame_ = semantics::make_paste_frame(masks.paste.kind, masks.paste.map_height, masks.paste.map_width, height, width,
                                       box, masks.threshold < 0);
  columns_.clear();
  for (std::int32_t x = frame_.x.begin; x < frame_.x.end; ++x) columns_.push_back(frame_.x.tap(x));
  for (wide_row& row : rows_) row.map_row = -2;
  mixed_.resize(columns_.size());
}

float paster::number(std::int32_t map_row, std::int32_t map_column) const {
  if (map_row < 0 || map_row >= frame_.y.size || map_column < 0 || map_column >= frame_.x.size) return 0;
  return semantics::read_float(map_ + map_row * masks_.row_stride + map_column * masks_.column_stride, masks_.format);
}

/// @param other  a row whose numbers must stay
std::vector<float> const& paster::wide(std::int32_t map_row, std::int32_t other) {
  for (wide_row const& row : rows_) {
    if (row.map_row == map_row) return row.numbers;
  }
  wide_row& to = rows_[0].map_row == other ? rows_[1] : rows_[0];
  to.map_row = map_row;
  to.numbers.resize(columns_.size());
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    semantics::paste_tap const& tap = columns_[i];
    to.numbers[i] = semantics::paste_mix(tap, number(map_row, tap.low), number(map_row, tap.high));
  }
  return to.numbers;
}

float const* paster::row(std::int32_t y) {
  semantics::paste_tap const tap = frame_.y.tap(y);
  float const* const low = wide(tap.low, tap.high).data();
  float const* const high = wide(tap.high, tap.low).data();
  for (std::size_t i = 0; i < mixed_.size(); ++i) mixed_[i] = semantics::paste_mix(tap, low[i], high[i]);
  return mixed_.data();
}

void combine_prototypes(context const& ctx, prototype_maps const& in, view<float> const& out) {
  std::size_t const num_pixels = std::size_t{in.height} * in.width;
  std::size_t const pixel_bytes = semantics::bytes_per_pixel(in.format);
  in_arena(ctx, [&] {
    parallel_each(in.count, [&](std::size_t n) {
      float* const map = out.data() + n * num_pixels;
      std::fill_n(map, num_pixels, 0.F);
      for (std::uint32_t c = 0; c < in.channels; ++c) {
        float const coefficient = in.coefficients[n * in.channels + c];
        auto const* const prototype = static_cast<unsigned char const*>(in.prototypes) + c * num_pixels * pixel_bytes;
        for (std::size_t p = 0; p < num_pixels; ++p) {
          map[p] += coefficient * semantics::read_float(prototype + p * pixel_bytes, in.format);
        }
      }
      if (in.crops == nullptr) return;
      for (std::uint32_t y = 0; y < in.height; ++y) {
        for (std::uint32_t x = 0; x < in.width; ++x) {
          if (!semantics::in_crop(in.crops + 4 * n, x, y)) map[std::size_t{y} * in.width + x] = 0;
        }
      }
    });
  });
}

}  // namespace maskmetrics::cpu
