#include "engine/grouping.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <utility>

namespace maskmetrics {

namespace {

/// For every row the last row of the same id; empty where all ids differ.
std::vector<std::uint32_t> last_of_same_id(view<std::int64_t const> ids) {
  if (std::is_sorted(ids.begin(), ids.end(), std::less_equal<>())) return {};
  std::vector<std::uint32_t> by_id(ids.size());
  std::iota(by_id.begin(), by_id.end(), 0U);
  std::stable_sort(by_id.begin(), by_id.end(), [&](std::uint32_t x, std::uint32_t y) { return ids[x] < ids[y]; });
  std::vector<std::uint32_t> last(ids.size());
  bool any = false;
  for (std::size_t i = by_id.size(); i-- > 0;) {
    bool const same = i + 1 < by_id.size() && ids[by_id[i]] == ids[by_id[i + 1]];
    last[by_id[i]] = same ? last[by_id[i + 1]] : by_id[i];
    any |= same;
  }
  return any ? last : std::vector<std::uint32_t>{};
}

/// What an evaluation knows of rows: where they belong, if anywhere.
struct row_places {
  view<std::uint32_t const> image_indices;
  view<std::uint32_t const> category_indices;
  axis_maps const& maps;

  [[nodiscard]] std::uint32_t image(std::uint32_t row) const { return maps.image(image_indices[row]); }
  [[nodiscard]] std::uint32_t category(std::uint32_t row) const { return maps.category(category_indices[row]); }
  [[nodiscard]] bool kept(std::uint32_t row) const { return image(row) != no_index && category(row) != no_index; }
};

/// Leaves the rows that count, each the last one of its id.
void choose_rows(std::vector<std::uint32_t>& rows, view<std::int64_t const> ids, row_places const& places) {
  std::vector<std::uint32_t> const last = last_of_same_id(ids);
  // Where categories are not used the reference filters by category only after it has replaced duplicates.
  bool const by_category = places.maps.use_categories || last.empty();
  std::erase_if(rows,
                [&](std::uint32_t row) { return by_category ? !places.kept(row) : places.image(row) == no_index; });
  if (last.empty()) return;
  sort_rows_by(rows, places.maps.image_of.size(), [&](std::uint32_t row) { return places.image(row); });
  for (std::uint32_t& row : rows) row = last[row];
  std::erase_if(rows, [&](std::uint32_t row) { return !places.kept(row); });
}

}  // namespace

grouped_rows group_by_image(std::vector<std::uint32_t> candidates, view<std::uint32_t const> image_indices,
                            view<std::uint32_t const> category_indices, view<std::int64_t const> ids,
                            axis_maps const& maps) {
  row_places const places{image_indices, category_indices, maps};
  grouped_rows out;
  out.rows = std::move(candidates);
  choose_rows(out.rows, ids, places);
  sort_rows_by(out.rows, maps.image_of.size(), [&](std::uint32_t row) { return places.image(row); });
  for (std::uint32_t i = 0; i < out.rows.size(); ++i) {
    std::uint32_t const image = places.image(out.rows[i]);
    if (out.groups.empty() || out.groups.back().image != image) out.groups.push_back({0, image, i, i});
    out.groups.back().end = i + 1;
  }
  return out;
}

grouped_rows group_rows(std::vector<std::uint32_t> candidates, view<std::uint32_t const> image_indices,
                        view<std::uint32_t const> category_indices, view<std::int64_t const> ids,
                        axis_maps const& maps) {
  row_places const places{image_indices, category_indices, maps};
  auto const image_of = [&](std::uint32_t row) { return places.image(row); };
  auto const category_of = [&](std::uint32_t row) { return places.category(row); };
  grouped_rows out;
  out.rows = std::move(candidates);
  std::vector<std::uint32_t>& rows = out.rows;
  choose_rows(rows, ids, places);
  if (maps.use_categories) {
    sort_rows_by(rows, maps.image_of.size(), image_of);
    sort_rows_by(rows, maps.num_categories, category_of);
  } else {
    sort_rows_by(rows, maps.category_of.size(),
                 [&](std::uint32_t row) { return maps.place_of[category_indices[row]]; });
    sort_rows_by(rows, maps.image_of.size(), image_of);
  }
  for (std::uint32_t i = 0; i < rows.size(); ++i) {
    std::uint32_t const category = category_of(rows[i]);
    std::uint32_t const image = image_of(rows[i]);
    if (out.groups.empty() || out.groups.back().category != category || out.groups.back().image != image) {
      out.groups.push_back({category, image, i, i});
    }
    out.groups.back().end = i + 1;
  }
  return out;
}

}  // namespace maskmetrics
