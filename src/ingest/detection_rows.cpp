#include "ingest/detection_rows.hpp"

#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <maskmetrics/semantics/iou.hpp>

#include "ingest/columns.hpp"

namespace maskmetrics::ingest {

void detection_rows::read_points(ondemand::value value, box& out) {
  ondemand::array elements;
  constexpr char const* path = ".keypoints";
  if (value.get_array().get(elements) != simdjson::SUCCESS) {
    return reader_.bad(field_keypoints, path, "expected an array of numbers, found " + describe(value));
  }
  constexpr double infinity = std::numeric_limits<double>::infinity();
  double low[2] = {infinity, infinity};
  double high[2] = {-infinity, -infinity};
  std::size_t count = 0;
  for (auto element : elements) {
    auto item = take<ondemand::value>(element);
    std::size_t const axis = count++ % 3;
    if (axis == 2) continue;  // visibility
    double number = 0;
    if (!reader_.one_of(item, field_keypoints, fmt::format("{}[{}]", path, count - 1), number)) return;
    // A NaN stays, as in NumPy.
    if (!(low[axis] <= number)) low[axis] = std::isnan(low[axis]) ? low[axis] : number;
    if (!(high[axis] >= number)) high[axis] = std::isnan(high[axis]) ? high[axis] : number;
  }
  if (count < 2) return reader_.bad(field_keypoints, path, fmt::format("expected a point at least, found {}", count));
  out = {low[0], low[1], high[0] - low[0], high[1] - low[1]};
  reader_.good(field_keypoints);
}

void detection_rows::read_category(ondemand::value value, std::int64_t& out) {
  odd_category_.clear();
  if (auto const number = integer_of(value)) {
    out = *number;
    return reader_.good(field_category_id);
  }
  std::string const found = describe(value);
  if (plan_.parity == parity::corrected || !may_be_other_id(value)) {
    return reader_.bad(field_category_id, ".category_id", "expected an integer of 64 bits, found " + found);
  }
  odd_category_ = found;
  reader_.good(field_category_id);
}

void detection_rows::finish(std::int64_t image_id, bool is_known) const {
  constexpr named_field id_field{field_image_id, "image_id"};
  constexpr named_field category_field{field_category_id, "category_id"};
  unsigned const needed = plan_.kind == result_kind::boxes       ? field_box
                          : plan_.kind == result_kind::keypoints ? field_keypoints
                                                                 : 0U;
  if (reader_.complete(field_image_id | field_category_id | field_score | needed)) return;
  // The reference never asks for the score of a result that it does not evaluate; LVIS' cap does.
  bool const needs_score = is_known || plan_.rules != rule_set::coco;
  auto fault = needs_score
                   ? reader_.problem(~0U, {id_field, category_field, {field_score, "score"}}, id_field, image_id)
                   : reader_.problem(~field_score, {id_field, category_field}, id_field, image_id);
  if (!fault && needed == field_box) fault = reader_.problem(0, {{field_box, "bbox"}}, id_field, image_id);
  if (!fault && needed == field_keypoints) {
    fault = reader_.problem(0, {{field_keypoints, "keypoints"}}, id_field, image_id);
  }
  if (fault) throw element_fault(*fault);
}

void detection_rows::add(ondemand::object element, text_position origin) {
  bool const wants_box = plan_.kind == result_kind::boxes || (plan_.kind == result_kind::masks && plan_.boxes);
  std::int64_t image_id = 0;
  std::int64_t category_id = 0;
  double score = 0;
  box bounds;
  mask_entry mask;
  odd_category_.clear();
  reader_.start(scores.size());
  for (auto each : element) {
    auto field = take<ondemand::field>(each);
    std::string_view const key = key_of(field);
    if (key == "segmentation") {
      if (plan_.masks) mask = read_segmentation(field.value(), origin, masks);
    } else if (key == "bbox") {
      if (wants_box) reader_.four_numbers(field.value(), field_box, ".bbox", bounds, plan_.long_boxes);
    } else if (key == "keypoints") {
      if (plan_.kind == result_kind::keypoints) read_points(field.value(), bounds);
    } else if (key == "score") {
      reader_.number(field.value(), field_score, ".score", score);
    } else if (key == "image_id") {
      reader_.integer(field.value(), field_image_id, ".image_id", image_id);
    } else if (key == "category_id") {
      read_category(field.value(), category_id);
    }
  }
  std::uint32_t const category = odd_category_.empty() ? known_->categories.find(category_id) : no_index;
  finish(image_id, category != no_index);
  if (plan_.rules == rule_set::voc) require_size(bounds, plan_.layout);
  std::uint32_t const image = image_.find(known_->images, image_id);
  if (image == no_index) {
    throw element_fault{".image_id", fmt::format("the ground truth has no image {}", image_id)};
  }
  if (category == no_index) {
    unknown_categories_.add(scores.size(), odd_category_.empty() ? fmt::format("{}", category_id) : odd_category_);
  }
  if (plan_.kind == result_kind::masks) {
    check_mask(mask);
    if (reader_.has(field_box)) rows_with_own_box_.push_back(scores.size());
  } else {
    areas_px.push_back(semantics::box_area(bounds, plan_.box_convention));
    if (plan_.masks && plan_.kind == result_kind::boxes && mask.form == mask_form::none) {
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
    char const* const found = mask.form == mask_form::polygons ? "polygons"
                              : mask.form == mask_form::counts ? "an uncompressed RLE"
                                                               : "another value";
    throw element_fault{
        ".segmentation",
        fmt::format(
            "expected a compressed RLE ({{\"size\": [h, w], \"counts\": \"...\"}}), got {}; the reference takes "
            "no other mask in results without boxes (corrected parity does)",
            found)};
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
