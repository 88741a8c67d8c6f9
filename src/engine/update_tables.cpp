// An update's columns as the tables that an evaluation of files has.
#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include <maskmetrics/error.hpp>

#include "engine/update_job.hpp"

namespace maskmetrics {

namespace {

box box_at(host_column const& boxes, std::size_t i, box_layout layout) {
  double const a = boxes.number(4 * i);
  double const b = boxes.number(4 * i + 1);
  double const c = boxes.number(4 * i + 2);
  double const d = boxes.number(4 * i + 3);
  switch (layout) {
    case box_layout::xyxy:
      return {a, b, c - a, d - b};
    case box_layout::cxcywh:
      return {a - c / 2, b - d / 2, c, d};
    case box_layout::xywh:
      break;
  }
  return {a, b, c, d};
}

/// The labels that stand in an update, where no categories are known beforehand.
category_table categories_of(std::vector<job_image> const& images) {
  category_table table;
  auto const add_all = [&](host_column const& labels, std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) table.ids.push_back(labels.present() ? labels.whole(i) : 0);
  };
  for (job_image const& image : images) {
    add_all(image.detection_labels, image.num_detections);
    add_all(image.ground_truth_labels, image.num_ground_truths);
  }
  std::sort(table.ids.begin(), table.ids.end());
  table.ids.erase(std::unique(table.ids.begin(), table.ids.end()), table.ids.end());
  table.names.resize(table.ids.size());
  return table;
}

class table_maker {
public:
  table_maker(evaluator_core const& core, std::vector<job_image> const& images, overlap_work* work)
      : core_(core), images_(images), work_(work) {
    truth_.source = "update";
    found_.source = "update";
    truth_.categories = core.knows_categories() ? core.categories : categories_of(images);
  }

  [[nodiscard]] job_tables make() {
    for (job_image const& image : images_) {
      add_image(image);
      for (std::uint32_t i = 0; i < image.num_detections; ++i) add_detection(image, i);
    }
    add_detection_areas();
    return {std::move(truth_), std::move(found_)};
  }

private:
  [[nodiscard]] bool has_boxes() const { return work_ == nullptr; }

  [[nodiscard]] std::uint32_t category_at(job_image const& image, char const* side, host_column const& labels,
                                          std::uint32_t i) const {
    std::int64_t const label = labels.present() ? labels.whole(i) : 0;
    std::uint32_t const index = truth_.categories.find(label);
    if (index != no_index) return index;
    // Where categories are not used, labels need not be there.
    if (!labels.present()) return 0;
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
};

}  // namespace

job_tables make_tables(evaluator_core const& core, std::vector<job_image> const& images, overlap_work* work) {
  return table_maker(core, images, work).make();
}

}  // namespace maskmetrics
