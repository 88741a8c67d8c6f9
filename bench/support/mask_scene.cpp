#include "support/mask_scene.hpp"

#include <utility>

namespace bench {

namespace {

constexpr double lowest_iou = .5;
constexpr double dilation_ratio = .02;
constexpr std::uint32_t decoded_per_cell = 10;

template <class T>
maskmetrics::view<T const> on_host(std::vector<T> const& values) {
  return {values.data(), values.size()};
}

}  // namespace

mask_scene::mask_scene(scene_layout const& layout) {
  std::mt19937_64 random(1);
  batch_builder found(maskmetrics::mask_form::text);
  batch_builder truth(maskmetrics::mask_form::text);
  auto const add = [&](batch_builder& batch, std::vector<maskmetrics::box>& boxes, double x, double y) {
    maskmetrics::mask_intervals const mask = make_mask(random, layout.shape, x, y);
    batch.add(mask);
    boxes.push_back({x + 20 * unit(random), y + 20 * unit(random), 20 + 120 * unit(random), 20 + 120 * unit(random)});
  };
  for (std::uint32_t c = 0; c < layout.num_cells; ++c) {
    double const x = 80 + 480 * unit(random);
    double const y = 80 + 320 * unit(random);
    for (std::uint32_t d = 0; d < layout.detections_per_cell; ++d) add(found, detection_boxes, x, y);
    for (std::uint32_t g = 0; g < layout.ground_truths_per_cell; ++g) add(truth, ground_truth_boxes, x, y);
    add_cell(layout.detections_per_cell, layout.ground_truths_per_cell);
  }
  detections = found.finish();
  ground_truths = truth.finish();
}

mask_scene::mask_scene(maskmetrics::mask_batch masks) : detections(std::move(masks)) {
  auto const count = static_cast<std::uint32_t>(detections.entries.size());
  detection_boxes.resize(count);
  for (std::uint32_t d = 0; d < count; d += decoded_per_cell) add_cell(std::min(decoded_per_cell, count - d), 0);
}

void mask_scene::add_cell(std::uint32_t num_detections, std::uint32_t num_ground_truths) {
  categories.push_back(0);
  images.push_back(static_cast<std::uint32_t>(images.size()));
  cell_flags.push_back(0);
  heights.push_back(image_height);
  widths.push_back(image_width);
  for (std::uint32_t d = 0; d < num_detections; ++d) {
    detection_rows.push_back(static_cast<std::uint32_t>(detection_rows.size()));
  }
  for (std::uint32_t g = 0; g < num_ground_truths; ++g) {
    ground_truth_rows.push_back(static_cast<std::uint32_t>(ground_truth_rows.size()));
    ground_truth_flags.push_back(0);
    ids.push_back(static_cast<std::int64_t>(ground_truth_rows.size()));
  }
  detection_begin.push_back(static_cast<std::uint32_t>(detection_rows.size()));
  ground_truth_begin.push_back(static_cast<std::uint32_t>(ground_truth_rows.size()));
}

placed_scene::placed_scene(place const& where, mask_scene const& scene, overlap_of kind)
    : where_(where),
      categories_(where, scene.categories),
      images_(where, scene.images),
      detection_begin_(where, scene.detection_begin),
      ground_truth_begin_(where, scene.ground_truth_begin),
      cell_flags_(where, scene.cell_flags),
      ground_truth_flags_(where, scene.ground_truth_flags),
      detection_boxes_(where, scene.detection_boxes),
      ground_truth_boxes_(where, scene.ground_truth_boxes),
      areas_(where, scene.detection_rows.size()) {
  in_.cells = {categories_.all(), images_.all(), detection_begin_.all(), ground_truth_begin_.all(), cell_flags_.all()};
  in_.host_cells = {on_host(scene.categories), on_host(scene.images), on_host(scene.detection_begin),
                    on_host(scene.ground_truth_begin), on_host(scene.cell_flags)};
  in_.ground_truth_flags = ground_truth_flags_.all();
  in_.lowest_iou_threshold = lowest_iou;
  if (kind == overlap_of::boxes) {
    in_.detection_boxes = detection_boxes_.all();
    in_.ground_truth_boxes = ground_truth_boxes_.all();
    bytes_ = (scene.detection_boxes.size() + scene.ground_truth_boxes.size()) * sizeof(maskmetrics::box);
    return;
  }
  in_.detection_masks = &scene.detections;
  in_.ground_truth_masks = &scene.ground_truths;
  in_.detection_rows = on_host(scene.detection_rows);
  in_.ground_truth_rows = on_host(scene.ground_truth_rows);
  in_.ground_truth_ids = on_host(scene.ids);
  in_.image_heights = on_host(scene.heights);
  in_.image_widths = on_host(scene.widths);
  if (kind == overlap_of::boundaries) in_.boundary_dilation_ratio = dilation_ratio;
  measures_.detection_areas = areas_.all();
  bytes_ = payload_bytes(scene.detections) + payload_bytes(scene.ground_truths);
}

void placed_scene::pairwise() const {
  maskmetrics::pair_list const pairs = where_.stages->pairwise(where_.ctx(), in_, measures_);
  benchmark::DoNotOptimize(pairs.ious.data());
}

}  // namespace bench
