#include "ingest/mask_checks.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <maskmetrics/error.hpp>

#include "core/mask_error.hpp"
#include "ingest/array_reader.hpp"

namespace maskmetrics::ingest {

namespace {

constexpr std::uint32_t values_of_three_points = 6;

/// The first ring is the decoder's to judge: the reference fails at it.
bool has_short_ring(mask_batch const& masks, mask_entry const& entry) {
  if (entry.form != mask_form::polygons || entry.length < 2) return false;
  auto const first = masks.rings.begin() + static_cast<std::ptrdiff_t>(entry.begin);
  return std::any_of(first + 1, first + static_cast<std::ptrdiff_t>(entry.length),
                     [](polygon_ring const& ring) { return ring.num_values < values_of_three_points; });
}

bool is_run_length_code(mask_entry const& entry) {
  return entry.form == mask_form::text || entry.form == mask_form::json_text || entry.form == mask_form::counts;
}

/// How often something was met, and where first.
struct sighting {
  std::uint64_t count = 0;
  std::size_t row = 0;

  void add(std::size_t at) {
    if (count++ == 0) row = at;
  }
};

}  // namespace

void check_masks(mask_batch const& masks, std::vector<std::uint32_t> const& image_indices, image_table const& images,
                 parity mode, std::string const& array, std::vector<warning>& warnings) {
  sighting short_rings;
  sighting other_sizes;
  for (std::size_t row = 0; row < masks.entries.size(); ++row) {
    mask_entry const& entry = masks.entries[row];
    if (has_short_ring(masks, entry)) short_rings.add(row);
    std::uint32_t const image = image_indices[row];
    if (image == no_index || images.heights[image] == 0 || !is_run_length_code(entry)) continue;
    if (entry.height != images.heights[image] || entry.width != images.widths[image]) other_sizes.add(row);
  }
  if (short_rings.count != 0 && mode == parity::corrected) {
    mask_entry const& entry = masks.entries[short_rings.row];
    throw input_error(masks.source, element_place(array, short_rings.row, ".segmentation"),
                      are_points(masks, entry) ? describe_points(entry)
                                               : std::string("a polygon has a ring of fewer than three points"));
  }
  add_warning(warnings, "short_ring", short_rings.count,
              fmt::format("polygons with a ring of fewer than three points; the first is {} of {}",
                          element_place(array, short_rings.row, ".segmentation"), masks.source));
  if (other_sizes.count == 0) return;
  mask_entry const& first = masks.entries[other_sizes.row];
  std::uint32_t const image = image_indices[other_sizes.row];
  add_warning(
      warnings, "mask_size_differs", other_sizes.count,
      fmt::format("masks of another size than their image; the first is {} of {}: [{}, {}], its image is {} x {}",
                  element_place(array, other_sizes.row, ".segmentation"), masks.source, first.height, first.width,
                  images.heights[image], images.widths[image]));
}

}  // namespace maskmetrics::ingest
