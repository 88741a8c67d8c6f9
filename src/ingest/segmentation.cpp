#include "ingest/segmentation.hpp"

#include <limits>
#include <optional>

#include "core/segmentation_problem.hpp"
#include "ingest/columns.hpp"

namespace maskmetrics::ingest {

namespace {

constexpr std::uint64_t max_uint32 = std::numeric_limits<std::uint32_t>::max();
/// Where a list is too short there is no offending value.
constexpr std::uint64_t no_value = std::numeric_limits<std::uint64_t>::max();

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

/// Reads one segmentation; what it cannot read it notes in the entry.
class segmentation_reader {
public:
  segmentation_reader(text_position const& origin, mask_batch& masks, mask_entry& entry)
      : origin_(origin), masks_(masks), entry_(entry) {}

  /// False where the value is no segmentation; the entry says why.
  bool read(ondemand::value& value) {
    ondemand::array rings;
    ondemand::object fields;
    if (value.get_object().get(fields) == simdjson::SUCCESS) return read_rle(fields);
    if (value.get_array().get(rings) == simdjson::SUCCESS) return read_polygons(rings);
    return refuse(segmentation_problem::other_value, value);
  }

private:
  bool refuse(segmentation_problem problem, ondemand::value& value, std::size_t first = 0, std::size_t second = 0) {
    entry_ = invalid_segmentation(problem, origin_.of(value.raw_json_token().data()), static_cast<std::uint32_t>(first),
                                  static_cast<std::uint32_t>(second));
    return false;
  }

  /// Appends the coordinates of polygon @p i.
  bool read_ring(ondemand::array numbers, std::size_t i) {
    std::size_t const begin = masks_.coordinates.size();
    for (auto element : numbers) {
      auto item = take<ondemand::value>(element);
      double number = 0;
      if (!read_double(item, number)) {
        auto const other = number_of(item);
        bool const is_list = token_of(item).starts_with('[');
        if (is_list) return refuse(segmentation_problem::pairs, item);
        if (!other) return refuse(segmentation_problem::not_a_number, item, i, masks_.coordinates.size() - begin);
        number = *other;
      }
      masks_.coordinates.push_back(number);
    }
    std::size_t const length = masks_.coordinates.size() - begin;
    if (length > max_uint32) return false;
    masks_.rings.push_back({begin, static_cast<std::uint32_t>(length)});
    return true;
  }

  bool read_polygons(ondemand::array rings) {
    std::size_t const begin = masks_.rings.size();
    std::size_t num_elements = 0;
    bool flat = false;
    for (auto element : rings) {
      auto ring = take<ondemand::value>(element);
      std::size_t const i = num_elements++;
      if (flat) continue;
      ondemand::array numbers;
      if (ring.get_array().get(numbers) == simdjson::SUCCESS) {
        if (!read_ring(numbers, i)) return false;
        continue;
      }
      flat = i == 0 && number_of(ring).has_value();
      if (!flat) return refuse(segmentation_problem::not_a_list, ring, i);
    }
    if (flat) {
      entry_ = invalid_segmentation(segmentation_problem::flat_numbers, 0, static_cast<std::uint32_t>(num_elements));
      return false;
    }
    entry_.begin = begin;
    entry_.length = static_cast<std::uint32_t>(masks_.rings.size() - begin);
    entry_.form = mask_form::polygons;
    return true;
  }

  bool read_size(ondemand::value value, mask_entry& size) {
    ondemand::array numbers;
    if (value.get_array().get(numbers) != simdjson::SUCCESS) return refuse(segmentation_problem::bad_size, value);
    std::uint32_t sides[2] = {};
    unsigned count = 0;
    for (auto element : numbers) {
      auto item = take<ondemand::value>(element);
      auto const side = uint32_of(item);
      if (!side || count == 2) return refuse(segmentation_problem::bad_size, item);
      sides[count++] = *side;
    }
    size.height = sides[0];
    size.width = sides[1];
    if (count == 2) return true;
    entry_ = invalid_segmentation(segmentation_problem::bad_size, no_value);
    return false;
  }

  bool read_counts(ondemand::value value, mask_entry& counts) {
    std::string_view const token = token_of(value);
    if (token.starts_with('"')) {
      std::size_t const length = token.size() - 2;
      counts.begin = origin_.of(token.data() + 1);
      counts.length = static_cast<std::uint32_t>(length);
      counts.form = mask_form::json_text;
      return length <= max_uint32 || refuse(segmentation_problem::bad_counts, value);
    }
    ondemand::array numbers;
    if (value.get_array().get(numbers) != simdjson::SUCCESS) return refuse(segmentation_problem::bad_counts, value);
    counts.begin = masks_.counts.size();
    for (auto element : numbers) {
      auto item = take<ondemand::value>(element);
      auto const count = uint32_of(item);
      if (!count) return refuse(segmentation_problem::bad_counts, item);
      masks_.counts.push_back(*count);
    }
    std::size_t const length = masks_.counts.size() - counts.begin;
    counts.length = static_cast<std::uint32_t>(length);
    counts.form = mask_form::counts;
    return length <= max_uint32;
  }

  bool read_rle(ondemand::object fields) {
    std::size_t const num_counts = masks_.counts.size();
    mask_entry rle;
    mask_entry size_problem = invalid_segmentation(segmentation_problem::without_size);
    mask_entry counts_problem = invalid_segmentation(segmentation_problem::without_counts);
    bool sized = false;
    bool counted = false;
    for (auto each : fields) {
      auto field = take<ondemand::field>(each);
      std::string_view const key = key_of(field);
      if (key == "counts") {
        masks_.counts.resize(num_counts);  // a second one replaces the first
        counted = read_counts(field.value(), rle);
        counts_problem = entry_;
      } else if (key == "size") {
        sized = read_size(field.value(), rle);
        size_problem = entry_;
      }
    }
    entry_ = !sized ? size_problem : !counted ? counts_problem : rle;
    return sized && counted;
  }

  text_position const& origin_;
  mask_batch& masks_;
  mask_entry& entry_;
};

}  // namespace

mask_entry read_segmentation(ondemand::value value, text_position const& origin, mask_batch& masks) {
  std::size_t const num_coordinates = masks.coordinates.size();
  std::size_t const num_rings = masks.rings.size();
  std::size_t const num_counts = masks.counts.size();
  mask_entry entry;
  if (!segmentation_reader(origin, masks, entry).read(value)) {
    masks.coordinates.resize(num_coordinates);
    masks.rings.resize(num_rings);
    masks.counts.resize(num_counts);
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
