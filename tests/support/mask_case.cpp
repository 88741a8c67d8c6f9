#include "support/mask_case.hpp"

#include <cstddef>
#include <numeric>
#include <utility>

#include "support/segmentation.hpp"

namespace support {

namespace {

/// Puts masks given in cell order into a batch in a random order, among rows that nothing refers to.
maskmetrics::mask_batch scatter(random_source& random, std::vector<segmentation> const& masks,
                                std::vector<std::uint32_t>& rows, std::size_t& num_rows) {
  std::vector<std::uint32_t> order(masks.size());
  std::iota(order.begin(), order.end(), 0U);
  random.shuffle(order);
  rows.resize(masks.size());
  mask_batch_builder builder(random.below(1000));
  std::uint32_t row = 0;
  for (std::uint32_t const i : order) {
    if (random.chance(.1)) {
      builder.add({maskmetrics::mask_form::invalid, 0, 0, {}, {}});
      ++row;
    }
    builder.add(masks[i]);
    rows[i] = row++;
  }
  num_rows = row;
  return builder.finish();
}

/// A mask that often has to do with an earlier one of its image.
segmentation related_mask(random_source& random, std::uint32_t height, std::uint32_t width,
                          std::vector<segmentation> const& earlier) {
  bool const repeated = !earlier.empty() && random.chance(.4);
  segmentation source = repeated ? earlier.back() : random_segmentation(random, height, width);
  bool const sized = source.form != maskmetrics::mask_form::polygons;
  if (sized && random.chance(.1)) {
    // Another size: the same runs on a transposed image, or in one row.
    std::swap(source.height, source.width);
    if (random.chance(.3)) source = {source.form, 1, source.height * source.width, source.counts, {}};
  }
  return source;
}

}  // namespace

mask_case random_mask_case(random_source& random, bool resident) {
  mask_case one;
  one.cells = random_cells(random, 8);
  for (std::uint32_t i = 0; i < one.cells.num_images; ++i) {
    one.heights.push_back(random.chance(.1) ? random.between(50, 90) : random.between(1, 16));
    one.widths.push_back(random.between(1, 20));
  }
  std::vector<segmentation> detections;
  std::vector<segmentation> ground_truths;
  std::vector<reference::box> boxes;
  for (std::size_t c = 0; c < one.cells.num_cells(); ++c) {
    std::uint32_t const height = one.heights[one.cells.images[c]];
    std::uint32_t const width = one.widths[one.cells.images[c]];
    std::vector<segmentation> in_cell;
    for (std::uint32_t g = one.cells.ground_truth_begin[c]; g < one.cells.ground_truth_begin[c + 1]; ++g) {
      in_cell.push_back(related_mask(random, height, width, in_cell));
      ground_truths.push_back(in_cell.back());
      one.ground_truths.push_back(to_rle(in_cell.back(), height, width, {}));
    }
    for (std::uint32_t d = one.cells.detection_begin[c]; d < one.cells.detection_begin[c + 1]; ++d) {
      in_cell.push_back(related_mask(random, height, width, in_cell));
      boxes.push_back({random.unit() * width, random.unit() * height, random.unit() * width, random.unit() * height});
      segmentation const drawn{maskmetrics::mask_form::box, 0, 0, {}, {}};
      detections.push_back(!resident && random.chance(.1) ? drawn : in_cell.back());
      one.detections.push_back(to_rle(detections.back(), height, width, boxes.back()));
    }
  }
  for (auto* const side : {&detections, &ground_truths}) {
    for (segmentation& mask : *side) {
      if (resident && mask.form == maskmetrics::mask_form::json_text) mask.form = maskmetrics::mask_form::text;
    }
  }
  std::size_t num_rows = 0;
  one.ground_truth_masks = scatter(random, ground_truths, one.ground_truth_rows, num_rows);
  one.ground_truth_ids.assign(num_rows, 1);
  one.detection_masks = scatter(random, detections, one.detection_rows, num_rows);
  one.result_boxes.resize(num_rows);
  for (std::size_t d = 0; d < boxes.size(); ++d) {
    one.result_boxes[one.detection_rows[d]] = {boxes[d].x, boxes[d].y, boxes[d].width, boxes[d].height};
  }
  one.flags = random_flags(random, one.cells.num_ground_truths());
  return one;
}

std::vector<std::uint8_t> random_flags(random_source& random, std::size_t count) {
  std::vector<std::uint8_t> flags(count);
  for (std::uint8_t& flag : flags) {
    flag = random.chance(.25) ? maskmetrics::ground_truth_crowd | maskmetrics::ground_truth_ignore : 0;
  }
  return flags;
}

}  // namespace support
