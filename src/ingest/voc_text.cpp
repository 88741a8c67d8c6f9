#include "ingest/voc_text.hpp"

#include <string>

#include <fmt/format.h>

#include "ingest/voc_annotations.hpp"

namespace maskmetrics::ingest {

char const* value_names(box_layout layout) {
  switch (layout) {
    case box_layout::xyxy:
      return "x1 y1 x2 y2";
    case box_layout::cxcywh:
      return "cx cy width height";
    case box_layout::xywh:
      break;
  }
  return "x y width height";
}

box numbers_at(text_line const& line, std::size_t i, box_layout layout) {
  if (layout == box_layout::xyxy) {
    box const corners{line.number_at(i, "x1"), line.number_at(i + 1, "y1"), line.number_at(i + 2, "x2"),
                      line.number_at(i + 3, "y2")};
    if (corners.width < corners.x) line.fail(fmt::format("x2 {} is less than x1 {}", corners.width, corners.x));
    if (corners.height < corners.y) line.fail(fmt::format("y2 {} is less than y1 {}", corners.height, corners.y));
    return corners;
  }
  bool const centered = layout == box_layout::cxcywh;
  box const bounds{line.number_at(i, centered ? "cx" : "x"), line.number_at(i + 1, centered ? "cy" : "y"),
                   line.number_at(i + 2, "width"), line.number_at(i + 3, "height")};
  if (bounds.width < 0) line.fail(fmt::format("width {} is negative", bounds.width));
  if (bounds.height < 0) line.fail(fmt::format("height {} is negative", bounds.height));
  return bounds;
}

voc_image read_voc_text(byte_source const& source, box_layout layout) {
  voc_image image;
  read_lines(source, fmt::format("class {}", value_names(layout)), [&](text_line const& line) {
    image.objects.push_back(
        {std::string(line.values[0]), numbers_at(line, 1, layout), false, fmt::format("line {}", line.number)});
  });
  return image;
}

}  // namespace maskmetrics::ingest
