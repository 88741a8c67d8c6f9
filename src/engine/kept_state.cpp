#include "engine/kept_state.hpp"

#include <algorithm>
#include <numeric>
#include <unordered_map>
#include <utility>

#include "core/parallel.hpp"
#include "engine/grouping.hpp"

namespace maskmetrics {

namespace {

template <class T>
void extend(std::vector<T>& to, std::vector<T> const& more) {
  to.insert(to.end(), more.begin(), more.end());
}

/// [n+1] where each of n stretches of the given lengths begins.
template <class To, class From>
std::vector<To> begins(std::vector<From> const& lengths) {
  std::vector<To> begin(lengths.size() + 1);
  for (std::size_t i = 0; i < lengths.size(); ++i) begin[i + 1] = begin[i] + lengths[i];
  return begin;
}

/// Where the cells of a state begin in its columns.
struct cell_places {
  std::vector<std::uint64_t> detections;     // [C+1]
  std::vector<std::uint64_t> ground_truths;  // [C+1]
  std::vector<std::uint64_t> pairs;          // [C+1]

  explicit cell_places(kept_state const& state)
      : detections(begins<std::uint64_t>(state.cell_num_detections)),
        ground_truths(begins<std::uint64_t>(state.cell_num_ground_truths)),
        pairs(1) {
    pairs.reserve(state.cell_images.size() + 1);
    for (std::size_t c = 0; c < state.cell_images.size(); ++c) {
      auto const* const counts = state.num_pairs.data();
      pairs.push_back(std::accumulate(counts + detections[c], counts + detections[c + 1], pairs[c]));
    }
  }
};

/// The cells of the evaluated categories, by category, then by image id.
std::vector<std::uint32_t> cell_order(kept_state const& state, std::vector<std::uint32_t> const& image_ranks,
                                      std::vector<std::uint32_t> const& category_of) {
  std::vector<std::uint32_t> order = all_rows(state.cell_images.size());
  std::erase_if(order, [&](std::uint32_t c) { return category_of[state.cell_categories[c]] == no_index; });
  sort_rows_by(order, image_ranks.size(), [&](std::uint32_t c) { return image_ranks[state.cell_images[c]]; });
  std::size_t num_categories = 0;
  for (std::uint32_t const k : category_of) {
    if (k != no_index) num_categories = std::max<std::size_t>(num_categories, k + std::size_t{1});
  }
  sort_rows_by(order, num_categories, [&](std::uint32_t c) { return category_of[state.cell_categories[c]]; });
  return order;
}

/// For each image its place among the ids.
std::vector<std::uint32_t> ranks_of(std::vector<std::int64_t> const& ids) {
  std::vector<std::uint32_t> order = all_rows(ids.size());
  std::sort(order.begin(), order.end(), [&](std::uint32_t x, std::uint32_t y) { return ids[x] < ids[y]; });
  std::vector<std::uint32_t> ranks(ids.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) ranks[order[i]] = i;
  return ranks;
}

/// For each category of the state its place among those evaluated, or no_index.
std::vector<std::uint32_t> places_in(std::vector<std::int64_t> const& evaluated, std::vector<std::int64_t> const& ids) {
  std::vector<std::uint32_t> places;
  for (std::int64_t const id : ids) {
    auto const at = std::lower_bound(evaluated.begin(), evaluated.end(), id);
    bool const found = at != evaluated.end() && *at == id;
    places.push_back(found ? static_cast<std::uint32_t>(at - evaluated.begin()) : no_index);
  }
  return places;
}

/// Detections and pairs of the cells in @p order, one after another.
void gather(kept_state const& state, cell_places const& from, std::vector<std::uint32_t> const& order,
            arranged_state& out) {
  evaluation_cells& cells = out.cells;
  constexpr std::size_t cells_per_task = 512;
  std::vector<std::uint64_t> pairs_of_cell;
  for (std::uint32_t const c : order) pairs_of_cell.push_back(from.pairs[c + 1] - from.pairs[c]);
  std::vector<std::uint64_t> const pair_begin = begins<std::uint64_t>(pairs_of_cell);
  cells.scores.resize(cells.detection_begin.back());
  cells.detection_areas.resize(cells.scores.size());
  cells.ranks_in_cell.resize(cells.scores.size());
  cells.ground_truth_areas.resize(cells.ground_truth_begin.back());
  cells.ground_truth_flags.resize(cells.ground_truth_areas.size());
  out.pair_begin.resize(cells.scores.size() + 1);
  out.pair_ground_truths.resize(pair_begin.back());
  out.pair_ious.resize(pair_begin.back());
  parallel_ranges(order.size(), cells_per_task, [&](index_range const& range) {
    for (std::size_t i = range.begin(); i < range.end(); ++i) {
      std::uint32_t const c = order[i];
      auto const move = [&](auto const& source, std::uint64_t first, std::uint64_t count, auto& to, std::uint64_t at) {
        std::copy_n(source.data() + first, count, to.data() + at);
      };
      std::uint64_t const d = from.detections[c];
      std::uint64_t const num_detections = state.cell_num_detections[c];
      std::uint64_t const to_d = cells.detection_begin[i];
      move(state.scores, d, num_detections, cells.scores, to_d);
      move(state.detection_areas, d, num_detections, cells.detection_areas, to_d);
      move(state.ranks, d, num_detections, cells.ranks_in_cell, to_d);
      std::uint64_t const g = from.ground_truths[c];
      move(state.ground_truth_areas, g, state.cell_num_ground_truths[c], cells.ground_truth_areas,
           cells.ground_truth_begin[i]);
      move(state.ground_truth_flags, g, state.cell_num_ground_truths[c], cells.ground_truth_flags,
           cells.ground_truth_begin[i]);
      move(state.pair_ground_truths, from.pairs[c], pairs_of_cell[i], out.pair_ground_truths, pair_begin[i]);
      move(state.pair_ious, from.pairs[c], pairs_of_cell[i], out.pair_ious, pair_begin[i]);
      std::uint64_t pair = pair_begin[i];
      for (std::uint64_t n = 0; n < num_detections; ++n) {
        out.pair_begin[to_d + n] = pair;
        pair += state.num_pairs[d + n];
      }
    }
  });
  out.pair_begin.back() = pair_begin.back();
}

}  // namespace

void kept_state::append(kept_state const& more) {
  auto const first_image = static_cast<std::uint32_t>(image_ids.size());
  std::unordered_map<std::int64_t, std::uint32_t> known;
  for (std::uint32_t k = 0; k < category_ids.size(); ++k) known.emplace(category_ids[k], k);
  std::vector<std::uint32_t> category_of;
  for (std::int64_t const id : more.category_ids) {
    auto const [at, is_new] = known.emplace(id, static_cast<std::uint32_t>(category_ids.size()));
    if (is_new) category_ids.push_back(id);
    category_of.push_back(at->second);
  }
  extend(image_ids, more.image_ids);
  for (std::uint32_t const k : more.cell_categories) cell_categories.push_back(category_of[k]);
  for (std::uint32_t const i : more.cell_images) cell_images.push_back(first_image + i);
  extend(cell_num_detections, more.cell_num_detections);
  extend(cell_num_ground_truths, more.cell_num_ground_truths);
  extend(cell_flags, more.cell_flags);
  extend(scores, more.scores);
  extend(detection_areas, more.detection_areas);
  extend(ranks, more.ranks);
  extend(num_pairs, more.num_pairs);
  extend(ground_truth_areas, more.ground_truth_areas);
  extend(ground_truth_flags, more.ground_truth_flags);
  extend(pair_ground_truths, more.pair_ground_truths);
  extend(pair_ious, more.pair_ious);
  for (warning const& w : more.warnings) add_warning(warnings, w.code, w.count, w.message);
}

kept_state keep(image_table const& images, evaluation_cells&& cells, kept_pairs&& pairs) {
  kept_state state;
  state.image_ids = images.ids;
  // Cells ascend by category, so that those that have one come together.
  for (std::uint32_t& k : cells.categories) {
    std::int64_t const id = cells.category_ids[k];
    if (state.category_ids.empty() || state.category_ids.back() != id) state.category_ids.push_back(id);
    k = static_cast<std::uint32_t>(state.category_ids.size() - 1);
  }
  for (std::size_t c = 0; c < cells.categories.size(); ++c) {
    state.cell_num_detections.push_back(cells.detection_begin[c + 1] - cells.detection_begin[c]);
    state.cell_num_ground_truths.push_back(cells.ground_truth_begin[c + 1] - cells.ground_truth_begin[c]);
  }
  state.cell_categories = std::move(cells.categories);
  state.cell_images = std::move(cells.images);
  state.cell_flags = std::move(cells.flags);
  state.scores = std::move(cells.scores);
  state.detection_areas = std::move(cells.detection_areas);
  state.ranks = std::move(cells.ranks_in_cell);
  state.num_pairs = std::move(pairs.num_pairs);
  state.ground_truth_areas = std::move(cells.ground_truth_areas);
  state.ground_truth_flags = std::move(cells.ground_truth_flags);
  state.pair_ground_truths = std::move(pairs.ground_truths);
  state.pair_ious = std::move(pairs.ious);
  for (warning const& w : cells.warnings) {
    // What a piece does not have, the whole may.
    if (w.code != "unknown_category_in_subset") state.warnings.push_back(w);
  }
  return state;
}

arranged_state arrange(context const& ctx, kept_state const& state, std::vector<std::int64_t> const& category_ids) {
  arranged_state out;
  evaluation_cells& cells = out.cells;
  cells.category_ids = category_ids;
  cells.num_images = state.image_ids.size();
  cells.warnings = state.warnings;
  std::vector<std::uint32_t> const image_ranks = ranks_of(state.image_ids);
  std::vector<std::uint32_t> const category_of = places_in(category_ids, state.category_ids);
  std::vector<std::uint32_t> const order = cell_order(state, image_ranks, category_of);
  cells.detection_begin.push_back(0);
  cells.ground_truth_begin.push_back(0);
  cells.category_begin.assign(category_ids.size() + 1, 0);
  for (std::uint32_t const c : order) {
    std::uint32_t const k = category_of[state.cell_categories[c]];
    cells.categories.push_back(k);
    cells.images.push_back(image_ranks[state.cell_images[c]]);
    cells.flags.push_back(state.cell_flags[c]);
    cells.detection_begin.push_back(cells.detection_begin.back() + state.cell_num_detections[c]);
    cells.ground_truth_begin.push_back(cells.ground_truth_begin.back() + state.cell_num_ground_truths[c]);
    cells.category_begin[k + std::size_t{1}] = cells.detection_begin.back();
  }
  for (std::size_t k = 0; k < category_ids.size(); ++k) {
    cells.category_begin[k + 1] = std::max(cells.category_begin[k + 1], cells.category_begin[k]);
  }
  in_arena(ctx, [&] { gather(state, cell_places(state), order, out); });
  return out;
}

}  // namespace maskmetrics
