/// @file
/// Random masks in every form that a file can give them, and what the oracle makes of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <maskmetrics/mask_batch.hpp>

#include "reference/mask.hpp"
#include "support/random.hpp"

namespace support {

/// One mask before it is put into a batch.
struct segmentation {
  maskmetrics::mask_form form = maskmetrics::mask_form::none;
  std::uint32_t height = 0;  ///< px, of run-length codes
  std::uint32_t width = 0;
  std::vector<std::uint32_t> counts;       ///< counts, text, json_text
  std::vector<std::vector<double>> rings;  ///< polygons
};

/// Dense pixels of some shape: noise, rectangle, ellipse, all, nothing, one column.
[[nodiscard]] reference::mask random_mask(random_source& random, std::uint32_t height, std::uint32_t width);

/// Run lengths that sum to height x width, with runs of length zero in places.
[[nodiscard]] std::vector<std::uint32_t> random_runs(random_source& random, std::uint32_t height, std::uint32_t width);

/// Rings inside, across and outside of the image, with corners given twice, on pixel centres and borders.
[[nodiscard]] std::vector<std::vector<double>> random_rings(random_source& random, std::uint32_t height,
                                                            std::uint32_t width);

/// Any form but none, box and invalid.
[[nodiscard]] segmentation random_segmentation(random_source& random, std::uint32_t height, std::uint32_t width);

/// A run-length code of given pixels, in the form of counts, text or json_text.
[[nodiscard]] segmentation coded(random_source& random, reference::mask const& pixels);

/// The oracle's run-length code. @param bounds  for mask_form::box
[[nodiscard]] reference::rle to_rle(segmentation const& source, std::uint32_t image_height, std::uint32_t image_width,
                                    reference::box const& bounds);

/// The text between the quotes of a JSON file: backslashes are escaped, other characters now and then.
[[nodiscard]] std::string escape_json(random_source& random, std::string const& text);

/// Collects masks into a batch.
class mask_batch_builder {
public:
  explicit mask_batch_builder(std::uint64_t seed) : random_(seed) {}

  void add(segmentation const& source);
  /// The batch owns its text; the builder is done.
  [[nodiscard]] maskmetrics::mask_batch finish();

private:
  random_source random_;  ///< decides how JSON text is escaped
  maskmetrics::mask_batch batch_;
  std::string text_;
};

}  // namespace support
