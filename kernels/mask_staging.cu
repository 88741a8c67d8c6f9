// Host code only; see mask_staging.cuh.
#include "mask_staging.cuh"

#include <cstring>

#include <core/json_escape.hpp>
#include <maskmetrics/semantics/polygon.hpp>
#include <maskmetrics/semantics/runs.hpp>

namespace maskmetrics::MASKMETRICS_KERNELS {

void packed_masks::add(mask_batch const& batch, std::uint32_t row, std::uint32_t image_height,
                       std::uint32_t image_width, box const* bounds) {
  mask_code code;
  code.height = image_height;
  code.width = image_width;
  code.interval_begin = interval_room_;
  mask_fault const fault = fill(batch, row, bounds, code);
  if (fault != mask_fault::none) {
    if (!first_fault_) first_fault_ = faulty_mask{masks_.size(), fault};
    return add_empty();
  }
  masks_.push_back(code);
}

void packed_masks::add_empty() {
  mask_code code;
  code.interval_begin = interval_room_;
  masks_.push_back(code);
}

mask_fault packed_masks::fill(mask_batch const& batch, std::uint32_t row, box const* bounds, mask_code& code) {
  if (row >= batch.entries.size()) return mask_fault::missing;
  mask_entry const& entry = batch.entries[row];
  if (!mask_columns(batch).hold(entry)) return mask_fault::outside;
  bool const is_text = entry.form == mask_form::text || entry.form == mask_form::json_text;
  if (is_text || entry.form == mask_form::counts) {
    code.height = entry.height;
    code.width = entry.width;
    if (!semantics::valid_mask_size(code.height, code.width)) return mask_fault::bad_size;
    code.form = is_text ? mask_form::text : mask_form::counts;
    code.begin = is_text ? text_.size() : counts_.size();
    if (is_text) {
      add_text(batch.text_of(entry), entry.form == mask_form::json_text);
    } else {
      std::uint32_t const* const first = batch.counts.data() + entry.begin;
      counts_.insert(counts_.end(), first, first + entry.length);
    }
    code.length = static_cast<std::uint32_t>((is_text ? text_.size() : counts_.size()) - code.begin);
    interval_room_ += interval_room_of_runs(code.length);
    return mask_fault::none;
  }

  std::uint64_t room = 0;
  mask_fault fault = mask_fault::none;
  code.form = mask_form::polygons;
  code.begin = rings_.size();
  if (entry.form == mask_form::polygons) {
    if (entry.length == 0) return mask_fault::no_rings;
    // The reference looks at the first ring alone to tell polygons from boxes, so later ones may be anything.
    if (batch.rings[entry.begin].num_values <= 4) return mask_fault::too_few_points;
    if (!semantics::valid_mask_size(code.height, code.width)) return mask_fault::bad_size;
    code.length = entry.length;
    for (std::uint32_t i = 0; i < entry.length && fault == mask_fault::none; ++i) {
      polygon_ring const& ring = batch.rings[entry.begin + i];
      fault = add_ring(batch.coordinates.data() + ring.begin, ring.num_values, code, room);
    }
  } else if (entry.form == mask_form::box && bounds != nullptr) {
    if (!semantics::valid_mask_size(code.height, code.width)) return mask_fault::bad_size;
    semantics::box_ring const ring(*bounds);
    code.length = 1;
    fault = add_ring(ring.coordinates, 8, code, room);
  } else {
    return entry.form == mask_form::invalid ? mask_fault::invalid_form : mask_fault::missing;
  }
  if (fault != mask_fault::none) return fault;
  any_polygons_ = true;
  interval_room_ += room;
  return mask_fault::none;
}

void packed_masks::add_text(std::string_view text, bool json_escapes) {
  auto const* at = reinterpret_cast<unsigned char const*>(text.data());
  auto const* const end = at + text.size();
  while (at != end) {
    void const* const escape = json_escapes ? std::memchr(at, '\\', static_cast<std::size_t>(end - at)) : nullptr;
    auto const* const plain_end = escape == nullptr ? end : static_cast<unsigned char const*>(escape);
    text_.insert(text_.end(), at, plain_end);
    at = plain_end;
    if (escape == nullptr) continue;
    ++at;
    unsigned const character = read_json_escape(at, end);
    // What is no byte cannot belong to a run-length string; neither can 0.
    text_.push_back(static_cast<unsigned char>(character <= 0xFFU ? character : 0U));
  }
}

mask_fault packed_masks::add_ring(double const* coordinates, std::uint32_t num_values, mask_code const& code,
                                  std::uint64_t& room) {
  std::uint32_t const num_points = num_values / 2;
  for (std::uint32_t i = 0; i < 2 * num_points; ++i) {
    if (!semantics::valid_polygon_coordinate(coordinates[i])) return mask_fault::coordinate;
  }
  rings_.push_back({coordinates_.size(), num_values});
  coordinates_.insert(coordinates_.end(), coordinates, coordinates + num_values);
  std::uint64_t crossings = 0;
  int before = num_points == 0 ? 0 : semantics::polygon_grid_point(coordinates[2 * (num_points - 1)]);
  for (std::uint32_t i = 0; i < num_points; ++i) {
    int const x = semantics::polygon_grid_point(coordinates[2 * i]);
    crossings += semantics::most_polygon_crossings(before, x, code.width);
    before = x;
  }
  room += interval_room_of_ring(crossings);
  return mask_fault::none;
}

device_masks::device_masks(context const& ctx, packed_masks const& from)
    : masks_(from.masks_.size(), *ctx.memory, ctx.stream),
      text_(from.text_.size(), *ctx.memory, ctx.stream),
      counts_(from.counts_.size(), *ctx.memory, ctx.stream),
      coordinates_(from.coordinates_.size(), *ctx.memory, ctx.stream),
      rings_(from.rings_.size(), *ctx.memory, ctx.stream),
      intervals_(from.interval_room_, *ctx.memory, ctx.stream),
      decoded_(from.masks_.size(), *ctx.memory, ctx.stream),
      any_polygons_(from.any_polygons_) {}

void device_masks::upload(packed_masks const& from, upload_scope& upload) const {
  auto const copy = [&](auto const& to, auto const& values) {
    upload.copy(to.data(), values.data(), values.size() * sizeof(values[0]));
  };
  copy(masks_, from.masks_);
  copy(text_, from.text_);
  copy(counts_, from.counts_);
  copy(coordinates_, from.coordinates_);
  copy(rings_, from.rings_);
}

mask_codes device_masks::codes() const {
  return {masks_.all(), text_.all(), counts_.all(), coordinates_.all(), rings_.all(), any_polygons_};
}

decoded_masks device_masks::decoded() const {
  return {intervals_.all(), decoded_.all()};
}

std::uint64_t device_bytes_of(mask_batch const& batch, std::uint32_t row) {
  constexpr std::uint64_t fixed = sizeof(mask_code) + sizeof(device_mask);
  if (row >= batch.entries.size()) return fixed;
  mask_entry const& entry = batch.entries[row];
  switch (entry.form) {
    case mask_form::text:
    case mask_form::json_text:
      return fixed + entry.length + interval_room_of_runs(entry.length) * sizeof(interval);
    case mask_form::counts:
      return fixed + entry.length * sizeof(std::uint32_t) + interval_room_of_runs(entry.length) * sizeof(interval);
    case mask_form::polygons:
    case mask_form::box: {
      // Crossings are not known before coordinates are read; most edges cross a few columns.
      constexpr std::uint64_t a_value = sizeof(double) + 16 * sizeof(interval);
      std::uint64_t bytes = fixed + 8 * a_value;
      for (std::uint32_t i = 0; entry.form == mask_form::polygons && i < entry.length; ++i) {
        bytes += sizeof(polygon_ring) + batch.rings[entry.begin + i].num_values * a_value;
      }
      return bytes;
    }
    case mask_form::none:
    case mask_form::invalid:
      break;
  }
  return fixed;
}

}  // namespace maskmetrics::MASKMETRICS_KERNELS
