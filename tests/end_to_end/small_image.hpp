/// @file
/// An image for evaluators that is small enough to know its result by heart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <maskmetrics/evaluator.hpp>

namespace support {

inline maskmetrics::context on_cpu() {
  maskmetrics::context ctx;
  ctx.device = {maskmetrics::device_kind::cpu, 0};
  return ctx;
}

inline maskmetrics::number_column column(std::vector<double> const& values) {
  return {values.data(), maskmetrics::number_type::float64, maskmetrics::memory_space::host};
}
inline maskmetrics::number_column column(std::vector<std::int64_t> const& values) {
  return {values.data(), maskmetrics::number_type::int64, maskmetrics::memory_space::host};
}

/// One image with two detections and one object, which the first one covers.
struct small_image {
  std::vector<double> scores = {.9, .8};
  std::vector<std::int64_t> labels = {1, 2};
  std::vector<std::int64_t> truth_labels = {1};
  std::vector<double> boxes = {0, 0, 4, 4, 1, 1, 2, 2};
  std::vector<double> truth_boxes = {0, 0, 4, 4};
  std::vector<unsigned char> masks = std::vector<unsigned char>(2 * 5 * 6, 0);
  std::vector<unsigned char> truth_masks = std::vector<unsigned char>(5 * 6, 0);
  maskmetrics::image_update update;

  explicit small_image(std::int64_t id = 7) {
    for (std::size_t y = 0; y < 4; ++y) {
      for (std::size_t x = 0; x < 4; ++x) masks[y * 6 + x] = truth_masks[y * 6 + x] = 1;
    }
    masks[30] = 1;
    update.image_id = id;
    update.height = 5;
    update.width = 6;
    update.detections.count = 2;
    update.detections.scores = column(scores);
    update.detections.labels = column(labels);
    update.detections.boxes = column(boxes);
    update.detections.masks.source = maskmetrics::contiguous_masks(masks.data(), 2, 5, 6);
    update.ground_truths.emplace();
    update.ground_truths->count = 1;
    update.ground_truths->labels = column(truth_labels);
    update.ground_truths->boxes = column(truth_boxes);
    update.ground_truths->masks.source = maskmetrics::contiguous_masks(truth_masks.data(), 1, 5, 6);
  }
  small_image(small_image const&) = delete;
  small_image& operator=(small_image const&) = delete;
};

inline maskmetrics::evaluator of_masks(maskmetrics::evaluator_options const& options = {}) {
  return {on_cpu(), maskmetrics::protocol::coco(maskmetrics::iou_type::segm), options};
}

}  // namespace support
