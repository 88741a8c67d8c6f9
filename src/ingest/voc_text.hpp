/// @file
/// Boxes in text files of Pascal VOC.
#pragma once

#include <cstddef>

#include <maskmetrics/types.hpp>

#include "ingest/text_lines.hpp"

namespace maskmetrics::ingest {

/// What the values of a box are called in a layout, for messages: "x y width height".
[[nodiscard]] char const* value_names(box_layout layout);

/// Values i to i + 3 as they are.
/// @throws input_error for what is no number, for a negative side, and for corners that change sides
[[nodiscard]] box numbers_at(text_line const& line, std::size_t i, box_layout layout);

}  // namespace maskmetrics::ingest
