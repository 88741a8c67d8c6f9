// An update's columns as the tables that an evaluation of files has.
#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include <maskmetrics/error.hpp>
#include <maskmetrics/semantics/box_layout.hpp>

#include "engine/update_job.hpp"

namespace maskmetrics {

namespace {

box box_at(host_column const& boxes, std::size_t i, box_layout layout) {
  return semantics::box_of(
      {boxes.number(4 * i), boxes.number(4 * i + 1), boxes.number(4 * i + 2), boxes.number(4 * i + 3)}, layout);
}

/// A label of an image, or what stands for it where categories are not used and labels need not be there.
std::int64_t label_at(evaluator_core const& core, host_column const& labels, std::uint32_t i) {
  if (labels.present()) return labels.whole(i);
  return core.knows_categories() && core.categories.find(0) == no_index ? core.categories.ids.front() : 0;
}

/// The categories that an update has to do with; the whole data set may have a hundred times as many.
category_table categories_of(evaluator_core const& core, std::vector<job_image> const& images) {
  std::vector<std::int64_t> ids;
  auto const add_all = [&](host_column const& labels, std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) ids.push_back(label_at(core, labels, i));
  };
  for (job_image const& image : images) {
    add_all(image.detection_labels, image.num_detections);
    if (!image.is_registered()) {
      add_all(image.ground_truth_labels, image.num_ground_truths);
      continue;
    }
    annotation_table const& annotations = core.registered->all().annotations;
    for (std::uint32_t const row : core.registered->rows(image.registered_index)) {
      std::uint32_t const category = annotations.category_indices[row];
      if (category != no_index) ids.push_back(core.categories.ids[category]);
    }
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  category_table table;
  table.names.resize(ids.size());
  table.ids = std::move(ids);
  return table;
}

class table_maker {
public:
  table_maker(evaluator_core const& core, std::vector<job_image> const& images, overlap_work* work)
      : core_(core), images_(images), work_(work) {
    truth_.source = "update";
    found_.source = "update";
    truth_.categories = categories_of(core, images);
    if (!core.knows_categories()) return;
    for (std::int64_t const id : truth_.categories.ids) is_unknown_.push_back(core.categories.find(id) == no_index);
  }

  [[nodiscard]] job_tables make() {
    make_room();
    for (job_image const& image : images_) {
      add_image(image);
      for (std::uint32_t i = 0; i < image.num_detections; ++i) add_detection(image, i);
    }
    add_detection_areas();
    return {std::move(truth_), std::move(found_)};
  }

private:
  [[nodiscard]] bool has_boxes() const { return work_ == nullptr; }

  void make_room() {
    if (images_.empty()) return;
    job_image const& last = images_.back();
    std::size_t const num_detections = std::size_t{last.first_detection} + last.num_detections;
    std::size_t const num_ground_truths = std::size_t{last.first_ground_truth} + last.num_ground_truths;
    found_.image_indices.reserve(num_detections);
    found_.category_indices.reserve(num_detections);
    found_.scores.reserve(num_detections);
    annotation_table& truth = truth_.annotations;
    truth.ids.reserve(num_ground_truths);
    truth.image_indices.reserve(num_ground_truths);
    truth.category_indices.reserve(num_ground_truths);
    truth.areas_px.reserve(num_ground_truths);
    truth.crowd.reserve(num_ground_truths);
    truth.ignore.reserve(num_ground_truths);
    if (!has_boxes()) return;
    found_.boxes.reserve(num_detections);
    truth.boxes.reserve(num_ground_truths);
  }

  [[nodiscard]] std::uint32_t category_at(job_image const& image, char const* side, host_column const& labels,
                                          std::uint32_t i) const {
    std::int64_t const label = label_at(core_, labels, i);
    std::uint32_t const index = truth_.categories.find(label);
    if (is_unknown_.empty() || !is_unknown_[index]) return index;
    throw input_error(image.name(), fmt::format("{}.labels[{}]", side, i),
                      fmt::format("{} is none of the evaluator's categories", label));
  }

  void add_image(job_image const& image) {
    if (image.is_registered()) {
      append_image(*core_.registered, image.registered_index, truth_);
    } else {
      truth_.images.ids.push_back(image.id);
      for (std::uint32_t i = 0; i < image.num_ground_truths; ++i) add_ground_truth(image, i);
    }
    truth_.images.heights.resize(truth_.images.size());
    truth_.images.widths.resize(truth_.images.size());
    truth_.images.heights.back() = image.height;
    truth_.images.widths.back() = image.width;
  }

  void add_ground_truth(job_image const& image, std::uint32_t i) {
    annotation_table& to = truth_.annotations;
    to.ids.push_back(static_cast<std::int64_t>(to.ids.size()) + 1);
    to.image_indices.push_back(static_cast<std::uint32_t>(truth_.images.size() - 1));
    to.category_indices.push_back(category_at(image, "ground_truths", image.ground_truth_labels, i));
    if (has_boxes()) to.boxes.push_back(box_at(image.ground_truth_boxes, i, image.ground_truth_layout));
    double area = image.ground_truth_areas.present() ? image.ground_truth_areas.number(i) : 0;
    if (area <= 0) {
      area = has_boxes() ? to.boxes.back().width * to.boxes.back().height
                         : work_->ground_truth_area(image.first_ground_truth + i);
    }
    to.areas_px.push_back(area);
    to.crowd.push_back(image.crowd.present() && image.crowd.number(i) != 0 ? 1 : 0);
    to.ignore.push_back(image.ignore.present() && image.ignore.number(i) != 0 ? 1 : 0);
  }

  void add_detection(job_image const& image, std::uint32_t i) {
    double const score = image.scores.number(i);
    if (core_.how.parity == parity::corrected && !std::isfinite(score)) {
      throw input_error(image.name(), fmt::format("detections.scores[{}]", i), fmt::format("{} is not finite", score));
    }
    found_.image_indices.push_back(static_cast<std::uint32_t>(truth_.images.size() - 1));
    found_.category_indices.push_back(category_at(image, "detections", image.detection_labels, i));
    found_.scores.push_back(score);
    if (has_boxes()) found_.boxes.push_back(box_at(image.detection_boxes, i, image.detection_layout));
  }

  /// Areas that come with the detections, else those of their masks or boxes. None where masks are measured later.
  void add_detection_areas() {
    auto const gives_areas = [](job_image const& image) { return image.detection_areas.present(); };
    bool const any_given = std::any_of(images_.begin(), images_.end(), gives_areas);
    // Federated rules look at areas before overlaps are found.
    bool const needed = any_given || has_boxes() || work_->knows_areas() || core_.how.rules == rule_set::lvis;
    if (!needed) return;
    if (has_boxes()) {
      for (box const& b : found_.boxes) found_.areas_px.push_back(b.width * b.height);
    } else {
      found_.areas_px = work_->detection_areas();
    }
    for (job_image const& image : images_) {
      if (!gives_areas(image)) continue;
      for (std::uint32_t i = 0; i < image.num_detections; ++i) {
        found_.areas_px[image.first_detection + i] = image.detection_areas.number(i);
      }
    }
  }

  evaluator_core const& core_;
  std::vector<job_image> const& images_;
  overlap_work* work_;
  dataset truth_;
  detections found_;
  std::vector<bool> is_unknown_;  // [categories of truth_], or empty: any label may come
};

}  // namespace

job_tables make_tables(evaluator_core const& core, std::vector<job_image> const& images, overlap_work* work) {
  return table_maker(core, images, work).make();
}

}  // namespace maskmetrics
