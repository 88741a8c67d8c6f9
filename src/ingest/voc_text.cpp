#include "ingest/voc_text.hpp"

#include <string>

#include <fmt/format.h>

#include "ingest/voc_annotations.hpp"

namespace maskmetrics::ingest {

box box_at(text_line const& line, std::size_t i) {
  box const bounds{line.number_at(i, "x"), line.number_at(i + 1, "y"), line.number_at(i + 2, "width"),
                   line.number_at(i + 3, "height")};
  if (bounds.width < 0) line.fail(fmt::format("width {} is negative", bounds.width));
  if (bounds.height < 0) line.fail(fmt::format("height {} is negative", bounds.height));
  return bounds;
}

box box_between(text_line const& line, std::size_t i) {
  double const left = line.number_at(i, "x1");
  double const top = line.number_at(i + 1, "y1");
  double const right = line.number_at(i + 2, "x2");
  double const bottom = line.number_at(i + 3, "y2");
  if (right < left) line.fail(fmt::format("x2 {} is less than x1 {}", right, left));
  if (bottom < top) line.fail(fmt::format("y2 {} is less than y1 {}", bottom, top));
  return {left, top, right - left, bottom - top};
}

voc_image read_voc_text(byte_source const& source) {
  voc_image image;
  read_lines(source, "class x y width height", [&](text_line const& line) {
    image.objects.push_back({std::string(line.values[0]), box_at(line, 1), false});
  });
  return image;
}

}  // namespace maskmetrics::ingest
