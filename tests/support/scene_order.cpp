#include <numeric>

#include "support/scene.hpp"

namespace support {

namespace {

template <class T>
void permute(std::vector<T>& column, std::vector<std::size_t> const& order) {
  if (column.empty()) return;
  std::vector<T> moved;
  for (std::size_t const row : order) moved.push_back(column[row]);
  column = std::move(moved);
}

/// Rows grouped by image in a random order of images, stable within an image.
std::vector<std::size_t> order_by_image(random_source& random, std::vector<std::uint32_t> const& image_of_row,
                                        std::size_t num_images) {
  std::vector<std::uint32_t> images(num_images);
  std::iota(images.begin(), images.end(), 0U);
  images.push_back(maskmetrics::no_index);
  random.shuffle(images);
  std::vector<std::size_t> order;
  for (std::uint32_t const image : images) {
    for (std::size_t row = 0; row < image_of_row.size(); ++row) {
      if (image_of_row[row] == image) order.push_back(row);
    }
  }
  return order;
}

}  // namespace

void reorder_images(random_source& random, scene& subject) {
  auto& annotations = subject.ground_truth.annotations;
  std::size_t const num_images = subject.ground_truth.images.size();
  std::vector<std::size_t> order = order_by_image(random, annotations.image_indices, num_images);
  permute(annotations.ids, order);
  permute(annotations.image_indices, order);
  permute(annotations.category_indices, order);
  permute(annotations.areas_px, order);
  permute(annotations.boxes, order);
  permute(annotations.crowd, order);
  permute(annotations.ignore, order);
  permute(annotations.masks.entries, order);
  permute(subject.data.annotations, order);

  auto& results = subject.results;
  order = order_by_image(random, results.image_indices, num_images);
  permute(results.image_indices, order);
  permute(results.category_indices, order);
  permute(results.scores, order);
  permute(results.areas_px, order);
  permute(results.boxes, order);
  permute(results.ids, order);
  permute(results.masks.entries, order);
  permute(subject.data.detections, order);
}

}  // namespace support
