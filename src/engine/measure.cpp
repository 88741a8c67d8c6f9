#include "engine/measure.hpp"

#include <tbb/enumerable_thread_specific.h>

#include <fmt/format.h>

#include <maskmetrics/error.hpp>
#include <maskmetrics/geometry.hpp>
#include <maskmetrics/semantics/iou.hpp>
#include <maskmetrics/semantics/relative_size.hpp>

#include "core/mask_error.hpp"
#include "core/parallel.hpp"

namespace maskmetrics {

namespace {

struct measurer {
  mask_decoder decoder;
  mask_intervals mask;
};

}  // namespace

measured_detections measure_detections(context const& ctx, dataset const& ground_truth, detections const& results,
                                       box_convention convention, evaluation_cells const& cells) {
  measured_detections measured;
  measured.areas_px.resize(cells.detection_rows.size());
  measured.boxes.resize(cells.detection_rows.size());
  in_arena(ctx, [&] {
    tbb::enumerable_thread_specific<measurer> measurers;
    parallel_each(cells.detection_rows.size(), [&](std::size_t d) {
      measurer& local = measurers.local();
      std::uint32_t const row = cells.detection_rows[d];
      std::uint32_t const image = results.image_indices[row];
      mask_fault const fault = local.decoder.decode(results.masks, row, ground_truth.images.heights[image],
                                                    ground_truth.images.widths[image], nullptr, local.mask);
      if (fault != mask_fault::none) throw_detection_fault(fault, results.masks, row);
      measured.areas_px[d] = local.mask.area_px;
      measured.boxes[d] = semantics::measured_box(local.mask.bounds, convention);
    });
  });
  return measured;
}

void make_relative(dataset const& ground_truth, evaluation_cells const& cells, std::vector<std::uint32_t> const& begin,
                   std::vector<double>& areas) {
  image_table const& images = ground_truth.images;
  for (std::size_t c = 0; c < cells.images.size(); ++c) {
    std::uint32_t const image = cells.images[c];
    double const image_area = static_cast<double>(images.heights[image]) * images.widths[image];
    if (image_area == 0) {
      throw input_error(
          ground_truth.source, "images",
          fmt::format("image {} has no height or no width, which relative areas need", images.ids[image]));
    }
    for (std::uint32_t i = begin[c]; i < begin[c + 1]; ++i) areas[i] = semantics::relative_size(areas[i], image_area);
  }
}

}  // namespace maskmetrics
