/// @file
/// Ground truth as columns.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "maskmetrics/mask_batch.hpp"
#include "maskmetrics/types.hpp"
#include "maskmetrics/view.hpp"

namespace maskmetrics {

/// A list of categories for every image, CSR.
struct category_lists {
  std::vector<std::uint64_t> begin;       ///< [I+1], or empty where the lists were not asked for
  std::vector<std::uint32_t> categories;  ///< into category_table; ascending and unique within an image

  [[nodiscard]] view<std::uint32_t const> of(std::uint32_t image) const {
    return {categories.data() + begin[image], begin[image + 1] - begin[image]};
  }
};

/// Why an image has no size, where its id and the lack of one do not say it.
struct size_note {
  std::uint32_t image = 0;
  std::string text;  ///< "image 7 has the \"height\" -1"
};

/// Images, ascending by id, ids unique.
struct image_table {
  std::vector<std::int64_t> ids;       ///< [I]
  std::vector<std::uint32_t> heights;  ///< [I] px; 0 where the file gives none that is usable
  std::vector<std::uint32_t> widths;   ///< [I] px
  std::vector<std::string> names;      ///< [I] by which VOC's files call them ("2007_000027"), or empty; unique
  std::vector<size_note> size_notes;   ///< ascending by image, for messages
  category_lists negatives;            ///< LVIS: categories known to be absent (neg_category_ids)
  category_lists not_exhaustive;       ///< LVIS: categories of which instances may lack an annotation

  [[nodiscard]] std::size_t size() const { return ids.size(); }
  /// Index of an id, or no_index.
  [[nodiscard]] std::uint32_t find(std::int64_t id) const;
};

/// LVIS: in how many training images a category occurs; see semantics::frequency_of for the limits.
enum class category_frequency : unsigned char { rare, common, frequent };

/// Categories, ascending by id, ids unique.
struct category_table {
  std::vector<std::int64_t> ids;                ///< [K]
  std::vector<std::string> names;               ///< [K] UTF-8; empty where the file gives none
  std::vector<category_frequency> frequencies;  ///< [K], or empty where they were not asked for

  [[nodiscard]] std::size_t size() const { return ids.size(); }
  [[nodiscard]] std::uint32_t find(std::int64_t id) const;
};

/// Ground-truth annotations in file order, one row each.
struct annotation_table {
  std::vector<std::int64_t> ids;             ///< [G]
  std::vector<std::uint32_t> image_indices;  ///< [G] into image_table; no_index: image unknown, never evaluated
  std::vector<std::uint32_t>
      category_indices;              ///< [G] into category_table; no_index: category unknown, never evaluated
  std::vector<double> areas_px;      ///< [G]
  std::vector<box> boxes;            ///< [G], or empty where boxes were not asked for
  std::vector<std::uint8_t> crowd;   ///< [G] 1: iscrowd
  std::vector<std::uint8_t> ignore;  ///< [G] 1: the file's own "ignore" flag; VOC: "difficult"
  mask_batch masks;                  ///< [G] entries, or none where masks were not asked for

  [[nodiscard]] std::size_t size() const { return ids.size(); }
};

/// A ground-truth data set.
struct dataset {
  std::string source;  ///< file name for messages
  image_table images;
  category_table categories;
  annotation_table annotations;
  std::vector<warning> warnings;  ///< what was accepted while reading
};

}  // namespace maskmetrics
