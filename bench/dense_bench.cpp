// Stage dense: bool masks of images to intersections, areas and boxes. Sizes are images; bytes/s are those of detection
// masks, each counted once.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <maskmetrics/dense.hpp>

#include "support/dense_masks.hpp"
#include "support/device_timer.hpp"
#include "support/registration.hpp"

namespace {

struct dense_size {
  std::uint32_t num_images;
  std::uint32_t num_detections;
  std::uint32_t num_ground_truths;
  std::uint32_t height;
  std::uint32_t width;

  [[nodiscard]] std::string name() const {
    return std::to_string(num_detections) + "x" + std::to_string(height) + "x" + std::to_string(width) + ",gt" +
           std::to_string(num_ground_truths);
  }
};

void overlaps(benchmark::State& state, bench::place const& where, dense_size size, std::uint32_t num_images,
              bool with_boundaries) {
  size.num_images = num_images;
  std::mt19937_64 random(1);
  std::uint32_t const all_detections = size.num_images * size.num_detections;
  std::uint32_t const all_ground_truths = size.num_images * size.num_ground_truths;
  bench::placed<unsigned char> const detections(
      where, bench::random_rectangles(random, all_detections, size.height, size.width));
  bench::placed<unsigned char> const ground_truths(
      where, bench::random_rectangles(random, all_ground_truths, size.height, size.width));
  std::size_t const mask_bytes = std::size_t{size.height} * size.width;
  std::vector<maskmetrics::dense_image> images;
  for (std::size_t i = 0; i < size.num_images; ++i) {
    images.push_back(
        {size.height, size.width,
         maskmetrics::contiguous_masks(detections.all().data() + i * size.num_detections * mask_bytes,
                                       size.num_detections, size.height, size.width),
         maskmetrics::contiguous_masks(ground_truths.all().data() + i * size.num_ground_truths * mask_bytes,
                                       size.num_ground_truths, size.height, size.width)});
  }
  maskmetrics::view<maskmetrics::dense_image const> const batch{images.data(), images.size()};
  maskmetrics::dense_sizes const sizes = maskmetrics::sizes_of(batch);
  bench::placed<std::uint32_t> const intersections(where, sizes.num_pairs);
  bench::placed<std::uint32_t> const detection_areas(where, sizes.num_detections);
  bench::placed<maskmetrics::box> const detection_boxes(where, sizes.num_detections);
  bench::placed<std::uint32_t> const ground_truth_areas(where, sizes.num_ground_truths);
  bench::placed<maskmetrics::box> const ground_truth_boxes(where, sizes.num_ground_truths);
  bench::placed<std::uint32_t> const boundary_intersections(where, with_boundaries ? sizes.num_pairs : 0);
  bench::placed<std::uint32_t> const detection_boundaries(where, with_boundaries ? sizes.num_detections : 0);
  bench::placed<std::uint32_t> const ground_truth_boundaries(where, with_boundaries ? sizes.num_ground_truths : 0);
  maskmetrics::dense_output const out{intersections.all(),        detection_areas.all(),
                                      detection_boxes.all(),      ground_truth_areas.all(),
                                      ground_truth_boxes.all(),   boundary_intersections.all(),
                                      detection_boundaries.all(), ground_truth_boundaries.all()};
  maskmetrics::dense_boundaries const boundaries{with_boundaries ? .02 : 0, .5};
  bench::run_timed(state, where, [&] { where.stages->dense_overlaps(where.ctx(), batch, boundaries, out); });
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(all_detections));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(all_detections * mask_bytes));
}

}  // namespace

int main(int argc, char** argv) {
  struct named_case {
    dense_size size;
    std::uint32_t largest;
    bool grows;
  };
  // The second one fits neither 32 nor 16 pixels. The last ones: nothing to overlap with, one column, one pixel.
  constexpr named_case cases[] = {{{0, 100, 10, 480, 640}, 16, true},   {{0, 100, 10, 427, 639}, 16, true},
                                  {{0, 100, 0, 480, 640}, 16, false},   {{0, 1, 1, 480, 640}, 256, false},
                                  {{0, 1000, 100, 4096, 1}, 16, false}, {{0, 1000, 100, 1, 1}, 16, false}};
  for (bench::place const& where : bench::places()) {
    for (named_case const& one : cases) {
      for (bool const with_boundaries : {false, true}) {
        auto const add = one.grows ? bench::register_sizes : bench::register_size;
        add("dense/" + where.name + "/" + one.size.name() + (with_boundaries ? ",boundaries" : ""), one.largest,
            [&where, size = one.size, with_boundaries](benchmark::State& state, std::uint32_t num_images) {
              overlaps(state, where, size, num_images, with_boundaries);
            });
      }
    }
  }
  return bench::run_benches(argc, argv);
}
