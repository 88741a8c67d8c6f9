#include "support/kept_state.hpp"

#include <algorithm>
#include <numeric>
#include <random>

#include <maskmetrics/semantics/grid.hpp>

#include "support/masks.hpp"

namespace bench {

namespace {

using maskmetrics::area_bounds;

constexpr std::uint32_t num_thresholds = 10;
constexpr std::uint32_t num_recalls = 101;
constexpr std::uint32_t num_areas = 4;
constexpr std::uint32_t num_caps = 3;

std::vector<double> grid(double start, double stop, std::uint32_t size) {
  std::vector<double> values;
  for (std::uint32_t i = 0; i < size; ++i) values.push_back(maskmetrics::semantics::linspace(start, stop, size, i));
  return values;
}

/// Rows by category, then image.
std::vector<std::pair<std::uint32_t, std::uint32_t>> draw_rows(std::mt19937_64& random, state_size const& size,
                                                               std::uint32_t per_image) {
  std::vector<double> cumulative;
  double sum = 0;
  for (std::uint32_t k = 0; k < size.num_categories; ++k) cumulative.push_back(sum += 1. / (k + 1));
  std::vector<std::pair<std::uint32_t, std::uint32_t>> rows;
  for (std::uint32_t i = 0; i < size.num_images; ++i) {
    for (std::uint32_t n = 0; n < per_image; ++n) {
      auto const at = std::upper_bound(cumulative.begin(), cumulative.end(), unit(random) * sum) - cumulative.begin();
      rows.emplace_back(std::min(static_cast<std::uint32_t>(at), size.num_categories - 1), i);
    }
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

template <class T>
std::size_t bytes_of(std::vector<T> const& values) {
  return values.size() * sizeof(T);
}

}  // namespace

kept_state::kept_state(state_size const& size) {
  std::mt19937_64 random(1);
  auto const found = draw_rows(random, size, size.detections_per_image);
  auto const truth = draw_rows(random, size, size.ground_truths_per_image);
  detection_begin.push_back(0);
  ground_truth_begin.push_back(0);
  pair_begin.push_back(0);
  category_begin.assign(size.num_categories + std::size_t{1}, 0);
  std::size_t d = 0;
  std::size_t g = 0;
  while (d < found.size() || g < truth.size()) {
    auto const cell = d == found.size() || (g < truth.size() && truth[g] < found[d]) ? truth[g] : found[d];
    std::size_t const g_first = g;
    while (g < truth.size() && truth[g] == cell) ++g;
    std::size_t const d_first = d;
    while (d < found.size() && found[d] == cell) ++d;
    auto const num_truth = static_cast<std::uint32_t>(g - g_first);
    categories.push_back(cell.first);
    images.push_back(cell.second);
    cell_flags.push_back(0);
    for (std::size_t i = 0; i < num_truth; ++i) {
      ground_truth_areas.push_back(unit(random) * 20000);
      ground_truth_flags.push_back(0);
    }
    for (std::size_t i = d_first; i < d; ++i) {
      ranks_in_cell.push_back(static_cast<std::uint32_t>(i - d_first));
      detection_areas.push_back(unit(random) * 20000);
      double const score = unit(random);
      scores.push_back(size.equal_scores ? .5 : score);
      if (num_truth != 0) {
        pair_ground_truths.push_back(static_cast<std::uint32_t>(random() % num_truth));
        pair_ious.push_back(.5 + unit(random) / 2);
      }
      pair_begin.push_back(pair_ious.size());
    }
    std::sort(scores.end() - static_cast<std::ptrdiff_t>(d - d_first), scores.end(), std::greater<>());
    detection_begin.push_back(static_cast<std::uint32_t>(d));
    ground_truth_begin.push_back(static_cast<std::uint32_t>(g));
    category_begin[cell.first + std::size_t{1}] = static_cast<std::uint32_t>(d);
  }
  for (std::size_t k = 1; k < category_begin.size(); ++k) {
    category_begin[k] = std::max(category_begin[k], category_begin[k - 1]);
  }
}

placed_state::placed_state(place const& where, kept_state const& state)
    : where_(where),
      bytes_(bytes_of(state.scores) + bytes_of(state.detection_areas) + bytes_of(state.ranks_in_cell) +
             bytes_of(state.pair_begin) + bytes_of(state.pair_ground_truths) + bytes_of(state.pair_ious) +
             bytes_of(state.categories) + bytes_of(state.images) + bytes_of(state.detection_begin) +
             bytes_of(state.ground_truth_begin) + bytes_of(state.ground_truth_areas) +
             bytes_of(state.ground_truth_flags)),
      categories_(where, state.categories),
      images_(where, state.images),
      detection_begin_(where, state.detection_begin),
      ground_truth_begin_(where, state.ground_truth_begin),
      cell_flags_(where, state.cell_flags),
      category_begin_(where, state.category_begin),
      ranks_(where, state.ranks_in_cell),
      scores_(where, state.scores),
      detection_areas_(where, state.detection_areas),
      ground_truth_areas_(where, state.ground_truth_areas),
      ground_truth_flags_(where, state.ground_truth_flags),
      pair_begin_(where, state.pair_begin),
      pair_ground_truths_(where, state.pair_ground_truths),
      pair_ious_(where, state.pair_ious),
      iou_thresholds_(where, grid(.5, .95, num_thresholds)),
      recall_thresholds_(where, grid(0, 1, num_recalls)),
      area_ranges_(where, std::vector<area_bounds>{{0, 1e10}, {0, 1024}, {1024, 9216}, {9216, 1e10}}),
      max_dets_(where, std::vector<std::uint32_t>{1, 10, 100}),
      outcomes_(where, state.scores.size() * num_areas),
      num_ground_truths_(where, (state.category_begin.size() - 1) * num_areas),
      order_(where, state.scores.size()),
      precision_(where, (state.category_begin.size() - 1) * num_areas * num_caps * num_thresholds * num_recalls),
      recall_(where, (state.category_begin.size() - 1) * num_areas * num_caps * num_thresholds),
      sampled_scores_(where, precision_.all().size()) {}

void placed_state::matching() const {
  maskmetrics::matching_input in;
  in.cells = {categories_.all(), images_.all(), detection_begin_.all(), ground_truth_begin_.all(), cell_flags_.all()};
  in.detection_areas = detection_areas_.all();
  in.ground_truth_areas = ground_truth_areas_.all();
  in.ground_truth_flags = ground_truth_flags_.all();
  in.pair_begin = pair_begin_.all();
  in.pair_ground_truths = pair_ground_truths_.all();
  in.pair_ious = pair_ious_.all();
  in.iou_thresholds = iou_thresholds_.all();
  in.area_ranges = area_ranges_.all();
  where_.stages->matching(where_.ctx(), in, {outcomes_.all(), num_ground_truths_.all()});
}

void placed_state::ranking() const {
  where_.stages->ranking(where_.ctx(), {category_begin_.all(), scores_.all()}, {order_.all()});
}

void placed_state::accumulate() const {
  maskmetrics::accumulate_input in;
  in.category_begin = category_begin_.all();
  in.order = order_.all();
  in.ranks_in_cell = ranks_.all();
  in.scores = scores_.all();
  in.outcomes = outcomes_.all();
  in.num_ground_truths = num_ground_truths_.all();
  in.recall_thresholds = recall_thresholds_.all();
  in.max_dets = max_dets_.all();
  in.num_thresholds = num_thresholds;
  in.num_area_ranges = num_areas;
  where_.stages->accumulate(where_.ctx(), in, {precision_.all(), recall_.all(), sampled_scores_.all()});
}

namespace {

/// Sizes of some data whose number of images follows from the number of detections.
struct named_state {
  char const* name;
  state_size size;
  std::uint32_t largest;  ///< detections
  bool grows;             ///< a quarter and a half of it are measured, too
};

constexpr named_state states[] = {
    {"coco", {0, 80, 100, 9}, 500000, true},           {"lvis", {0, 1203, 303, 12}, 303 * 19809, true},
    {"one_category", {0, 1, 100, 9}, 500000, false},   {"crowded", {0, 1, 20000, 1000}, 100000, false},
    {"one_detection", {0, 1203, 1, 12}, 19809, false}, {"equal_scores", {0, 80, 100, 9, true}, 500000, false}};

void run_state(benchmark::State& state, place const& where, named_state const& how, std::uint32_t num_detections,
               void (*run)(placed_state const&)) {
  state_size size = how.size;
  size.num_images = num_detections / size.detections_per_image;
  kept_state const& kept = keep_last(how.name + std::to_string(num_detections), [&] { return kept_state(size); });
  placed_state const placed(where, kept);
  // What a stage reads is there whichever stage is timed.
  placed.matching();
  placed.ranking();
  placed.accumulate();
  run_timed(state, where, [&] { run(placed); });
  state.SetItemsProcessed(static_cast<std::int64_t>(placed.num_detections()) * state.iterations());
  state.SetBytesProcessed(static_cast<std::int64_t>(placed.bytes()) * state.iterations());
  state.counters["kept_bytes_per_detection"] =
      static_cast<double>(placed.bytes()) / static_cast<double>(placed.num_detections());
}

}  // namespace

void register_state_benches(std::string const& stage, void (*run)(placed_state const&)) {
  for (place const& where : places()) {
    for (named_state const& one : states) {
      auto const add = one.grows ? register_sizes : register_size;
      add(stage + "/" + where.name + "/" + one.name, one.largest,
          [&where, &one, run](benchmark::State& state, std::uint32_t size) {
            run_state(state, where, one, size, run);
          });
    }
  }
}

}  // namespace bench
