// Stage pairwise: overlaps of boxes, and decoding and overlaps of run-length codes, inside cells. On a device the
// masks' way there counts. Sizes are detections; bytes/s are those of boxes or of codes, detections and ground truth.
#include "support/mask_scene.hpp"
#include "support/registration.hpp"

namespace {

struct named_layout {
  char const* name;
  bench::scene_layout layout;  ///< per cell; the number of cells follows from the size
  std::uint32_t largest;       ///< detections
};

void overlaps(benchmark::State& state, bench::place const& where, named_layout const& how, bench::overlap_of kind,
              std::uint32_t num_detections) {
  bench::scene_layout layout = how.layout;
  layout.num_cells = num_detections / layout.detections_per_cell;
  bench::mask_scene const& scene =
      bench::keep_last(how.name + std::to_string(num_detections), [&] { return bench::mask_scene(layout); });
  bench::placed_scene const placed(where, scene, kind);
  bench::run_timed(state, where, [&] { placed.pairwise(); });
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(placed.num_detections()));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(placed.bytes()));
}

}  // namespace

int main(int argc, char** argv) {
  using bench::mask_shape;
  // 100,003 cells fill no block of threads. A crowded cell has pairs as its size squared.
  static named_layout const octagons{"octagon", {0, 5, 2, mask_shape::octagon}, 5 * 100003};
  static named_layout const others[] = {{"large", {0, 5, 2, mask_shape::large}, 20000},
                                        {"bar", {0, 5, 2, mask_shape::bar}, 20000},
                                        {"dust", {0, 5, 2, mask_shape::dust}, 20000},
                                        {"crowded", {0, 1000, 500, mask_shape::octagon}, 10000},
                                        {"no_ground_truth", {0, 5, 0, mask_shape::octagon}, 100000}};
  for (bench::place const& where : bench::places()) {
    for (auto const& [name, kind] :
         {std::pair{"/boxes/", bench::overlap_of::boxes}, {"/masks/", bench::overlap_of::masks}}) {
      std::string const prefix = "pairwise/" + where.name + name;
      auto const run = [&where, kind](named_layout const& how) {
        return [&where, kind, &how](benchmark::State& state, std::uint32_t size) {
          overlaps(state, where, how, kind, size);
        };
      };
      bench::register_sizes(prefix + octagons.name, octagons.largest, run(octagons));
      for (named_layout const& how : others) {
        bool const of_masks = how.layout.shape != mask_shape::octagon;
        if (kind == bench::overlap_of::boxes && of_masks) continue;
        bench::register_size(prefix + how.name, how.largest, run(how));
      }
    }
  }
  return bench::run_benches(argc, argv);
}
