/// @file
/// Boxes in text files of Pascal VOC.
#pragma once

#include <cstddef>

#include <maskmetrics/types.hpp>

#include "ingest/text_lines.hpp"

namespace maskmetrics::ingest {

/// Values i to i + 3 as x, y, width and height.
/// @throws input_error for what is no number, and for a negative side
[[nodiscard]] box box_at(text_line const& line, std::size_t i);

/// Values i to i + 3 as x1, y1, x2 and y2, two corners.
/// @throws input_error for what is no number, and for corners that change sides
[[nodiscard]] box box_between(text_line const& line, std::size_t i);

}  // namespace maskmetrics::ingest
