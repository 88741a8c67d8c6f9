/// @file
/// Rows of a table, ordered by category and image.
#pragma once

#include <cstdint>
#include <numeric>
#include <vector>

#include <maskmetrics/types.hpp>
#include <maskmetrics/view.hpp>

namespace maskmetrics {

template <class T>
view<T const> as_view(std::vector<T> const& values) {
  return {values.data(), values.size()};
}

/// How an evaluation numbers images and categories; no_index for what it leaves out.
struct axis_maps {
  std::vector<std::uint32_t> image_of;     ///< [images of the data set] -> the same index, or no_index
  std::vector<std::uint32_t> category_of;  ///< [categories of the data set] -> k, or no_index
  std::uint32_t num_categories = 0;        ///< K
  std::vector<std::uint32_t> place_of;     ///< [categories of the data set] its place within an image; see group_rows
  bool use_categories = true;

  /// Both take an index of the data set or no_index.
  [[nodiscard]] std::uint32_t image(std::uint32_t index) const {
    return index == no_index ? no_index : image_of[index];
  }
  [[nodiscard]] std::uint32_t category(std::uint32_t index) const {
    return index == no_index ? no_index : category_of[index];
  }
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

/// 0, 1, 2, ...
[[nodiscard]] inline std::vector<std::uint32_t> all_rows(std::size_t count) {
  std::vector<std::uint32_t> rows(count);
  std::iota(rows.begin(), rows.end(), 0U);
  return rows;
}

/// Stable counting sort of rows by key_of(row) in [0, num_keys).
template <class KeyOf>
void sort_rows_by(std::vector<std::uint32_t>& rows, std::size_t num_keys, KeyOf key_of) {
  std::vector<std::uint32_t> next(num_keys + 1);
  bool sorted = true;
  std::uint32_t before = 0;
  for (std::uint32_t const row : rows) {
    std::uint32_t const key = key_of(row);
    ++next[key + 1];
    sorted = sorted && before <= key;
    before = key;
  }
  if (sorted) return;
  std::partial_sum(next.begin(), next.end(), next.begin());
  std::vector<std::uint32_t> out(rows.size());
  for (std::uint32_t const row : rows) out[next[key_of(row)]++] = row;
  rows.swap(out);
}

/// Groups the rows that the maps keep; within a group rows keep their order. Where categories are not used, a group is
/// an image, and rows stand by the place of their category first.
/// @param rows  candidates; those of an image in file order
/// @param ids  the rows' ids where some may be equal, or empty. As in the reference, which keeps annotations in a
///             dictionary by id, every row of an id then stands for the last one.
[[nodiscard]] grouped_rows group_rows(std::vector<std::uint32_t> rows, view<std::uint32_t const> image_indices,
                                      view<std::uint32_t const> category_indices, view<std::int64_t const> ids,
                                      axis_maps const& maps);

/// The rows of the same candidates by image alone: a group an image, rows as group_rows() finds them before it looks at
/// categories.
[[nodiscard]] grouped_rows group_by_image(std::vector<std::uint32_t> rows, view<std::uint32_t const> image_indices,
                                          view<std::uint32_t const> category_indices, view<std::int64_t const> ids,
                                          axis_maps const& maps);

}  // namespace maskmetrics
