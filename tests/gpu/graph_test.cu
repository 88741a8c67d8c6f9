// compute() without a wait in it: matching, ranking and accumulate are captured into a CUDA graph, whose replays give
// the same bits, for new contents of the same sizes as well.
#include <cuda_runtime_api.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <exception>
#include <memory>
#include <vector>

#include "gpu/gpu_fixture.hpp"
#include "support/backends.hpp"
#include "support/cells.hpp"
#include "support/exact.hpp"

namespace {

using maskmetrics::outcome_word;
using support::backend_under_test;
using support::placed;
using support::random_source;

using gpu_graph = gpu::device_test;

constexpr std::uint32_t num_thresholds = 10;
constexpr std::uint32_t num_areas = 2;

/// One kept state: a few hundred detections with at most one pair each.
struct kept_state {
  support::cell_layout cells;
  std::vector<double> scores;
  std::vector<double> detection_areas;
  std::vector<double> ground_truth_areas;
  std::vector<std::uint8_t> flags;
  std::vector<std::uint64_t> pair_begin = {0};
  std::vector<std::uint32_t> pair_ground_truths;
  std::vector<double> pair_ious;

  kept_state(random_source& random, support::cell_layout layout) : cells(std::move(layout)) {
    scores = support::random_scores(random, cells);
    for (std::size_t c = 0; c < cells.num_cells(); ++c) {
      std::uint32_t const num = cells.ground_truth_begin[c + 1] - cells.ground_truth_begin[c];
      for (std::uint32_t g = 0; g < num; ++g) {
        ground_truth_areas.push_back(random.unit() * 2000);
        flags.push_back(0);
      }
      for (std::uint32_t d = cells.detection_begin[c]; d < cells.detection_begin[c + 1]; ++d) {
        detection_areas.push_back(random.unit() * 2000);
        if (num != 0) {
          pair_ground_truths.push_back(random.below(num));
          pair_ious.push_back(random.unit());
        }
        pair_begin.push_back(pair_ious.size());
      }
    }
  }
};

/// The state in a backend's memory, and what compute() makes of it.
class computation {
public:
  computation(backend_under_test const& where, kept_state const& state)
      : where_(where),
        cells_(where, state.cells),
        category_begin_(where, state.cells.category_begin()),
        ranks_(where, state.cells.ranks_in_cell()),
        scores_(where, state.scores),
        detection_areas_(where, state.detection_areas),
        never_takes_(where, std::vector<std::uint8_t>{}),
        ground_truth_areas_(where, state.ground_truth_areas),
        flags_(where, state.flags),
        pair_begin_(where, state.pair_begin),
        pair_ground_truths_(where, state.pair_ground_truths),
        pair_ious_(where, state.pair_ious),
        iou_thresholds_(where, std::vector<double>{.5, .55, .6, .65, .7, .75, .8, .85, .9, .95}),
        recall_thresholds_(where, recalls()),
        area_ranges_(where, std::vector<maskmetrics::area_bounds>{{0, 1e10}, {0, 1024}}),
        max_dets_(where, std::vector<std::uint32_t>{1, 10, 100}),
        outcomes_(where, state.scores.size() * num_areas),
        counts_(where, std::size_t{state.cells.num_categories} * num_areas),
        order_(where, state.scores.size()),
        precision_(where, std::size_t{num_thresholds} * 101 * state.cells.num_categories * num_areas * 3),
        recall_(where, std::size_t{num_thresholds} * state.cells.num_categories * num_areas * 3),
        sampled_scores_(where, precision_.all().size()) {}

  void queue() const {
    auto const& ctx = where_.ctx;
    where_.stages->matching(
        ctx,
        {cells_.view(), detection_areas_.all(), never_takes_.all(), ground_truth_areas_.all(), flags_.all(),
         pair_begin_.all(), pair_ground_truths_.all(), pair_ious_.all(), iou_thresholds_.all(), area_ranges_.all()},
        {outcomes_.all(), counts_.all()});
    where_.stages->ranking(ctx, {category_begin_.all(), scores_.all()}, {order_.all()});
    where_.stages->accumulate(ctx,
                              {category_begin_.all(), order_.all(), ranks_.all(), scores_.all(), outcomes_.all(),
                               counts_.all(), recall_thresholds_.all(), max_dets_.all(), num_thresholds, num_areas},
                              {precision_.all(), recall_.all(), sampled_scores_.all()});
  }

