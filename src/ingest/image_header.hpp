/// @file
/// Height and width of an image file, from its header.
#pragma once

#include <string_view>

#include <maskmetrics/image_sizes.hpp>

#include "ingest/byte_source.hpp"

namespace maskmetrics::ingest {

/// A name that ends as those of the kinds that read_image_size() knows do, in any case.
[[nodiscard]] bool is_image_name(std::string_view name);

/// Of a PNG, JPEG, GIF, BMP, WebP, or TIFF, which are told apart by content. A JPEG whose EXIF orientation turns it on
/// its side has height and width of the turned image, which is what viewers and OpenCV show. Reads some bytes of the
/// file, wherever they are in it.
/// @throws input_error for another file, a damaged one, and a size of 0 or of 2^31 pixels and more
[[nodiscard]] image_size read_image_size(byte_source const& source);

}  // namespace maskmetrics::ingest
