#include "engine/measure.hpp"

#include <algorithm>
#include <limits>

#include <tbb/enumerable_thread_specific.h>

#include <maskmetrics/error.hpp>
#include <maskmetrics/geometry.hpp>
#include <maskmetrics/semantics/iou.hpp>
#include <maskmetrics/semantics/matching.hpp>
#include <maskmetrics/semantics/relative_size.hpp>

#include "core/image_size.hpp"
#include "core/mask_error.hpp"
#include "core/parallel.hpp"

namespace maskmetrics {

namespace {

struct measurer {
  mask_decoder decoder;
  mask_intervals mask;
};

/// Areas of one side, in cell order, become sizes relative to their images. @param begin  [C+1] of the cells
void make_relative(dataset const& ground_truth, evaluation_cells const& cells, std::vector<std::uint32_t> const& begin,
                   std::vector<double>& areas) {
  image_table const& images = ground_truth.images;
  for (std::size_t c = 0; c < cells.images.size(); ++c) {
    std::uint32_t const image = cells.images[c];
    double const image_area = static_cast<double>(images.heights[image]) * images.widths[image];
    if (image_area == 0) {
      throw input_error(ground_truth.source, "images",
                        describe_size(images, image) + "; relative areas need the size of the image");
    }
    for (std::uint32_t i = begin[c]; i < begin[c + 1]; ++i) areas[i] = semantics::relative_size(areas[i], image_area);
  }
}

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
      if (fault != mask_fault::none) {
        throw_detection_fault(fault, results.masks, row, image_of_mask{ground_truth.images, image});
      }
      measured.areas_px[d] = local.mask.area_px;
      measured.boxes[d] = semantics::measured_box(local.mask.bounds, convention);
    });
  });
  return measured;
}

bool sizes_need_host(protocol const& how, evaluation_cells const& cells) {
  return how.area_unit == area_unit::relative || !cells.detection_unmatched_ignored.empty();
}

void settle_sizes(dataset const& ground_truth, protocol const& how, evaluation_cells& cells) {
  if (how.area_unit == area_unit::relative) {
    make_relative(ground_truth, cells, cells.detection_begin, cells.detection_areas);
    make_relative(ground_truth, cells, cells.ground_truth_begin, cells.ground_truth_areas);
  }
  for (std::size_t d = 0; d < cells.detection_unmatched_ignored.size(); ++d) {
    if (cells.detection_unmatched_ignored[d] != 0) {
      cells.detection_areas[d] = -std::numeric_limits<double>::infinity();
    }
  }
}

double lowest_starting_iou(protocol const& how) {
  double lowest = std::numeric_limits<double>::infinity();
  for (double const t : how.iou_thresholds) lowest = std::min(lowest, semantics::starting_iou(t));
  return lowest;
}

}  // namespace maskmetrics
