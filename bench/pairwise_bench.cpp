// Stage pairwise: decoding and overlaps of run-length codes, and of boxes, inside cells. On a device the masks' way
// there counts.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <maskmetrics/geometry.hpp>
#include <maskmetrics/pairwise.hpp>

#include "support/device_timer.hpp"

namespace {

constexpr std::uint32_t height = 480;
constexpr std::uint32_t width = 640;
constexpr std::uint32_t detections_per_cell = 5;
constexpr std::uint32_t ground_truths_per_cell = 2;

/// A cell an image; every mask an octagon near its cell's centre.
struct scene {
  std::vector<std::uint32_t> categories, images, detection_begin{0}, ground_truth_begin{0};
  std::vector<std::uint8_t> cell_flags, ground_truth_flags;
  std::vector<std::uint32_t> detection_rows, ground_truth_rows, heights, widths;
  std::vector<std::int64_t> ids;
  std::vector<maskmetrics::box> detection_boxes, ground_truth_boxes;
  maskmetrics::mask_batch detections, ground_truths;

  explicit scene(std::uint32_t num_cells) {
    std::mt19937_64 random(1);
    auto const unit = [&] { return static_cast<double>(random() >> 11U) * 0x1p-53; };
    std::string detection_text;
    std::string ground_truth_text;
    auto const add = [&](maskmetrics::mask_batch& batch, std::string& text, std::vector<maskmetrics::box>& boxes,
                         double x, double y) {
      double const radius = 10 + 60 * unit();
      x += 20 * unit();
      y += 20 * unit();
      double const corner = radius * .4;
      maskmetrics::mask_intervals const mask = maskmetrics::rasterize(
          {{x - radius, y - corner, x - corner, y - radius, x + corner, y - radius, x + radius, y - corner, x + radius,
            y + corner, x + corner, y + radius, x - corner, y + radius, x - radius, y + corner}},
          height, width);
      std::string const code = maskmetrics::encode_text(mask);
      batch.entries.push_back(
          {text.size(), static_cast<std::uint32_t>(code.size()), height, width, maskmetrics::mask_form::text});
      text += code;
      boxes.push_back(mask.bounds);
    };
    for (std::uint32_t c = 0; c < num_cells; ++c) {
      double const x = 80 + 480 * unit();
      double const y = 80 + 320 * unit();
      categories.push_back(0);
      images.push_back(c);
      cell_flags.push_back(0);
      heights.push_back(height);
      widths.push_back(width);
      for (std::uint32_t d = 0; d < detections_per_cell; ++d) {
        detection_rows.push_back(static_cast<std::uint32_t>(detection_rows.size()));
        add(detections, detection_text, detection_boxes, x, y);
      }
      for (std::uint32_t g = 0; g < ground_truths_per_cell; ++g) {
        ground_truth_rows.push_back(static_cast<std::uint32_t>(ground_truth_rows.size()));
        ground_truth_flags.push_back(0);
        ids.push_back(g + 1);
        add(ground_truths, ground_truth_text, ground_truth_boxes, x, y);
      }
      detection_begin.push_back(static_cast<std::uint32_t>(detection_rows.size()));
      ground_truth_begin.push_back(static_cast<std::uint32_t>(ground_truth_rows.size()));
    }
    auto const own = [](maskmetrics::mask_batch& batch, std::string& text) {
      auto owned = std::make_shared<std::string const>(std::move(text));
      batch.text = *owned;
      batch.text_owner = owned;
    };
    own(detections, detection_text);
    own(ground_truths, ground_truth_text);
  }
};

template <class T>
maskmetrics::view<T const> on_host(std::vector<T> const& values) {
  return {values.data(), values.size()};
}

void overlaps(benchmark::State& state, bench::place const& where, std::uint32_t num_cells, bool of_masks) {
  scene const one(num_cells);
  bench::placed<std::uint32_t> const categories(where, one.categories);
  bench::placed<std::uint32_t> const images(where, one.images);
  bench::placed<std::uint32_t> const detection_begin(where, one.detection_begin);
  bench::placed<std::uint32_t> const ground_truth_begin(where, one.ground_truth_begin);
  bench::placed<std::uint8_t> const cell_flags(where, one.cell_flags);
  bench::placed<std::uint8_t> const ground_truth_flags(where, one.ground_truth_flags);
  bench::placed<maskmetrics::box> const detection_boxes(where, one.detection_boxes);
  bench::placed<maskmetrics::box> const ground_truth_boxes(where, one.ground_truth_boxes);
  bench::placed<double> const areas(where, one.detection_rows.size());
  maskmetrics::pairwise_input in;
  in.cells = {categories.all(), images.all(), detection_begin.all(), ground_truth_begin.all(), cell_flags.all()};
  in.host_cells = {on_host(one.categories), on_host(one.images), on_host(one.detection_begin),
                   on_host(one.ground_truth_begin), on_host(one.cell_flags)};
  in.ground_truth_flags = ground_truth_flags.all();
  in.lowest_iou_threshold = .5;
  maskmetrics::pairwise_measures measures;
  if (of_masks) {
    in.detection_masks = &one.detections;
    in.ground_truth_masks = &one.ground_truths;
    in.detection_rows = on_host(one.detection_rows);
    in.ground_truth_rows = on_host(one.ground_truth_rows);
    in.ground_truth_ids = on_host(one.ids);
    in.image_heights = on_host(one.heights);
    in.image_widths = on_host(one.widths);
    measures.detection_areas = areas.all();
  } else {
    in.detection_boxes = detection_boxes.all();
    in.ground_truth_boxes = ground_truth_boxes.all();
  }
  bench::run_timed(state, where, [&] {
    maskmetrics::pair_list const pairs = where.stages->pairwise(where.ctx(), in, measures);
    benchmark::DoNotOptimize(pairs.ious.data());
  });
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(one.detection_rows.size()));
}

}  // namespace

int main(int argc, char** argv) {
  for (bench::place const& where : bench::places()) {
    for (bool const of_masks : {false, true}) {
      for (std::uint32_t const num_cells : {1000U, 10007U, 100000U}) {
        std::string const name = std::string("pairwise/") + where.name + (of_masks ? "/masks/" : "/boxes/") +
                                 std::to_string(num_cells * detections_per_cell);
        benchmark::RegisterBenchmark(name.c_str(), [&where, num_cells, of_masks](benchmark::State& state) {
          overlaps(state, where, num_cells, of_masks);
        })->UseManualTime();
      }
    }
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
}
