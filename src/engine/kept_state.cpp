#include "engine/kept_state.hpp"

#include <algorithm>
#include <numeric>
#include <unordered_set>
#include <utility>

#include "core/parallel.hpp"
#include "engine/grouping.hpp"

namespace maskmetrics {

namespace {

template <class T>
void extend(std::vector<T>& to, std::vector<T> const& more) {
  to.insert(to.end(), more.begin(), more.end());
}

/// One cell of a state: where it begins in the columns. What follows it says where it ends.
struct cell_place {
  std::uint64_t detection = 0;
  std::uint64_t ground_truth = 0;
  std::uint64_t pair = 0;
};

/// [C+1]
std::vector<cell_place> places_of_cells(kept_state const& state) {
  std::size_t const num_cells = state.cell_images.size();
  std::vector<cell_place> places(num_cells + 1);
  for (std::size_t c = 0; c < num_cells; ++c) {
    cell_place const& from = places[c];
    cell_place& next = places[c + 1];
    next.detection = from.detection + state.cell_num_detections[c];
    next.ground_truth = from.ground_truth + state.cell_num_ground_truths[c];
    next.pair =
        std::accumulate(state.num_pairs.data() + from.detection, state.num_pairs.data() + next.detection, from.pair);
  }
  return places;
}

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

/// Fills in the cells in @p order, but for what is in them.
/// @return [cells+1] where each begins in the arranged columns
std::vector<cell_place> lay_out(kept_state const& state, std::vector<cell_place> const& places,
                                std::vector<std::uint32_t> const& order, std::vector<std::uint32_t> const& image_ranks,
                                std::vector<std::uint32_t> const& category_of, evaluation_cells& cells) {
  std::size_t const num_cells = order.size();
  std::vector<cell_place> targets(num_cells + 1);
  cells.categories.resize(num_cells);
  cells.images.resize(num_cells);
  cells.flags.resize(num_cells);
  cells.detection_begin.resize(num_cells + 1);
  cells.ground_truth_begin.resize(num_cells + 1);
  cells.category_begin.assign(cells.category_ids.size() + 1, 0);
  for (std::size_t i = 0; i < num_cells; ++i) {
    std::uint32_t const c = order[i];
    cell_place const& next =
        targets[i + 1] = {targets[i].detection + places[c + 1].detection - places[c].detection,
                          targets[i].ground_truth + places[c + 1].ground_truth - places[c].ground_truth,
                          targets[i].pair + places[c + 1].pair - places[c].pair};
    cells.categories[i] = category_of[state.cell_categories[c]];
    cells.images[i] = image_ranks[state.cell_images[c]];
    cells.flags[i] = state.cell_flags[c];
    cells.detection_begin[i + 1] = static_cast<std::uint32_t>(next.detection);
    cells.ground_truth_begin[i + 1] = static_cast<std::uint32_t>(next.ground_truth);
    cells.category_begin[cells.categories[i] + std::size_t{1}] = cells.detection_begin[i + 1];
  }
  for (std::size_t k = 0; k + 1 < cells.category_begin.size(); ++k) {
    cells.category_begin[k + 1] = std::max(cells.category_begin[k + 1], cells.category_begin[k]);
  }
  return targets;
}

/// Appends the elements [@p begin, @p end).
template <class T>
void extend_by(std::vector<T>& to, std::vector<T> const& from, std::uint64_t begin, std::uint64_t end) {
  to.insert(to.end(), from.data() + begin, from.data() + end);
}

/// Copies @p count elements, which are few.
template <class T>
void move_few(std::vector<T> const& from, std::uint64_t first, std::uint64_t count, std::vector<T>& to,
              std::uint64_t at) {
  for (std::uint64_t i = 0; i < count; ++i) to[at + i] = from[first + i];
}

/// Detections, ground truth and pairs of the cells in @p order, one after another.
/// @param targets  where each begins in @p out
void gather(kept_state const& state, std::vector<cell_place> const& places, std::vector<std::uint32_t> const& order,
            std::vector<cell_place> const& targets, arranged_state& out) {
  constexpr std::size_t cells_per_task = 512;
  evaluation_cells& cells = out.cells;
  parallel_ranges(order.size(), cells_per_task, [&](index_range const& range) {
    for (std::size_t i = range.begin(); i < range.end(); ++i) {
      cell_place const& from = places[order[i]];
      cell_place const& end = places[order[i] + 1];
      cell_place const& to = targets[i];
      std::uint64_t const num_detections = end.detection - from.detection;
      move_few(state.scores, from.detection, num_detections, cells.scores, to.detection);
      move_few(state.detection_areas, from.detection, num_detections, cells.detection_areas, to.detection);
      move_few(state.ranks, from.detection, num_detections, cells.ranks_in_cell, to.detection);
      std::uint64_t const num_ground_truths = end.ground_truth - from.ground_truth;
      move_few(state.ground_truth_areas, from.ground_truth, num_ground_truths, cells.ground_truth_areas,
               to.ground_truth);
      move_few(state.ground_truth_flags, from.ground_truth, num_ground_truths, cells.ground_truth_flags,
               to.ground_truth);
      move_few(state.pair_ground_truths, from.pair, end.pair - from.pair, out.pair_ground_truths, to.pair);
      move_few(state.pair_ious, from.pair, end.pair - from.pair, out.pair_ious, to.pair);
      std::uint64_t pair = to.pair;
      for (std::uint64_t d = 0; d < num_detections; ++d) {
        out.pair_begin[to.detection + d] = pair;
        pair += state.num_pairs[from.detection + d];
      }
    }
  });
}

}  // namespace

void kept_state::append(kept_state const& more) {
  auto const first_image = static_cast<std::uint32_t>(image_ids.size());
  if (category_places.size() != category_ids.size()) {
    for (std::uint32_t k = 0; k < category_ids.size(); ++k) category_places.emplace(category_ids[k], k);
  }
  std::vector<std::uint32_t> category_of;
  category_of.reserve(more.category_ids.size());
  for (std::int64_t const id : more.category_ids) {
    auto const [at, is_new] = category_places.emplace(id, static_cast<std::uint32_t>(category_ids.size()));
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

kept_state images_of(kept_state const& all, view<std::int64_t const> ids) {
  std::unordered_set<std::int64_t> const wanted(ids.begin(), ids.end());
  kept_state some;
  some.protocol = all.protocol;
  some.warnings = all.warnings;
  std::vector<std::uint32_t> image_of(all.image_ids.size(), no_index);
  for (std::size_t i = 0; i < image_of.size(); ++i) {
    if (!wanted.contains(all.image_ids[i])) continue;
    image_of[i] = static_cast<std::uint32_t>(some.image_ids.size());
    some.image_ids.push_back(all.image_ids[i]);
  }
  std::vector<std::uint32_t> category_of(all.category_ids.size(), no_index);
  std::vector<cell_place> const places = places_of_cells(all);
  for (std::size_t c = 0; c < all.cell_images.size(); ++c) {
    std::uint32_t const image = image_of[all.cell_images[c]];
    if (image == no_index) continue;
    std::uint32_t& category = category_of[all.cell_categories[c]];
    if (category == no_index) {
      category = static_cast<std::uint32_t>(some.category_ids.size());
      some.category_ids.push_back(all.category_ids[all.cell_categories[c]]);
    }
    some.cell_images.push_back(image);
    some.cell_categories.push_back(category);
    some.cell_num_detections.push_back(all.cell_num_detections[c]);
    some.cell_num_ground_truths.push_back(all.cell_num_ground_truths[c]);
    some.cell_flags.push_back(all.cell_flags[c]);
    cell_place const& from = places[c];
    cell_place const& end = places[c + 1];
    extend_by(some.scores, all.scores, from.detection, end.detection);
    extend_by(some.detection_areas, all.detection_areas, from.detection, end.detection);
    extend_by(some.ranks, all.ranks, from.detection, end.detection);
    extend_by(some.num_pairs, all.num_pairs, from.detection, end.detection);
    extend_by(some.ground_truth_areas, all.ground_truth_areas, from.ground_truth, end.ground_truth);
    extend_by(some.ground_truth_flags, all.ground_truth_flags, from.ground_truth, end.ground_truth);
    extend_by(some.pair_ground_truths, all.pair_ground_truths, from.pair, end.pair);
    extend_by(some.pair_ious, all.pair_ious, from.pair, end.pair);
  }
  return some;
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
  std::vector<cell_place> const places = places_of_cells(state);
  std::vector<cell_place> const targets = lay_out(state, places, order, image_ranks, category_of, cells);
  cell_place const& end = targets.back();
  cells.scores.resize(end.detection);
  cells.detection_areas.resize(end.detection);
  cells.ranks_in_cell.resize(end.detection);
  cells.ground_truth_areas.resize(end.ground_truth);
  cells.ground_truth_flags.resize(end.ground_truth);
  out.pair_begin.resize(end.detection + 1);
  out.pair_begin.back() = end.pair;
  out.pair_ground_truths.resize(end.pair);
  out.pair_ious.resize(end.pair);
  in_arena(ctx, [&] { gather(state, places, order, targets, out); });
  return out;
}

}  // namespace maskmetrics
