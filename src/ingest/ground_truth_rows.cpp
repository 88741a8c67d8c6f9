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

/// What an error of an image's or a category's id adds where Python's classes take the id.
constexpr char const* ids_hint =
    "; number the ids of both files 1, 2, 3, ..., or evaluate with the Python classes COCOeval and LVISEval, "
    "which take such ids";

/// The id of an image or a category, an integer of 64 bits.
void read_table_id(element_reader& reader, ondemand::value value, std::int64_t& out) {
  if (auto const number = integer_of(value)) {
    out = *number;
    reader.good(field_id);
  } else {
    reader.bad(field_id, ".id",
               "expected an integer of 64 bits, found " + describe(value) + (is_text_or_number(value) ? ids_hint : ""));
  }
}

/// Drops the note of the last row at @p path: a later value of the same key replaces it.
void forget_note(std::vector<row_note>& notes, std::uint64_t row, std::string_view path) {
  for (std::size_t at = notes.size(); at > 0 && notes[at - 1].row == row; --at) {
    if (notes[at - 1].path != path) continue;
    notes.erase(notes.begin() + static_cast<std::ptrdiff_t>(at - 1));
    return;
  }
}

/// Appends the notes of a later part, whose rows begin at @p base.
void append_notes(std::vector<row_note>& whole, std::vector<row_note> const& part, std::uint64_t base) {
  for (row_note const& each : part) whole.push_back({base + each.row, each.path, each.text});
}

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

void image_rows::read_side(ondemand::value value, char const* path, std::uint32_t& out) {
  constexpr std::int64_t most = std::numeric_limits<std::uint32_t>::max();
  if (!odd_sizes.empty()) forget_note(odd_sizes, ids.size(), path);
  auto const number = integer_of(value);
  bool const usable = number && *number >= 0 && *number <= most;
  out = usable ? static_cast<std::uint32_t>(*number) : 0;
  if (!usable) odd_sizes.push_back({ids.size(), path, describe(value)});
}

void image_rows::add(ondemand::object element, text_position /*origin*/) {
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
      read_table_id(reader_, field.value(), id);
    } else if (key == "height") {
      read_side(field.value(), ".height", height);
    } else if (key == "width") {
      read_side(field.value(), ".width", width);
    } else if (key == "neg_category_ids") {
      has_unread_lists = !federated;
      negatives_here_.clear();  // of two lists the later one counts
      if (federated) reader_.integers(field.value(), field_negatives, ".neg_category_ids", negatives_here_);
    } else if (key == "not_exhaustive_category_ids" && federated) {
      not_exhaustive_here_.clear();
      reader_.integers(field.value(), field_not_exhaustive, ".not_exhaustive_category_ids", not_exhaustive_here_);
    } else if (key == "file_name" && wants_names) {
      ondemand::value value = field.value();
      file_name = text_in(value);
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
  ids.push_back(id);
  heights.push_back(height);
  widths.push_back(width);
  if (wants_names) file_names.push_back(std::move(file_name));
}

void image_rows::append(image_rows const& later) {
  append_notes(odd_sizes, later.odd_sizes, ids.size());
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
  odd_sizes.clear();
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
      read_table_id(reader_, field.value(), id);
    } else if (key == "name") {
      ondemand::value value = field.value();
      name = text_in(value);
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

void annotation_rows::read_id(ondemand::value value, unsigned field, char const* path, std::int64_t& out,
                              std::vector<row_note>& odd) {
  if (!odd.empty()) forget_note(odd, ids.size(), path);
  if (auto const number = integer_of(value)) {
    out = *number;
    return reader_.good(field);
  }
  out = 0;
  // Of any other value the reference finds no image and no category.
  bool const is_row_id = field == field_id;
  bool const accepted =
      is_row_id ? is_text_or_number(value) : options_.parity == parity::strict && may_be_other_id(value);
  if (!accepted) return reader_.bad(field, path, "expected an integer of 64 bits, found " + describe(value));
  odd.push_back({ids.size(), path, is_row_id ? std::string(token_of(value)) : describe(value)});
  reader_.good(field);
}

void annotation_rows::read_difficult(ondemand::value value, std::optional<bool>& out) {
  if (!odd_difficult.empty()) forget_note(odd_difficult, ids.size(), ".difficult");
  std::string_view const token = token_of(value);
  out = token == "true" || token == "\"1\"" || number_of(value) == 1.0;
  bool const is_plain = *out || token == "false" || token == "null" || token == "\"0\"" || number_of(value) == 0.0;
  if (is_plain) return reader_.good(field_difficult);
  std::string const found = describe(value);
  if (options_.parity == parity::corrected) {
    return reader_.bad(field_difficult, ".difficult", "expected 0 or 1, found " + found);
  }
  odd_difficult.push_back({ids.size(), ".difficult", found});
  reader_.good(field_difficult);
}

void annotation_rows::note_faults(std::int64_t id) {
  constexpr unsigned id_fields = field_id | field_image_id | field_category_id;
  constexpr named_field id_field{field_id, "id"};
  if (auto const fault = reader_.problem(
          id_fields, {id_field, {field_image_id, "image_id"}, {field_category_id, "category_id"}}, id_field, id)) {
    throw element_fault(*fault);
  }
  auto fault = reader_.problem(~id_fields, {}, id_field, id);
  if (!fault && options_.boxes) fault = reader_.problem(0, {{field_box, "bbox"}}, id_field, id);
  if (fault) faults.push_back({ids.size(), std::move(fault->path), std::move(fault->problem)});
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
      read_id(field.value(), field_image_id, ".image_id", image_id, odd_image_ids);
    } else if (key == "category_id") {
      read_id(field.value(), field_category_id, ".category_id", category_id, odd_category_ids);
    } else if (key == "id") {
      read_id(field.value(), field_id, ".id", id, odd_ids);
    } else if (key == "iscrowd") {
      if (options_.crowd_counts) {
        read_crowd(reader_, field.value(), is_crowd);
      } else {
        is_crowd = is_truthy(field.value()) ? 1 : 0;  // only counted
      }
    } else if (key == "ignore") {
      is_ignored = is_truthy(field.value());
    } else if (key == "difficult" && options_.rules == rule_set::voc) {
      read_difficult(field.value(), is_difficult);
    }
  }
  if (!reader_.complete(needed_)) note_faults(id);
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
  std::uint64_t const base = ids.size();
  reader_.append_tallies(later.reader_, base);
  append_notes(odd_difficult, later.odd_difficult, base);
  append_notes(odd_ids, later.odd_ids, base);
  append_notes(odd_image_ids, later.odd_image_ids, base);
  append_notes(odd_category_ids, later.odd_category_ids, base);
  append_notes(faults, later.faults, base);
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
  for (std::vector<row_note>* const notes : {&odd_ids, &odd_image_ids, &odd_category_ids, &odd_difficult, &faults}) {
    notes->clear();
  }
  reader_.clear_tallies();
}

}  // namespace maskmetrics::ingest
