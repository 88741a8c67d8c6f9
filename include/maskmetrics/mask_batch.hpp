/// @file
/// Masks of many annotations as columns, in the form they arrived in; nothing is decoded here.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "maskmetrics/host_device.hpp"
#include "maskmetrics/types.hpp"
#include "maskmetrics/view.hpp"

namespace maskmetrics {

enum class mask_form : unsigned char {
  none,       ///< the annotation has no segmentation
  polygons,   ///< rings of x, y pairs; rasterised with the image's size
  counts,     ///< run lengths, background first
  text,       ///< COCO's compressed run-length string
  json_text,  ///< the same as it stands between the quotes of a JSON file, escapes included
  box,        ///< the annotation's box as a four-corner polygon (results that carry boxes only)
  invalid,    ///< something else stands there; an error only where masks are evaluated
};

/// One mask: where its payload lies in the batch.
struct mask_entry {
  std::uint64_t begin =
      0;  ///< text: first byte in mask_batch::text(); counts, polygons: first element of counts / rings
  std::uint32_t length = 0;  ///< bytes, counts or rings
  std::uint32_t height = 0;  ///< the run-length code's own size in pixels; 0 for polygons, which take the image's
  std::uint32_t width = 0;
  mask_form form = mask_form::none;
};

/// A ring of a polygon: coordinates [begin, begin + num_values) of mask_batch::coordinates, x and y alternating.
struct polygon_ring {
  std::uint64_t begin = 0;
  std::uint32_t num_values = 0;
};

/// Columns of masks. Text masks stay in the buffer they were read from, which the batch keeps alive.
struct mask_batch {
  std::vector<mask_entry> entries;  ///< [num_annotations], or empty where masks were not asked for
  std::vector<double> coordinates;  ///< px
  std::vector<polygon_ring> rings;
  std::vector<std::uint32_t> counts;  ///< run lengths in px
  std::string_view text;              ///< bytes that text entries point into
  std::shared_ptr<void const> text_owner;
  /// Where the text is that of a mapped file: gives the memory of bytes [begin, end) back, which come from the file
  /// again when they are read again. Thread-safe. Empty elsewhere.
  std::function<void(std::uint64_t begin, std::uint64_t end)> release_text;
  std::string source;  ///< file name for error messages

  /// Bytes of a text or json_text entry.
  [[nodiscard]] std::string_view text_of(mask_entry const& entry) const {
    return text.substr(entry.begin, entry.length);
  }
};

/// The columns of a mask_batch, whoever owns them and wherever they are.
struct mask_columns {
  view<mask_entry const> entries;
  view<double const> coordinates;  ///< px
  view<polygon_ring const> rings;
  view<std::uint32_t const> counts;  ///< px
  view<char const> text;

  mask_columns() = default;
  mask_columns(mask_batch const& batch)
      : entries(batch.entries.data(), batch.entries.size()),
        coordinates(batch.coordinates.data(), batch.coordinates.size()),
        rings(batch.rings.data(), batch.rings.size()),
        counts(batch.counts.data(), batch.counts.size()),
        text(batch.text.data(), batch.text.size()) {}

  /// True where the codes of an entry, and the points of its rings, lie in the columns.
  [[nodiscard]] MASKMETRICS_HOST_DEVICE constexpr bool hold(mask_entry const& entry) const {
    switch (entry.form) {
      case mask_form::text:
      case mask_form::json_text:
        return lie_in(text.size(), entry.begin, entry.length);
      case mask_form::counts:
        return lie_in(counts.size(), entry.begin, entry.length);
      case mask_form::polygons:
        if (!lie_in(rings.size(), entry.begin, entry.length)) return false;
        for (std::uint32_t i = 0; i < entry.length; ++i) {
          polygon_ring const& ring = rings[entry.begin + i];
          if (!lie_in(coordinates.size(), ring.begin, ring.num_values)) return false;
        }
        return true;
      case mask_form::none:
      case mask_form::box:
      case mask_form::invalid:
        break;
    }
    return true;
  }

  /// Bytes of a text or json_text entry, in host memory.
  [[nodiscard]] std::string_view text_of(mask_entry const& entry) const {
    return {text.data() + entry.begin, entry.length};
  }

private:
  [[nodiscard]] MASKMETRICS_HOST_DEVICE static constexpr bool lie_in(std::uint64_t size, std::uint64_t begin,
                                                                     std::uint64_t length) {
    return begin <= size && length <= size - begin;
  }
};

}  // namespace maskmetrics
