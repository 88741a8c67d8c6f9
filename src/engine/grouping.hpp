/// @file
/// Rows of a table, ordered by category and image.
#pragma once

#include <cstdint>
#include <vector>

#include <maskmetrics/view.hpp>

namespace maskmetrics {

/// How an evaluation numbers images and categories; no_index for what it leaves out.
struct axis_maps {
  std::vector<std::uint32_t> image_of;     ///< [images of the data set] -> the same index, or no_index
  std::vector<std::uint32_t> category_of;  ///< [categories of the data set] -> k, or no_index
  std::uint32_t num_categories = 0;        ///< K
  bool use_categories = true;
};

/// One group of rows: a (category, image).
struct row_group {
  std::uint32_t category;
  std::uint32_t image;
  std::uint32_t begin;  ///< into grouped_rows::rows
  std::uint32_t end;
};

struct grouped_rows {
  std::vector<std::uint32_t> rows;
  std::vector<row_group> groups;  ///< ascending by category, then image
};

/// Groups the rows that the maps keep; within a group rows stay in file order, category-major where categories are
/// not used.
/// @param ids  the rows' ids where some may be equal, or empty. As in the reference, which keeps annotations in a
///             dictionary by id, every row of an id then stands for the last one.
[[nodiscard]] grouped_rows group_rows(view<std::uint32_t const> image_indices,
                                      view<std::uint32_t const> category_indices, view<std::int64_t const> ids,
                                      axis_maps const& maps);

}  // namespace maskmetrics
