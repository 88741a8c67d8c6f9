#include "engine/overlaps.hpp"

#include <utility>
#include <vector>

#include "core/image_size.hpp"
#include "core/mask_error.hpp"
#include "engine/measure.hpp"

namespace maskmetrics {

namespace {

/// Rows of a table in cell order.
template <class T>
std::vector<T> gathered(std::vector<T> const& table, std::vector<std::uint32_t> const& rows) {
  std::vector<T> out(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) out[i] = table[rows[i]];
  return out;
}

/// Boxes of the detections in cell order; measures masks where the results have no boxes or no areas.
std::vector<box> detection_boxes(evaluation_inputs const& in, evaluation_cells& cells) {
  detections const& results = in.results;
  std::vector<box> boxes;
  if (results.areas_px.empty() || results.boxes.empty()) {
    measured_detections measured = measure_detections(in.ctx, in.ground_truth, results, in.how.box_convention, cells);
    if (results.areas_px.empty()) cells.detection_areas = std::move(measured.areas_px);
    if (results.boxes.empty()) boxes = std::move(measured.boxes);
  }
  return results.boxes.empty() ? boxes : gathered(results.boxes, cells.detection_rows);
}

/// Masks that have no size of their own must be in images that have one.
/// @throws input_error
void require_sizes(evaluation_inputs const& in, evaluation_cells const& cells) {
  image_table const& images = in.ground_truth.images;
  annotation_table const& annotations = in.ground_truth.annotations;
  mask_batch const& found = in.results.masks;
  for (std::size_t c = 0; c < cells.images.size(); ++c) {
    std::uint32_t const image = cells.images[c];
    if (can_hold_masks(images, image)) continue;
    std::uint32_t const g_begin = cells.ground_truth_begin[c];
    std::uint32_t const g_end = cells.ground_truth_begin[c + 1];
    for (std::uint32_t g = g_begin; g < g_end; ++g) {
      std::uint32_t const row = cells.ground_truth_rows[g];
      if (row >= annotations.masks.entries.size() || !takes_image_size(annotations.masks.entries[row])) continue;
      throw_ground_truth_fault(mask_fault::bad_size, annotations.masks, row, annotations.ids[row],
                               image_of_mask{images, image});
    }
    // A detection without ground truth beside it is drawn only where its area is wanted.
    if (g_begin == g_end && !cells.detection_areas.empty()) continue;
    for (std::uint32_t d = cells.detection_begin[c]; d < cells.detection_begin[c + 1]; ++d) {
      std::uint32_t const row = cells.detection_rows[d];
      if (row >= found.entries.size() || !takes_image_size(found.entries[row])) continue;
      throw_detection_fault(mask_fault::bad_size, found, row, image_of_mask{images, image});
    }
  }
}

void add_masks(evaluation_inputs const& in, evaluation_cells const& cells, pairwise_input& wanted) {
  wanted.detection_masks = &in.results.masks;
  wanted.ground_truth_masks = &in.ground_truth.annotations.masks;
  wanted.detection_rows = as_view(cells.detection_rows);
  wanted.ground_truth_rows = as_view(cells.ground_truth_rows);
  wanted.ground_truth_ids = as_view(in.ground_truth.annotations.ids);
  wanted.result_boxes = as_view(in.results.boxes);
  wanted.image_heights = as_view(in.ground_truth.images.heights);
  wanted.image_widths = as_view(in.ground_truth.images.widths);
  if (in.how.iou == iou_type::boundary) wanted.boundary_dilation_ratio = in.how.boundary_dilation_ratio;
}

view<double const> detection_sizes(workplace& at, evaluation_inputs const& in, view<double const> measured_areas,
                                   evaluation_cells& cells) {
  if (sizes_need_host(in.how, cells)) {
    if (cells.detection_areas.empty()) cells.detection_areas = at.fetched<double>(measured_areas);
    settle_sizes(in.ground_truth, in.how, cells);
  }
  return cells.detection_areas.empty() ? measured_areas : at.memory.place(cells.detection_areas);
}

}  // namespace

cell_index host_index(evaluation_cells const& cells) {
  return {as_view(cells.categories), as_view(cells.images), as_view(cells.detection_begin),
          as_view(cells.ground_truth_begin), as_view(cells.flags)};
}

cell_index place_index(evaluation_cells const& cells, workspace& memory) {
  return {memory.place(cells.categories), memory.place(cells.images), memory.place(cells.detection_begin),
          memory.place(cells.ground_truth_begin), memory.place(cells.flags)};
}

measured_overlaps find_overlaps(workplace& at, evaluation_inputs const& in, cell_index const& index, double lowest_iou,
                                evaluation_cells& cells) {
  pairwise_input wanted;
  wanted.cells = index;
  wanted.host_cells = host_index(cells);
  wanted.ground_truth_flags = at.memory.place(cells.ground_truth_flags);
  wanted.lowest_iou_threshold = lowest_iou;
  view<double> areas;
  std::vector<box> boxes_of_detections;
  std::vector<box> boxes_of_ground_truths;
  if (in.how.iou == iou_type::bbox) {
    wanted.box_convention = in.how.box_convention;
    boxes_of_detections = detection_boxes(in, cells);
    boxes_of_ground_truths = gathered(in.ground_truth.annotations.boxes, cells.ground_truth_rows);
    wanted.detection_boxes = at.memory.place(boxes_of_detections);
    wanted.ground_truth_boxes = at.memory.place(boxes_of_ground_truths);
  } else {
    require_sizes(in, cells);
    add_masks(in, cells, wanted);
    if (cells.detection_areas.empty()) areas = at.memory.make<double>(cells.scores.size());
  }
  measured_overlaps found;
  found.pairs = at.stages().pairwise(at.ctx(), wanted, {areas});
  found.detection_areas = detection_sizes(at, in, areas, cells);
  return found;
}

}  // namespace maskmetrics
