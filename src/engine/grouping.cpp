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

}  // namespace

grouped_rows group_rows(std::vector<std::uint32_t> candidates, view<std::uint32_t const> image_indices,
                        view<std::uint32_t const> category_indices, view<std::int64_t const> ids,
                        axis_maps const& maps) {
  auto const image_of = [&](std::uint32_t row) { return maps.image(image_indices[row]); };
  auto const category_of = [&](std::uint32_t row) { return maps.category(category_indices[row]); };
  auto const kept = [&](std::uint32_t row) { return image_of(row) != no_index && category_of(row) != no_index; };

  grouped_rows out;
  out.rows = std::move(candidates);
  std::vector<std::uint32_t>& rows = out.rows;
  std::vector<std::uint32_t> const last = last_of_same_id(ids);
  // Where categories are not used the reference filters by category only after it has replaced duplicates.
  bool const by_category = maps.use_categories || last.empty();
  std::erase_if(rows, [&](std::uint32_t row) { return by_category ? !kept(row) : image_of(row) == no_index; });
  if (!last.empty()) {
    sort_rows_by(rows, maps.image_of.size(), image_of);
    for (std::uint32_t& row : rows) row = last[row];
    std::erase_if(rows, [&](std::uint32_t row) { return !kept(row); });
  }
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
