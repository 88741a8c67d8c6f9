#include "ingest/ground_truth_rows.hpp"

#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include <maskmetrics/semantics/federated.hpp>

#include "ingest/columns.hpp"

namespace maskmetrics::ingest {

namespace {

/// "iscrowd": false, true or an integer that fits the byte in which the reference keeps it.
void read_crowd(element_reader& reader, ondemand::value value, std::uint8_t& out) {
  bool flag = false;
  if (value.get_bool().get(flag) == simdjson::SUCCESS) {
    out = flag ? 1 : 0;
    return reader.good(field_crowd);
  }
  std::uint32_t number = 0;
  reader.size(value, field_crowd, ".iscrowd", 255, number);
  out = number != 0 ? 1 : 0;
}

/// "frequency": "r", "c" or "f".
void read_frequency(element_reader& reader, ondemand::value value, category_frequency& out) {
  std::string_view const token = token_of(value);
  if (token == "\"r\"") {
    out = category_frequency::rare;
  } else if (token == "\"c\"") {
    out = category_frequency::common;
  } else if (token == "\"f\"") {
    out = category_frequency::frequent;
  } else {
    return reader.bad(field_frequency, ".frequency", "expected \"r\", \"c\" or \"f\", found " + describe(value));
  }
  reader.good(field_frequency);
}

/// Appends the list of a row.
void add_list(id_lists& lists, std::vector<std::int64_t> const& row) {
  append(lists.ids, row);
  lists.lengths.push_back(static_cast<std::uint32_t>(row.size()));
}

}  // namespace

void image_rows::add(ondemand::object element, text_position /*origin*/) {
  constexpr std::uint32_t most_pixels = std::numeric_limits<std::int32_t>::max();
  std::int64_t id = 0;
  std::uint32_t height = 0;
  std::uint32_t width = 0;
  bool const federated = options_.rules == rule_set::lvis;
  bool const wants_names = options_.rules == rule_set::voc || options_.image_sizes != nullptr;
  bool has_unread_lists = false;
  std::string file_name;
  reader_.start(ids.size());
  for (auto each : element) {
    auto field = take<ondemand::field>(each);
    std::string_view const key = key_of(field);
    if (key == "id") {
      reader_.integer(field.value(), field_id, ".id", id);
    } else if (key == "height") {
      reader_.size(field.value(), field_height, ".height", most_pixels, height);
    } else if (key == "width") {
      reader_.size(field.value(), field_width, ".width", most_pixels, width);
    } else if (key == "neg_category_ids") {
      has_unread_lists = !federated;
      negatives_here_.clear();  // of two lists the later one counts
      if (federated) reader_.integers(field.value(), field_negatives, ".neg_category_ids", negatives_here_);
    } else if (key == "not_exhaustive_category_ids" && federated) {
      not_exhaustive_here_.clear();
      reader_.integers(field.value(), field_not_exhaustive, ".not_exhaustive_category_ids", not_exhaustive_here_);
    } else if (key == "file_name" && wants_names) {
      if (token_of(field.value()).starts_with('"')) file_name = take<std::string_view>(field.value().get_string());
    }
  }
  constexpr named_field id_field{field_id, "id"};
  reader_.finish({id_field}, id_field, id);
  if (federated) {
    reader_.finish({{field_negatives, "neg_category_ids"}, {field_not_exhaustive, "not_exhaustive_category_ids"}},
                   id_field, id);
    add_list(negatives, negatives_here_);
    add_list(not_exhaustive, not_exhaustive_here_);
  }
  num_with_unread_lists += has_unread_lists ? 1U : 0U;
  if (std::uint64_t{height} * width > most_pixels) {
    throw element_fault{"", fmt::format("image {} has {} x {} pixels, more than {}", id, height, width, most_pixels)};
  }
  ids.push_back(id);
  heights.push_back(height);
  widths.push_back(width);
  if (wants_names) file_names.push_back(std::move(file_name));
}

void image_rows::append(image_rows const& later) {
  ingest::append(ids, later.ids);
  ingest::append(heights, later.heights);
  ingest::append(widths, later.widths);
  ingest::append(file_names, later.file_names);
  ingest::append(negatives, later.negatives);
  ingest::append(not_exhaustive, later.not_exhaustive);
  num_with_unread_lists += later.num_with_unread_lists;
}

void image_rows::reserve(double factor) {
  grow(ids, factor);
  grow(heights, factor);
  grow(widths, factor);
  grow(file_names, factor);
  grow(negatives, factor);
  grow(not_exhaustive, factor);
}

void image_rows::clear() {
  ids.clear();
  heights.clear();
  widths.clear();
  file_names.clear();
  negatives = {};
  not_exhaustive = {};
  num_with_unread_lists = 0;
}

void category_rows::add(ondemand::object element, text_position /*origin*/) {
  std::int64_t id = 0;
  std::string name;
  category_frequency frequency = category_frequency::rare;
  std::int64_t image_count = -1;
  bool const federated = options_.rules == rule_set::lvis;
  reader_.start(ids.size());
  for (auto each : element) {
    auto field = take<ondemand::field>(each);
    std::string_view const key = key_of(field);
    if (key == "id") {
      reader_.integer(field.value(), field_id, ".id", id);
    } else if (key == "name") {
      name.clear();
      if (token_of(field.value()).starts_with('"')) name = take<std::string_view>(field.value().get_string());
    } else if (key == "frequency" && federated) {
      read_frequency(reader_, field.value(), frequency);
    } else if (key == "image_count" && federated) {
      // Not needed where there is a frequency, so a bad one is as good as none.
      ondemand::value value = field.value();
      image_count = integer_of(value).value_or(-1);
    }
  }
  constexpr named_field id_field{field_id, "id"};
  reader_.finish({id_field}, id_field, id);
  if (federated) {
    if (!reader_.has(field_frequency)) {
      if (image_count < 0) {
        throw element_fault{"", fmt::format("has no \"frequency\" and no \"image_count\" to tell it from (id {})", id)};
      }
      frequency = static_cast<category_frequency>(semantics::frequency_of(static_cast<std::uint64_t>(image_count)));
      ++num_counted;
    }
    frequencies.push_back(frequency);
  }
  ids.push_back(id);
  names.push_back(std::move(name));
}

void category_rows::append(category_rows const& later) {
  ingest::append(ids, later.ids);
  ingest::append(names, later.names);
  ingest::append(frequencies, later.frequencies);
  num_counted += later.num_counted;
}

void category_rows::reserve(double factor) {
  grow(ids, factor);
  grow(names, factor);
  grow(frequencies, factor);
}

void category_rows::clear() {
  ids.clear();
  names.clear();
  frequencies.clear();
  num_counted = 0;
}

void annotation_rows::add(ondemand::object element, text_position origin) {
  std::int64_t id = 0;
  std::int64_t image_id = 0;
  std::int64_t category_id = 0;
  double area_px = area_not_given;
  box bounds;
  std::uint8_t is_crowd = crowd_not_given;
  bool is_ignored = false;
  std::optional<bool> is_difficult;
  mask_entry mask;
  reader_.start(ids.size());
  for (auto each : element) {
    auto field = take<ondemand::field>(each);
    std::string_view const key = key_of(field);
    if (key == "segmentation") {
      if (options_.masks) mask = read_segmentation(field.value(), origin, masks);
    } else if (key == "bbox") {
      if (options_.boxes) reader_.four_numbers(field.value(), field_box, ".bbox", bounds);
    } else if (key == "area") {
      reader_.number(field.value(), field_area, ".area", area_px);
    } else if (key == "image_id") {
      reader_.integer(field.value(), field_image_id, ".image_id", image_id);
    } else if (key == "category_id") {
      reader_.integer(field.value(), field_category_id, ".category_id", category_id);
    } else if (key == "id") {
      reader_.integer(field.value(), field_id, ".id", id);
    } else if (key == "iscrowd") {
      read_crowd(reader_, field.value(), is_crowd);
    } else if (key == "ignore") {
      is_ignored = is_truthy(field.value());
    } else if (key == "difficult" && options_.rules == rule_set::voc) {
      is_difficult = is_truthy(field.value());
    }
  }
  constexpr named_field id_field{field_id, "id"};
  reader_.finish({id_field, {field_image_id, "image_id"}, {field_category_id, "category_id"}}, id_field, id);
  if (options_.boxes) reader_.finish({{field_box, "bbox"}}, id_field, id);
  if (options_.rules == rule_set::voc) {
    require_size(bounds, options_.ground_truth_boxes.layout);
    if (area_px < 0 && area_px != area_not_given)
      throw element_fault{".area", fmt::format("{} is negative (id {})", area_px, id)};
  }
  if (is_difficult) {
    is_ignored = *is_difficult;
    is_crowd = 0;
  }
  ids.push_back(id);
  image_ids.push_back(image_id);
  category_ids.push_back(category_id);
  areas_px.push_back(area_px);
  if (options_.boxes) boxes.push_back(bounds);
  crowd.push_back(is_crowd);
  ignore.push_back(is_ignored ? 1 : 0);
  if (options_.masks) masks.entries.push_back(mask);
}

void annotation_rows::append(annotation_rows const& later) {
  reader_.append_tallies(later.reader_, ids.size());
  ingest::append(ids, later.ids);
  ingest::append(image_ids, later.image_ids);
  ingest::append(category_ids, later.category_ids);
  ingest::append(areas_px, later.areas_px);
  ingest::append(boxes, later.boxes);
  ingest::append(crowd, later.crowd);
  ingest::append(ignore, later.ignore);
  append_masks(masks, later.masks);
}

void annotation_rows::reserve(double factor) {
  grow(ids, factor);
  grow(image_ids, factor);
  grow(category_ids, factor);
  grow(areas_px, factor);
  grow(boxes, factor);
  grow(crowd, factor);
  grow(ignore, factor);
  reserve_masks(masks, factor);
}

void annotation_rows::clear() {
  ids.clear();
  image_ids.clear();
  category_ids.clear();
  areas_px.clear();
  boxes.clear();
  crowd.clear();
  ignore.clear();
  clear_masks(masks);
  reader_.clear_tallies();
}

}  // namespace maskmetrics::ingest
