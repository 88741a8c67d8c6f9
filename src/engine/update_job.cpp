#include "engine/update_job.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include <maskmetrics/error.hpp>

#include "engine/measure.hpp"
#include "engine/overlaps.hpp"

namespace maskmetrics {

namespace {

bool has_dense(image_masks const& masks) {
  return std::holds_alternative<dense_masks>(masks.source) || std::holds_alternative<prototype_masks>(masks.source);
}

bool any_dense(image_update const& image) {
  return has_dense(image.detections.masks) || (image.ground_truths && has_dense(image.ground_truths->masks));
}

/// Codes that stay where they are.
bool has_resident_codes(image_masks const& masks) {
  return masks.where == memory_space::device && std::holds_alternative<coded_masks>(masks.source);
}

bool any_resident_codes(image_update const& image) {
  return has_resident_codes(image.detections.masks) ||
         (image.ground_truths && has_resident_codes(image.ground_truths->masks));
}

bool any_on_device(image_update const& image) {
  auto const there = [](auto const& column) { return column.where == memory_space::device; };
  image_detections const& found = image.detections;
  if (there(found.scores) || there(found.labels) || there(found.boxes) || there(found.areas) || there(found.masks)) {
    return true;
  }
  if (!image.ground_truths) return false;
  image_ground_truths const& truth = *image.ground_truths;
  return there(truth.labels) || there(truth.boxes) || there(truth.areas) || there(truth.crowd) || there(truth.ignore) ||
         there(truth.masks);
}

/// A protocol that asks for some categories asks for those of them that an update has.
protocol with_categories_of(category_table const& table, protocol const& all) {
  protocol some = all;
  std::erase_if(*some.category_ids, [&](std::int64_t id) { return table.find(id) == no_index; });
  return some;
}

/// Boxes of both sides, compared on the CPU: they are few, and here already.
kept_pairs find_box_pairs(evaluator_core const& core, job_tables const& tables, evaluation_cells const& cells) {
  std::vector<box> found;
  std::vector<box> truth;
  for (std::uint32_t const row : cells.detection_rows) found.push_back(tables.found.boxes[row]);
  for (std::uint32_t const row : cells.ground_truth_rows) truth.push_back(tables.ground_truth.annotations.boxes[row]);
  pairwise_input in = pairs_input(core, cells);
  in.detection_boxes = {found.data(), found.size()};
  in.ground_truth_boxes = {truth.data(), truth.size()};
  context ctx = core.ctx;
  ctx.device = {device_kind::cpu, 0};
  return to_kept_pairs(cpu_backend().pairwise(ctx, in, {}));
}

}  // namespace

std::string job_image::name() const {
  return fmt::format("image {}", id);
}

pairwise_input pairs_input(evaluator_core const& core, evaluation_cells const& cells) {
  pairwise_input in;
  in.cells = in.host_cells = host_index(cells);
  in.ground_truth_flags = {cells.ground_truth_flags.data(), cells.ground_truth_flags.size()};
  in.lowest_iou_threshold = core.lowest_iou;
  if (core.how.iou == iou_type::boundary) in.boundary_dilation_ratio = core.how.boundary_dilation_ratio;
  return in;
}

kept_pairs to_kept_pairs(pair_list const& pairs) {
  kept_pairs out;
  for (std::size_t d = 0; d + 1 < pairs.begin.size(); ++d) {
    out.num_pairs.push_back(static_cast<std::uint32_t>(pairs.begin.data()[d + 1] - pairs.begin.data()[d]));
  }
  out.ground_truths.assign(pairs.ground_truths.data(), pairs.ground_truths.data() + pairs.ground_truths.size());
  out.ious.assign(pairs.ious.data(), pairs.ious.data() + pairs.ious.size());
  return out;
}

update_job::update_job(evaluator_core const& core, view<image_update const> images, stream_ref stream,
                       std::shared_ptr<void const> owner)
    : core_(core), owner_(std::move(owner)) {
  if (core.on_device()) {
    context ctx = core.ctx;
    ctx.device = core.chosen.chosen;
    if (stream.handle() != nullptr) ctx.stream = stream;
    // A stream of the library's own would not wait for whatever makes the arrays.
    if (ctx.stream.handle() == nullptr && std::any_of(images.begin(), images.end(), any_on_device)) {
      ctx.stream = default_stream();
    }
    place_ = core.chosen.stages->open(ctx);
  }
  ordered_updates updates;
  for (image_update const& image : images) updates.push_back(&image);
  std::stable_sort(updates.begin(), updates.end(),
                   [](image_update const* x, image_update const* y) { return x->image_id < y->image_id; });
  images_.reserve(updates.size());
  for (image_update const* const image : updates) add_image(*image);
  if (core.how.iou != iou_type::bbox) work_ = make_work(updates);
}

void update_job::add_image(image_update const& from) {
  job_image to;
  to.id = from.image_id;
  to.height = from.height;
  to.width = from.width;
  if (!images_.empty()) {
    to.first_detection = images_.back().first_detection + images_.back().num_detections;
    to.first_ground_truth = images_.back().first_ground_truth + images_.back().num_ground_truths;
  }
  if (!from.ground_truths) {
    find_registered(core_, to);
    to.num_ground_truths = static_cast<std::uint32_t>(core_.registered->rows(to.registered_index).size());
  }
  check_image(core_, from, to);
  execution* const place = place_.get();
  image_detections const& found = from.detections;
  to.num_detections = found.count;
  to.scores = host_column(found.scores, found.count, place);
  to.detection_labels = host_column(found.labels, found.count, place);
  if (core_.how.iou == iou_type::bbox)
    to.detection_boxes = host_column(found.boxes, 4 * std::size_t{found.count}, place);
  to.detection_areas = host_column(found.areas, found.count, place);
  to.detection_layout = found.layout;
  if (from.ground_truths) {
    image_ground_truths const& truth = *from.ground_truths;
    to.num_ground_truths = truth.count;
    to.ground_truth_labels = host_column(truth.labels, truth.count, place);
    if (core_.how.iou == iou_type::bbox)
      to.ground_truth_boxes = host_column(truth.boxes, 4 * std::size_t{truth.count}, place);
    to.ground_truth_areas = host_column(truth.areas, truth.count, place);
    to.crowd = host_column(truth.crowd, truth.count, place);
    to.ignore = host_column(truth.ignore, truth.count, place);
    to.ground_truth_layout = truth.layout;
  }
  images_.push_back(std::move(to));
}

std::unique_ptr<overlap_work> update_job::make_work(ordered_updates const& updates) {
  bool const dense = std::any_of(updates.begin(), updates.end(), [](auto const* image) { return any_dense(*image); });
  if (dense) return make_dense_work(core_, images_, updates, place_.get());
  if (updates.size() == 1 && any_resident_codes(*updates.front())) {
    return make_resident_work(core_, images_.front(), *updates.front(), *place_);
  }
  return make_coded_work(core_, images_, updates);
}

kept_state update_job::finish() {
  if (place_) place_->collect();
  if (work_) work_->run();
  job_tables const tables = make_tables(core_, images_, work_.get());
  if (!core_.how.category_ids) return work_in(tables, core_.how_of_updates);
  return work_in(tables, with_categories_of(tables.ground_truth.categories, core_.how_of_updates));
}

kept_state update_job::work_in(job_tables const& tables, protocol const& how) {
  bool const is_registered = how.rules == rule_set::lvis;  // only registered ground truth has LVIS' lists
  ground_truth_groups const truth = group_ground_truth(tables.ground_truth, how, is_registered);
  evaluation_cells cells = make_cells(core_.ctx, tables.ground_truth, truth, tables.found, how);
  kept_pairs pairs = work_ ? work_->find_pairs(cells) : find_box_pairs(core_, tables, cells);
  settle_sizes(tables.ground_truth, core_.how, cells);
  work_.reset();
  owner_.reset();
  return keep(tables.ground_truth.images, std::move(cells), std::move(pairs));
}

}  // namespace maskmetrics
