#include "engine/measure.hpp"

#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>

#include <maskmetrics/geometry.hpp>

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
                                       evaluation_cells const& cells) {
  measured_detections measured;
  measured.areas_px.resize(cells.detection_rows.size());
  measured.boxes.resize(cells.detection_rows.size());
  in_arena(ctx, [&] {
    tbb::enumerable_thread_specific<measurer> measurers;
    tbb::parallel_for(std::size_t{0}, cells.detection_rows.size(), [&](std::size_t d) {
      measurer& local = measurers.local();
      std::uint32_t const row = cells.detection_rows[d];
      std::uint32_t const image = results.image_indices[row];
      mask_fault const fault = local.decoder.decode(results.masks, row, ground_truth.images.heights[image],
                                                    ground_truth.images.widths[image], nullptr, local.mask);
      if (fault != mask_fault::none) throw_detection_fault(fault, results.masks, row);
      measured.areas_px[d] = local.mask.area_px;
      measured.boxes[d] = local.mask.bounds;
    });
  });
  return measured;
}

}  // namespace maskmetrics
