#include "engine/cells.hpp"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include <maskmetrics/error.hpp>
#include <maskmetrics/semantics/ranking.hpp>

#include "engine/grouping.hpp"
#include "engine/selection.hpp"

namespace maskmetrics {

namespace {

std::vector<std::int64_t> sorted_unique(std::vector<std::int64_t> ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

/// Categories as they are evaluated: ascending, except where they are not used; then in the order asked for, as the
/// reference takes them. (It evaluates one twice that is asked for twice; here once is enough.)
std::vector<std::int64_t> evaluated_categories(std::vector<std::int64_t> const& ids, bool use_categories) {
  if (use_categories) return sorted_unique(ids);
  std::vector<std::int64_t> unique;
  for (std::int64_t const id : ids) {
    if (std::find(unique.begin(), unique.end(), id) == unique.end()) unique.push_back(id);
  }
  return unique;
}

/// Which of @p table's rows a subset names; fills @p found with the row of each id of the subset, or no_index.
template <class Table>
std::vector<std::uint32_t> rows_of(Table const& table, std::vector<std::int64_t> const& ids, char const* what,
                                   std::vector<warning>& warnings) {
  std::vector<std::uint32_t> rows;
  for (std::int64_t const id : ids) {
    rows.push_back(table.find(id));
    if (rows.back() == no_index) {
      add_warning(warnings, std::string("unknown_") + what + "_in_subset", 1,
                  std::string("the data set has no ") + what + " with id " + std::to_string(id));
    }
  }
  return rows;
}

/// Puts the rows of a group into score order; stable.
void sort_by_score(std::uint32_t* begin, std::uint32_t* end, std::vector<double> const& scores) {
  auto const better = [&](std::uint32_t x, std::uint32_t y) {
    return semantics::descending_key(scores[x]) < semantics::descending_key(scores[y]);
  };
  if (!std::is_sorted(begin, end, better)) std::stable_sort(begin, end, better);
}

/// Lays detections and ground truth side by side, cell by cell.
/// @param image_ranks  by row of the results, or empty: the position in the cell ranks, and cap cuts it
void join_groups(grouped_rows& found, grouped_rows const& truth, detections const& results, std::uint32_t cap,
                 std::vector<std::uint32_t> const& image_ranks, evaluation_cells& cells) {
  auto d = found.groups.begin();
  auto g = truth.groups.begin();
  auto const before = [](row_group const& x, row_group const& y) {
    return x.category != y.category ? x.category < y.category : x.image < y.image;
  };
  cells.detection_begin.push_back(0);
  cells.ground_truth_begin.push_back(0);
  cells.detection_rows.reserve(found.rows.size());
  cells.ranks_in_cell.reserve(found.rows.size());
  while (d != found.groups.end() || g != truth.groups.end()) {
    bool const takes_d = g == truth.groups.end() || (d != found.groups.end() && !before(*g, *d));
    bool const takes_g = d == found.groups.end() || (g != truth.groups.end() && !before(*d, *g));
    row_group const& cell = takes_d ? *d : *g;
    cells.categories.push_back(cell.category);
    cells.images.push_back(cell.image);
    if (takes_d) {
      sort_by_score(found.rows.data() + d->begin, found.rows.data() + d->end, results.scores);
      std::uint32_t const count = std::min(d->end - d->begin, cap);
      for (std::uint32_t i = 0; i < count; ++i) {
        std::uint32_t const row = found.rows[d->begin + i];
        cells.detection_rows.push_back(row);
        cells.ranks_in_cell.push_back(image_ranks.empty() ? i : image_ranks[row]);
      }
      ++d;
    }
    if (takes_g) ++g;
    cells.detection_begin.push_back(static_cast<std::uint32_t>(cells.detection_rows.size()));
    cells.ground_truth_begin.push_back(g == truth.groups.begin() ? 0 : std::prev(g)->end);
  }
  cells.flags.assign(cells.categories.size(), 0);
}

/// Marks what is ignored unless it is matched: whole cells where a cell is one category, else detection by detection.
void mark_not_exhaustive(dataset const& ground_truth, detections const& results, bool use_categories,
                         evaluation_cells& cells) {
  auto const is_listed = [&](std::uint32_t image, std::uint32_t category) {
    view<std::uint32_t const> const listed = ground_truth.images.not_exhaustive.of(image);
    return std::binary_search(listed.begin(), listed.end(), category);
  };
  if (use_categories) {
    for (std::size_t c = 0; c < cells.flags.size(); ++c) {
      if (is_listed(cells.images[c], cells.category_rows[cells.categories[c]])) {
        cells.flags[c] |= cell_unmatched_ignored;
      }
    }
    return;
  }
  for (std::uint32_t const row : cells.detection_rows) {
    bool const ignored = is_listed(results.image_indices[row], results.category_indices[row]);
    cells.detection_unmatched_ignored.push_back(ignored ? 1 : 0);
  }
}

void index_categories(std::uint32_t num_categories, evaluation_cells& cells) {
  cells.category_begin.assign(std::size_t{num_categories} + 1, 0);
  for (std::size_t c = 0; c < cells.categories.size(); ++c) {
    cells.category_begin[cells.categories[c] + 1] = cells.detection_begin[c + 1];
  }
  for (std::size_t k = 0; k < num_categories; ++k) {
    cells.category_begin[k + 1] = std::max(cells.category_begin[k + 1], cells.category_begin[k]);
  }
}

/// @param ids  of the results, or empty: 1, 2, 3, ...
void gather_detections(detections const& results, std::vector<std::int64_t> const& ids, parity mode,
                       evaluation_cells& cells) {
  std::size_t const count = cells.detection_rows.size();
  cells.scores.resize(count);
  for (std::size_t i = 0; i < count; ++i) cells.scores[i] = results.scores[cells.detection_rows[i]];
  if (!results.areas_px.empty()) {
    cells.detection_areas.resize(count);
    for (std::size_t i = 0; i < count; ++i) cells.detection_areas[i] = results.areas_px[cells.detection_rows[i]];
  }
  if (ids.empty() || mode != parity::strict) return;
  std::uint64_t never = 0;
  cells.detection_never_takes.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    cells.detection_never_takes[i] = ids[cells.detection_rows[i]] <= 0;
    never += cells.detection_never_takes[i];
  }
  add_warning(cells.warnings, "detection_id_not_positive", never,
              "detections with an id of 0 or less do not use up the ground truth that they match");
}

/// Detections of every category in the order of the results.
void order_ties(evaluation_cells& cells) {
  std::vector<std::uint32_t>& order = cells.tie_order;
  order = all_rows(cells.detection_rows.size());
  for (std::size_t k = 0; k + 1 < cells.category_begin.size(); ++k) {
    std::sort(order.begin() + cells.category_begin[k], order.begin() + cells.category_begin[k + 1],
              [&](std::uint32_t x, std::uint32_t y) { return cells.detection_rows[x] < cells.detection_rows[y]; });
  }
}

/// The reference overwrites "ignore" with "iscrowd"; that for boundaries takes both, that for LVIS "ignore" alone.
bool reads_ignore(protocol const& how) {
  return how.parity == parity::corrected || how.iou == iou_type::boundary || how.rules != rule_set::coco;
}

/// VOC knows no crowds, and lvis-api does not read them; that for boundaries does.
bool knows_crowds(protocol const& how) {
  return how.rules == rule_set::coco || (how.rules == rule_set::lvis && how.iou == iou_type::boundary);
}

/// Ground truth as the flags of ground_truth_flag.
std::uint8_t flags_of(annotation_table const& annotations, std::uint32_t row, protocol const& how) {
  bool const crowd = annotations.crowd[row] != 0;
  bool const is_crowd = crowd && knows_crowds(how);
  bool const crowd_ignored = is_crowd || (crowd && how.rules == rule_set::voc);
  bool const own_ignore = reads_ignore(how) && annotations.ignore[row] != 0;
  bool const zero = how.parity == parity::strict && how.rules != rule_set::voc && annotations.ids[row] == 0;
  return static_cast<std::uint8_t>((is_crowd ? ground_truth_crowd : 0) |
                                   (crowd_ignored || own_ignore ? ground_truth_ignore : 0) |
                                   (zero ? ground_truth_id_zero : 0));
}

/// An annotation for messages. The tables of an update have no source, so that rows of them say nothing.
std::string place_of(dataset const& ground_truth, std::uint32_t row) {
  if (row == no_index) return {};
  if (!ground_truth.source.empty()) return "annotations[" + std::to_string(row) + "] of " + ground_truth.source;
  std::uint32_t const image = ground_truth.annotations.image_indices[row];
  return "that of image " + std::to_string(ground_truth.images.ids[image]);
}

void gather_ground_truth(dataset const& ground_truth, protocol const& how, evaluation_cells& cells) {
  annotation_table const& annotations = ground_truth.annotations;
  std::uint64_t id_zero = 0;
  std::uint32_t first = no_index;
  for (std::uint32_t const row : cells.ground_truth_rows) {
    cells.ground_truth_areas.push_back(annotations.areas_px[row]);
    cells.ground_truth_flags.push_back(flags_of(annotations, row, how));
    if ((cells.ground_truth_flags.back() & ground_truth_id_zero) == 0) continue;
    ++id_zero;
    first = std::min(first, row);
  }
  add_warning(cells.warnings, "ground_truth_id_zero", id_zero,
              "annotations with the id 0: a detection that matches one counts as a false positive, as in the "
              "reference; the first is " +
                  place_of(ground_truth, first));
}

void require_columns(dataset const& ground_truth, protocol const& how) {
  if (how.rules != rule_set::lvis) return;
  std::size_t const expected = ground_truth.images.size() + 1;
  if (ground_truth.images.negatives.begin.size() == expected &&
      ground_truth.images.not_exhaustive.begin.size() == expected) {
    return;
  }
  throw input_error(ground_truth.source, "images",
                    "the lists of negative and not exhaustively annotated categories are missing, which LVIS' rules "
                    "need; ingest_options::for_protocol asks for them");
}

}  // namespace

void choose_categories(category_table const& categories, protocol const& how, evaluation_cells& cells) {
  cells.category_ids = how.category_ids ? evaluated_categories(*how.category_ids, how.use_categories) : categories.ids;
  cells.category_rows = rows_of(categories, cells.category_ids, "category", cells.warnings);
}

void join_categories(evaluation_cells& cells) {
  cells.category_ids = {-1};
  cells.category_rows = {no_index};
}

axis_maps make_maps(dataset const& ground_truth, protocol const& how, evaluation_cells& cells) {
  axis_maps maps;
  maps.use_categories = how.use_categories;
  maps.image_of.assign(ground_truth.images.size(), no_index);
  if (how.image_ids) {
    for (std::uint32_t const i : rows_of(ground_truth.images, sorted_unique(*how.image_ids), "image", cells.warnings)) {
      if (i != no_index) maps.image_of[i] = i;
    }
  } else {
    std::iota(maps.image_of.begin(), maps.image_of.end(), 0U);
  }
  cells.num_images = static_cast<std::uint64_t>(
      std::count_if(maps.image_of.begin(), maps.image_of.end(), [](auto i) { return i != no_index; }));

  choose_categories(ground_truth.categories, how, cells);
  maps.category_of.assign(ground_truth.categories.size(), no_index);
  maps.place_of.assign(ground_truth.categories.size(), 0);
  for (std::uint32_t k = 0; k < cells.category_rows.size(); ++k) {
    std::uint32_t const row = cells.category_rows[k];
    if (row == no_index) continue;
    maps.category_of[row] = how.use_categories ? k : 0;
    maps.place_of[row] = how.rules == rule_set::voc ? 0 : k;
  }
  if (!how.use_categories) join_categories(cells);
  maps.num_categories = static_cast<std::uint32_t>(cells.category_ids.size());
  return maps;
}

ground_truth_groups group_ground_truth(dataset const& ground_truth, protocol const& how, bool all_count) {
  annotation_table const& annotations = ground_truth.annotations;
  if (annotations.size() >= no_index) throw input_error(ground_truth.source, "", "more than 2^32 - 2 annotations");
  require_columns(ground_truth, how);
  ground_truth_groups groups;
  groups.maps = make_maps(ground_truth, how, groups.common);
  // VOC's files have no ids that could stand twice.
  std::vector<std::int64_t> const no_ids;
  std::vector<std::int64_t> const& ids = how.rules == rule_set::voc ? no_ids : annotations.ids;
  std::vector<std::uint32_t> candidates =
      all_count ? all_rows(annotations.size()) : select_ground_truth(annotations, how, groups.maps);
  groups.rows = group_rows(std::move(candidates), as_view(annotations.image_indices),
                           as_view(annotations.category_indices), as_view(ids), groups.maps);
  if (how.rules == rule_set::lvis) {
    groups.present = present_categories(annotations, groups.rows, ground_truth.images.size());
  }
  groups.common.ground_truth_rows = groups.rows.rows;
  gather_ground_truth(ground_truth, how, groups.common);
  return groups;
}

evaluation_cells make_cells(context const& ctx, dataset const& ground_truth, ground_truth_groups const& truth,
                            detections const& results, protocol const& how) {
  if (results.size() >= no_index) throw input_error(results.source, "", "more than 2^32 - 2 detections");
  evaluation_cells cells = truth.common;
  selected_detections selected = select_detections(ctx, ground_truth, results, how, truth.maps, truth.present);
  // lvis-api numbers the detections itself, VOCdevkit does not.
  std::vector<std::int64_t> const no_ids;
  std::vector<std::int64_t> const& ids = how.rules == rule_set::coco ? results.ids : no_ids;
  grouped_rows found = group_rows(std::move(selected.rows), as_view(results.image_indices),
                                  as_view(results.category_indices), as_view(ids), truth.maps);
  // Where categories are not used an image is a cell, and its order is the cell's.
  bool const ranks_by_image = how.use_categories && how.cap == cap_scope::image;
  join_groups(found, truth.rows, results, ranks_by_image ? all_detections : how.deepest_cap(),
              ranks_by_image ? selected.ranks : std::vector<std::uint32_t>(), cells);
  index_categories(truth.maps.num_categories, cells);
  gather_detections(results, ids, how.parity, cells);
  if (how.rules == rule_set::voc) order_ties(cells);
  if (how.rules == rule_set::lvis) mark_not_exhaustive(ground_truth, results, how.use_categories, cells);
  return cells;
}

}  // namespace maskmetrics
