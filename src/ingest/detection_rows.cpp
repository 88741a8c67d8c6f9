#include "ingest/detection_rows.hpp"

#include <fmt/format.h>

#include <maskmetrics/semantics/iou.hpp>

#include "ingest/columns.hpp"

namespace maskmetrics::ingest {

void detection_rows::add(ondemand::object element, text_position origin) {
  bool const wants_box = plan_.kind == result_kind::boxes || plan_.boxes;
  std::int64_t image_id = 0;
  std::int64_t category_id = 0;
  double score = 0;
  box bounds;
  mask_entry mask;
  reader_.start(scores.size());
  for (auto each : element) {
    auto field = take<ondemand::field>(each);
    std::string_view const key = key_of(field);
    if (key == "segmentation") {
      if (plan_.masks) mask = read_segmentation(field.value(), origin, masks);
    } else if (key == "bbox") {
      if (wants_box) reader_.four_numbers(field.value(), field_box, ".bbox", bounds);
    } else if (key == "score") {
      reader_.number(field.value(), field_score, ".score", score);
    } else if (key == "image_id") {
      reader_.integer(field.value(), field_image_id, ".image_id", image_id);
    } else if (key == "category_id") {
      reader_.integer(field.value(), field_category_id, ".category_id", category_id);
    }
  }
  constexpr named_field id_field{field_image_id, "image_id"};
  reader_.finish({id_field, {field_category_id, "category_id"}, {field_score, "score"}}, id_field, image_id);
  if (plan_.kind == result_kind::boxes) reader_.finish({{field_box, "bbox"}}, id_field, image_id);
  if (!plan_.negative_sizes) require_size(bounds, plan_.layout);
  std::uint32_t const image = image_.find(known_->images, image_id);
  if (image == no_index) {
    throw element_fault{".image_id", fmt::format("the ground truth has no image {}", image_id)};
  }
  std::uint32_t const category = known_->categories.find(category_id);
  if (category == no_index) unknown_categories_.add(scores.size(), fmt::format("{}", category_id));
  if (plan_.kind == result_kind::masks) {
    check_mask(mask);
    if (reader_.has(field_box)) rows_with_own_box_.push_back(scores.size());
  } else {
    areas_px.push_back(semantics::box_area(bounds, plan_.box_convention));
    if (plan_.masks && mask.form == mask_form::none) {
      mask.form = mask_form::box;
      ++num_box_masks_;
    }
  }
  image_indices.push_back(image);
  category_indices.push_back(category);
  scores.push_back(score);
  if (plan_.boxes) boxes.push_back(bounds);
  if (plan_.masks) masks.entries.push_back(mask);
}

void detection_rows::check_mask(mask_entry const& mask) const {
  if (mask.form == mask_form::none) throw element_fault{"", "has no \"segmentation\", which the first result has"};
  if (plan_.parity == parity::strict && mask.form != mask_form::json_text) {
    throw element_fault{
        ".segmentation",
        "expected a compressed run-length code ({\"size\": [h, w], \"counts\": \"...\"}); the reference "
        "takes no other mask in results without boxes (corrected parity does)"};
  }
}

void detection_rows::append(detection_rows const& later) {
  std::uint64_t const base = size();
  reader_.append_tallies(later.reader_, base);
  unknown_categories_.append(later.unknown_categories_, base);
  num_box_masks_ += later.num_box_masks_;
  for (std::uint64_t const row : later.rows_with_own_box_) rows_with_own_box_.push_back(base + row);
  ingest::append(image_indices, later.image_indices);
  ingest::append(category_indices, later.category_indices);
  ingest::append(scores, later.scores);
  ingest::append(areas_px, later.areas_px);
  ingest::append(boxes, later.boxes);
  append_masks(masks, later.masks);
}

void detection_rows::reserve(double factor) {
  grow(image_indices, factor);
  grow(category_indices, factor);
  grow(scores, factor);
  grow(areas_px, factor);
  grow(boxes, factor);
  reserve_masks(masks, factor);
}

void detection_rows::clear() {
  image_indices.clear();
  category_indices.clear();
  scores.clear();
  areas_px.clear();
  boxes.clear();
  clear_masks(masks);
  reader_.clear_tallies();
  unknown_categories_ = {};
  num_box_masks_ = 0;
  rows_with_own_box_.clear();
}

}  // namespace maskmetrics::ingest
