#include <maskmetrics/cell_details.hpp>

#include <limits>
#include <utility>

#include <tbb/enumerable_thread_specific.h>

#include <maskmetrics/error.hpp>
#include <maskmetrics/semantics/matching.hpp>

#include "core/parallel.hpp"
#include "engine/cells.hpp"
#include "engine/overlaps.hpp"

namespace maskmetrics {

namespace {

constexpr std::size_t cells_per_block = 64;

/// Cells with all their overlaps, on the host.
struct compared_cells {
  evaluation_cells cells;
  std::vector<double> ious;             ///< of a cell [D, G]
  std::vector<std::uint64_t> begin;     ///< [C+1]
  std::vector<double> detection_areas;  ///< [D] as area ranges measure them
};

compared_cells compare(context const& ctx, dataset const& ground_truth, detections const& results,
                       protocol const& how) {
  workplace at(ctx);
  compared_cells found;
  found.cells = make_cells(ctx, ground_truth, group_ground_truth(ground_truth, how), results, how);
  // A kept pair may be any: then the pairs of a detection are all ground truths of its cell.
  constexpr double lowest = -std::numeric_limits<double>::infinity();
  measured_overlaps const overlaps =
      find_overlaps(at, {ctx, ground_truth, results, how}, place_index(found.cells, at.memory), lowest, found.cells);
  std::vector<std::uint64_t> const pair_begin = at.fetched<std::uint64_t>(overlaps.pairs.begin.all());
  found.ious = at.fetched<double>(overlaps.pairs.ious.all());
  found.detection_areas = at.fetched<double>(overlaps.detection_areas);
  for (std::uint32_t const first : found.cells.detection_begin) found.begin.push_back(pair_begin[first]);
  return found;
}

/// Moves out of @p from what the caller may see.
cell_table table_of(evaluation_cells&& from) {
  return {std::move(from.category_ids),     std::move(from.categories),         std::move(from.images),
          std::move(from.detection_begin),  std::move(from.ground_truth_begin), std::move(from.detection_rows),
          std::move(from.ground_truth_rows)};
}

protocol validated(protocol how) {
  how.validate();
  if (how.rules == rule_set::voc) throw protocol_error("rules: those of Pascal VOC have no details of cells");
  return how;
}

/// Matches one cell at a time, as the reference does; one a thread.
class detail_matcher {
public:
  detail_matcher(compared_cells const& in, protocol const& how, cell_matches& out) : in_(in), how_(how), out_(out) {}

  void match(std::size_t c) {
    cell_ = c;
    d_begin_ = in_.cells.detection_begin[c];
    num_detections_ = in_.cells.detection_begin[c + 1] - d_begin_;
    g_begin_ = in_.cells.ground_truth_begin[c];
    num_ground_truths_ = in_.cells.ground_truth_begin[c + 1] - g_begin_;
    std::size_t const num_areas = how_.area_ranges.size();
    std::size_t const num_thresholds = how_.iou_thresholds.size();
    for (std::size_t a = 0; a < num_areas; ++a) {
      order_ground_truths(a);
      for (std::size_t t = 0; t < num_thresholds; ++t) {
        std::size_t const row = a * num_thresholds + t;
        taken_by_ = out_.ground_truth_matches.data() + std::size_t{g_begin_} * num_areas * num_thresholds +
                    row * num_ground_truths_;
        std::size_t const first = std::size_t{d_begin_} * num_areas * num_thresholds + row * num_detections_;
        used_up_.assign(num_ground_truths_, 0);
        for (std::uint32_t d = 0; d < num_detections_; ++d) {
          match_detection(d, how_.area_ranges[a], how_.iou_thresholds[t], first + d);
        }
      }
    }
  }

private:
  [[nodiscard]] std::uint8_t flags(std::uint32_t ground_truth) const {
    return in_.cells.ground_truth_flags[g_begin_ + ground_truth];
  }

  /// Those that count first, the ignored ones last, each in file order.
  void order_ground_truths(std::size_t a) {
    area_range const& range = how_.area_ranges[a];
    std::size_t const first = std::size_t{g_begin_} * how_.area_ranges.size() + a * num_ground_truths_;
    order_ = out_.ground_truth_order.data() + first;
    ignored_ = out_.ground_truth_ignored.data() + first;
    std::size_t next = 0;
    for (bool const wanted : {false, true}) {
      for (std::uint32_t g = 0; g < num_ground_truths_; ++g) {
        bool const outside =
            semantics::outside_area_range(in_.cells.ground_truth_areas[g_begin_ + g], range.low_px, range.high_px);
        if ((outside || (flags(g) & ground_truth_ignore) != 0) != wanted) continue;
        order_[next] = g;
        ignored_[next++] = wanted ? 1 : 0;
      }
    }
  }