  /// Other contents of the same sizes.
  void refill(kept_state const& state) const {
    copy(scores_, state.scores);
    copy(pair_ious_, state.pair_ious);
    copy(pair_ground_truths_, state.pair_ground_truths);
  }

  [[nodiscard]] std::vector<double> results() const {
    std::vector<double> all = precision_.fetch();
    for (placed<double> const* more : {&recall_, &sampled_scores_}) {
      std::vector<double> const values = more->fetch();
      all.insert(all.end(), values.begin(), values.end());
    }
    return all;
  }

private:
  static std::vector<double> recalls() {
    std::vector<double> values;
    for (int i = 0; i <= 100; ++i) values.push_back(i * .01);
    return values;
  }
  template <class T>
  void copy(placed<T> const& to, std::vector<T> const& from) const {
    where_.place->copy_in(to.all().data(), from.data(), from.size() * sizeof(T));
  }

  backend_under_test const& where_;
  support::placed_cells cells_;
  placed<std::uint32_t> category_begin_;
  placed<std::uint32_t> ranks_;
  placed<double> scores_;
  placed<double> detection_areas_;
  placed<std::uint8_t> never_takes_;
  placed<double> ground_truth_areas_;
  placed<std::uint8_t> flags_;
  placed<std::uint64_t> pair_begin_;
  placed<std::uint32_t> pair_ground_truths_;
  placed<double> pair_ious_;
  placed<double> iou_thresholds_;
  placed<double> recall_thresholds_;
  placed<maskmetrics::area_bounds> area_ranges_;
  placed<std::uint32_t> max_dets_;
  placed<outcome_word> outcomes_;
  placed<std::uint32_t> counts_;
  placed<std::uint32_t> order_;
  placed<double> precision_;
  placed<double> recall_;
  placed<double> sampled_scores_;
};

/// The captured stages as a graph that can be launched.
class captured_graph {
public:
  captured_graph(computation const& work, cudaStream_t stream) : stream_(stream) {
    EXPECT_EQ(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), cudaSuccess);
    std::exception_ptr failure;
    try {
      work.queue();
    } catch (...) {
      failure = std::current_exception();
    }
    // Whatever happens, so that the tests that follow do not find a thread that captures.
    cudaGraph_t graph = nullptr;
    cudaError_t const ended = cudaStreamEndCapture(stream, &graph);
    if (failure) std::rethrow_exception(failure);
    EXPECT_EQ(ended, cudaSuccess);
    EXPECT_EQ(cudaGraphInstantiate(&graph_, graph, 0), cudaSuccess);
    cudaGraphDestroy(graph);
  }
  ~captured_graph() { cudaGraphExecDestroy(graph_); }
  captured_graph(captured_graph const&) = delete;
  captured_graph& operator=(captured_graph const&) = delete;

  void launch() const { ASSERT_EQ(cudaGraphLaunch(graph_, stream_), cudaSuccess); }

private:
  cudaStream_t stream_;
  cudaGraphExec_t graph_ = nullptr;
};

TEST_F(gpu_graph, of_compute_replays_its_bits) {
  std::vector<backend_under_test> const& all = support::backends();
  backend_under_test const& cpu = all.front();
  backend_under_test const& cuda = all.back();
  random_source random(1);
  for (int round = 0; round < 10; ++round) {
    support::cell_layout const layout = support::random_cells(random, 50);
    kept_state const first(random, layout);
    kept_state const second(random, layout);
    computation const here(cpu, first);
    here.queue();
    computation const there(cuda, first);
    there.queue();  // loads every kernel, which a capture cannot
    ASSERT_TRUE(support::agree(there.results(), here.results()));
    captured_graph const graph(there, static_cast<cudaStream_t>(cuda.ctx.stream.handle()));
    for (kept_state const* state : {&second, &first}) {
      here.refill(*state);
      here.queue();
      there.refill(*state);
      graph.launch();
      ASSERT_TRUE(support::agree(there.results(), here.results()));
    }
  }
}

}  // namespace
