/// @file
/// Masks of shapes that are easy and hard on decoders, as batches.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <maskmetrics/geometry.hpp>
#include <maskmetrics/mask_batch.hpp>
#include <maskmetrics/types.hpp>

namespace bench {

/// Images that masks lie in.
inline constexpr std::uint32_t image_height = 480;
inline constexpr std::uint32_t image_width = 640;

enum class mask_shape : unsigned char {
  octagon,  ///< a radius of 10 to 70 px, as most objects are: a run a column
  large,    ///< an octagon over half the image
  bar,      ///< one row high and 500 px wide: as many runs of one pixel
  dust,     ///< every other pixel of 64 x 64: 2,048 runs of one pixel
  empty,    ///< no pixel
  full,     ///< every pixel: one run
};
[[nodiscard]] char const* name_of(mask_shape shape);

/// A uniform number of [0, 1), the same on every machine.
[[nodiscard]] double unit(std::mt19937_64& random);

/// A mask near a place.
[[nodiscard]] maskmetrics::mask_intervals make_mask(std::mt19937_64& random, mask_shape shape, double x, double y);

/// Ring of an octagon, px.
[[nodiscard]] std::vector<double> octagon_ring(double x, double y, double radius);

/// Puts masks into one form, one after another.
class batch_builder {
public:
  /// @param form  text, json_text or counts
  explicit batch_builder(maskmetrics::mask_form form) : form_(form) {}
  void add(maskmetrics::mask_intervals const& mask);
  void add_polygon(std::vector<std::vector<double>> const& rings);
  /// The batch, which owns its text.
  [[nodiscard]] maskmetrics::mask_batch finish();

private:
  maskmetrics::mask_form form_;
  maskmetrics::mask_batch batch_;
  std::string text_;
};

/// Bytes that decoding reads: text, run lengths, coordinates.
[[nodiscard]] std::size_t payload_bytes(maskmetrics::mask_batch const& batch);

}  // namespace bench