  /// @param place  of the detection in the block at hand
  void match_detection(std::uint32_t d, area_range const& range, double iou_threshold, std::size_t place) {
    semantics::match_search search(iou_threshold);
    double const* const ious = in_.ious.data() + in_.begin[cell_] + std::size_t{d} * num_ground_truths_;
    for (std::uint32_t i = 0; i < num_ground_truths_; ++i) {
      std::uint32_t const g = order_[i];
      bool const crowd = (flags(g) & ground_truth_crowd) != 0;
      if (!search.consider(i, ious[g], ignored_[i] != 0, used_up_[i] != 0, crowd)) break;
    }
    bool const matched = search.best >= 0;
    bool counts = true;
    out_.detection_matches[place] = no_index;
    if (matched) {
      auto const best = static_cast<std::size_t>(search.best);
      std::uint32_t const g = order_[best];
      out_.detection_matches[place] = g;
      taken_by_[best] = d;
      bool const never_takes =
          !in_.cells.detection_never_takes.empty() && in_.cells.detection_never_takes[d_begin_ + d] != 0;
      if (!never_takes) used_up_[best] = 1;
      counts = (flags(g) & ground_truth_id_zero) == 0;
    }
    bool const unmatched_ignored =
        (in_.cells.flags[cell_] & cell_unmatched_ignored) != 0 ||
        semantics::outside_area_range(in_.detection_areas[d_begin_ + d], range.low_px, range.high_px);
    bool const ignored =
        semantics::outcome_of(matched, counts, search.best_ignored, unmatched_ignored) == semantics::outcome::ignored;
    out_.detection_ignored[place] = ignored ? 1 : 0;
  }

  compared_cells const& in_;
  protocol const& how_;
  cell_matches& out_;
  std::size_t cell_ = 0;
  std::uint32_t d_begin_ = 0;
  std::uint32_t num_detections_ = 0;
  std::uint32_t g_begin_ = 0;
  std::uint32_t num_ground_truths_ = 0;
  // Of the cell, in the area range and at the threshold at hand.
  std::uint32_t* order_ = nullptr;
  std::uint8_t* ignored_ = nullptr;
  std::uint32_t* taken_by_ = nullptr;
  std::vector<std::uint8_t> used_up_;
};

}  // namespace

cell_overlaps compare_cells(context const& ctx, dataset const& ground_truth, detections const& results,
                            protocol const& how) {
  compared_cells found = compare(ctx, ground_truth, results, validated(how));
  return {table_of(std::move(found.cells)), std::move(found.begin), std::move(found.ious)};
}

cell_matches match_cells(context const& ctx, dataset const& ground_truth, detections const& results,
                         protocol const& how) {
  protocol const checked = validated(how);
  compared_cells found = compare(ctx, ground_truth, results, checked);
  cell_matches matches;
  matches.num_thresholds = checked.iou_thresholds.size();
  matches.num_area_ranges = checked.area_ranges.size();
  std::size_t const d = found.cells.detection_rows.size() * matches.num_area_ranges;
  std::size_t const g = found.cells.ground_truth_rows.size() * matches.num_area_ranges;
  matches.ground_truth_order.resize(g);
  matches.ground_truth_ignored.resize(g);
  matches.ground_truth_matches.assign(g * matches.num_thresholds, no_index);
  matches.detection_matches.resize(d * matches.num_thresholds);
  matches.detection_ignored.resize(d * matches.num_thresholds);
  in_arena(ctx, [&] {
    tbb::enumerable_thread_specific<detail_matcher> matchers([&] { return detail_matcher(found, checked, matches); });
    parallel_ranges(found.cells.categories.size(), cells_per_block, [&](index_range const& cells) {
      detail_matcher& matcher = matchers.local();
      for (std::size_t c = cells.begin(); c < cells.end(); ++c) matcher.match(c);
    });
  });
  matches.cells = table_of(std::move(found.cells));
  return matches;
}

}  // namespace maskmetrics
