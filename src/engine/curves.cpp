#include "engine/curves.hpp"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include <maskmetrics/error.hpp>

namespace maskmetrics {

namespace {

void require_length(char const* column, std::size_t length, std::size_t expected) {
  if (length == expected) return;
  throw input_error("outcomes", column, fmt::format("has {} elements, {} are needed", length, expected));
}

void check(outcome_table const& table) {
  std::vector<std::uint32_t> const& begin = table.category_begin;
  if (begin.empty() || begin.front() != 0 || !std::is_sorted(begin.begin(), begin.end())) {
    throw input_error("outcomes", "category_begin", "must begin with 0 and ascend");
  }
  std::size_t const num_detections = begin.back();
  std::size_t const areas = table.num_area_ranges;
  require_length("scores", table.scores.size(), num_detections);
  require_length("ranks_in_cell", table.ranks_in_cell.size(), num_detections);
  require_length("outcomes", table.outcomes.size(), num_detections * areas * outcome_words(table.num_thresholds));
  require_length("num_ground_truths", table.num_ground_truths.size(), (begin.size() - 1) * areas);
}

}  // namespace

curves accumulate_curves(workplace& at, accumulate_input in, std::vector<double> const& recall_thresholds,
                         std::vector<std::uint32_t> const& max_dets, wanted_arrays const& wanted) {
  std::size_t const num_categories = in.category_begin.size() - 1;
  std::size_t const recalls = std::size_t{in.num_thresholds} * num_categories * in.num_area_ranges * max_dets.size();
  std::size_t const samples = recalls * recall_thresholds.size();
  std::size_t const scores = wanted.scores ? samples : 0;
  std::size_t const areas = wanted.average_precision ? recalls : 0;
  curves found{buffer<double>(samples), buffer<double>(recalls), buffer<double>(scores), buffer<double>(areas)};
  fetch_scope const scope(*at.place);
  bool const in_place = at.stages().uses_host_memory;
  // Goes back when this is queued, so that curves may be asked for any number of times.
  workspace memory(*at.place, in_place);
  in.recall_thresholds = memory.place(recall_thresholds);
  in.max_dets = memory.place(max_dets);
  accumulate_output const out{in_place ? found.precision.all() : memory.make<double>(samples),
                              in_place ? found.recall.all() : memory.make<double>(recalls),
                              in_place ? found.scores.all() : memory.make<double>(scores),
                              in_place ? found.average_precision.all() : memory.make<double>(areas)};
  at.stages().accumulate(at.ctx(), in, out);
  if (!in_place) {
    memory.fetch<double>(out.precision, found.precision.data());
    memory.fetch<double>(out.recall, found.recall.data());
    memory.fetch<double>(out.scores, found.scores.data());
    memory.fetch<double>(out.average_precision, found.average_precision.data());
  }
  return found;
}

curves accumulate_outcomes(context const& ctx, outcome_table const& table, std::vector<double> const& recall_thresholds,
                           std::vector<std::uint32_t> const& max_dets, bool wants_scores) {
  check(table);
  workplace at(ctx);
  view<std::uint32_t> const order = at.memory.make<std::uint32_t>(table.scores.size());
  accumulate_input in;
  in.category_begin = at.memory.place(table.category_begin);
  in.scores = at.memory.place(table.scores);
  in.order = order;
  at.stages().ranking(at.ctx(), {in.category_begin, in.scores}, {order});
  in.ranks_in_cell = at.memory.place(table.ranks_in_cell);
  in.outcomes = at.memory.place(table.outcomes);
  in.num_ground_truths = at.memory.place(table.num_ground_truths);
  in.num_thresholds = static_cast<std::uint32_t>(table.num_thresholds);
  in.num_area_ranges = static_cast<std::uint32_t>(table.num_area_ranges);
  curves found = accumulate_curves(at, in, recall_thresholds, max_dets, {wants_scores, false});
  fetch_scope const scope(*at.place);
  at.place->synchronize();
  return found;
}

}  // namespace maskmetrics
