// Boundaries in the stage pairwise: decoding, overlaps of masks, and boundaries of those that overlap enough. On a
// device the masks' way there counts. Sizes are detections; bytes/s are those of codes, detections and ground truth.
#include "support/mask_scene.hpp"
#include "support/registration.hpp"

namespace {

void overlaps(benchmark::State& state, bench::place const& where, bench::mask_shape shape,
              std::uint32_t num_detections) {
  bench::scene_layout layout;
  layout.shape = shape;
  layout.num_cells = num_detections / layout.detections_per_cell;
  bench::mask_scene const& scene = bench::keep_last(bench::name_of(shape) + std::to_string(num_detections),
                                                    [&] { return bench::mask_scene(layout); });
  bench::placed_scene const placed(where, scene, bench::overlap_of::boundaries);
  bench::run_timed(state, where, [&] { placed.pairwise(); });
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(placed.num_detections()));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(placed.bytes()));
}

}  // namespace

int main(int argc, char** argv) {
  using bench::mask_shape;
  for (bench::place const& where : bench::places()) {
    auto const run = [&where](mask_shape shape) {
      return [&where, shape](benchmark::State& state, std::uint32_t size) { overlaps(state, where, shape, size); };
    };
    std::string const prefix = "boundary/" + where.name + "/";
    bench::register_sizes(prefix + bench::name_of(mask_shape::octagon), 100010, run(mask_shape::octagon));
    // Much to erode, nothing to erode over many columns, nothing to erode in many runs, the whole image.
    for (mask_shape const shape : {mask_shape::large, mask_shape::bar, mask_shape::dust, mask_shape::full}) {
      bench::register_size(prefix + bench::name_of(shape), 5000, run(shape));
    }
  }
  return bench::run_benches(argc, argv);
}
