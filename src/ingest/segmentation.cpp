#include "ingest/segmentation.hpp"

#include <limits>
#include <optional>

#include "ingest/columns.hpp"

namespace maskmetrics::ingest {

namespace {

constexpr std::uint64_t max_uint32 = std::numeric_limits<std::uint32_t>::max();

std::optional<std::uint32_t> uint32_of(ondemand::value& value) {
  std::uint64_t number = 0;
  if (value.get_uint64().get(number) != simdjson::SUCCESS) {
    auto const integer = integer_of(value);
    if (!integer || *integer < 0) return {};
    number = static_cast<std::uint64_t>(*integer);
  }
  if (number > max_uint32) return {};
  return static_cast<std::uint32_t>(number);
}

/// Appends one ring's coordinates; false where it is not an array of numbers.
bool read_ring(ondemand::value& value, mask_batch& masks) {
  ondemand::array numbers;
  if (value.get_array().get(numbers) != simdjson::SUCCESS) return false;
  std::size_t const begin = masks.coordinates.size();
  for (auto element : numbers) {
    auto item = take<ondemand::value>(element);
    double number = 0;
    if (!read_double(item, number)) {
      auto const other = number_of(item);
      if (!other) return false;
      number = *other;
    }
    masks.coordinates.push_back(number);
  }
  std::size_t const length = masks.coordinates.size() - begin;
  if (length > max_uint32) return false;
  masks.rings.push_back({begin, static_cast<std::uint32_t>(length)});
  return true;
}

bool read_polygons(ondemand::array rings, mask_batch& masks, mask_entry& entry) {
  entry.begin = masks.rings.size();
  for (auto element : rings) {
    auto ring = take<ondemand::value>(element);
    if (!read_ring(ring, masks)) return false;
  }
  entry.length = static_cast<std::uint32_t>(masks.rings.size() - entry.begin);
  entry.form = mask_form::polygons;
  return true;
}

bool read_size(ondemand::value& value, mask_entry& entry) {
  ondemand::array numbers;
  if (value.get_array().get(numbers) != simdjson::SUCCESS) return false;
  std::uint32_t sides[2] = {};
  unsigned count = 0;
  for (auto element : numbers) {
    auto item = take<ondemand::value>(element);
    auto const side = uint32_of(item);
    if (!side || count == 2) return false;
    sides[count++] = *side;
  }
  entry.height = sides[0];
  entry.width = sides[1];
  return count == 2;
}

bool read_counts(ondemand::value& value, text_position const& origin, mask_batch& masks, mask_entry& entry) {
  entry.form = mask_form::invalid;
  std::string_view const token = token_of(value);
  if (token.starts_with('"')) {
    std::size_t const length = token.size() - 2;
    if (length > max_uint32) return false;
    entry.begin = origin.of(token.data() + 1);
    entry.length = static_cast<std::uint32_t>(length);
    entry.form = mask_form::json_text;
    return true;
  }
  ondemand::array numbers;
  if (value.get_array().get(numbers) != simdjson::SUCCESS) return false;
  entry.begin = masks.counts.size();
  for (auto element : numbers) {
    auto item = take<ondemand::value>(element);
    auto const count = uint32_of(item);
    if (!count) return false;
    masks.counts.push_back(*count);
  }
  std::size_t const length = masks.counts.size() - entry.begin;
  if (length > max_uint32) return false;
  entry.length = static_cast<std::uint32_t>(length);
  entry.form = mask_form::counts;
  return true;
}

bool read_run_lengths(ondemand::object fields, text_position const& origin, mask_batch& masks, mask_entry& entry) {
  std::size_t const num_counts = masks.counts.size();
  bool sized = false;
  bool counted = false;
  for (auto each : fields) {
    auto field = take<ondemand::field>(each);
    std::string_view const key = key_of(field);
    if (key == "counts") {
      masks.counts.resize(num_counts);  // a second one replaces the first
      counted = read_counts(field.value(), origin, masks, entry);
    } else if (key == "size") {
      sized = read_size(field.value(), entry);
    }
  }
  return sized && counted;
}

}  // namespace

mask_entry read_segmentation(ondemand::value value, text_position const& origin, mask_batch& masks) {
  std::size_t const num_coordinates = masks.coordinates.size();
  std::size_t const num_rings = masks.rings.size();
  std::size_t const num_counts = masks.counts.size();
  mask_entry entry;
  bool valid = false;
  ondemand::array rings;
  ondemand::object fields;
  if (value.get_object().get(fields) == simdjson::SUCCESS) {
    valid = read_run_lengths(fields, origin, masks, entry);
  } else if (value.get_array().get(rings) == simdjson::SUCCESS) {
    valid = read_polygons(rings, masks, entry);
  }
  if (!valid) {
    masks.coordinates.resize(num_coordinates);
    masks.rings.resize(num_rings);
    masks.counts.resize(num_counts);
    entry = {};
    entry.form = mask_form::invalid;
  }
  return entry;
}

void append_masks(mask_batch& whole, mask_batch const& part) {
  std::size_t const first_entry = whole.entries.size();
  std::size_t const first_ring = whole.rings.size();
  std::uint64_t const first_coordinate = whole.coordinates.size();
  std::uint64_t const first_count = whole.counts.size();
  append(whole.entries, part.entries);
  append(whole.rings, part.rings);
  append(whole.coordinates, part.coordinates);
  append(whole.counts, part.counts);
  for (std::size_t i = first_entry; i < whole.entries.size(); ++i) {
    mask_entry& entry = whole.entries[i];
    if (entry.form == mask_form::polygons) entry.begin += first_ring;
    if (entry.form == mask_form::counts) entry.begin += first_count;
  }
  for (std::size_t i = first_ring; i < whole.rings.size(); ++i) whole.rings[i].begin += first_coordinate;
}

void reserve_masks(mask_batch& masks, double factor) {
  grow(masks.entries, factor);
  grow(masks.rings, factor);
  grow(masks.coordinates, factor);
  grow(masks.counts, factor);
}

void clear_masks(mask_batch& masks) {
  masks.entries.clear();
  masks.rings.clear();
  masks.coordinates.clear();
  masks.counts.clear();
}

}  // namespace maskmetrics::ingest
