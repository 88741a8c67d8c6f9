// Stage ingest: JSON files, in the page cache, to columns. Sizes are images; bytes/s are those of the files. The CPU
// does it whatever the device.
#include <maskmetrics/ingest.hpp>

#include "support/device_timer.hpp"
#include "support/registration.hpp"
#include "support/workload_files.hpp"

namespace {

using maskmetrics::workload::flavour;

/// A workload, and the ground truth that its results are read for.
struct prepared_files {
  bench::workload_files files;
  std::filesystem::path indented;
  maskmetrics::dataset ground_truth;

  prepared_files(flavour kind, std::uint32_t num_images, maskmetrics::ingest_options const& needs)
      : files({kind, num_images, kind == flavour::coco ? 100U : 300U, 1}),
        indented(files.results().parent_path() / "indented.json"),
        ground_truth(maskmetrics::load_dataset({}, files.ground_truth(), needs)) {
    bench::indent_json(files.results(), indented);
  }
};

enum class content : unsigned char { ground_truth, results, indented_results };

struct ingest_case {
  char const* name;
  flavour kind;
  content what;
  maskmetrics::ingest_options needs;
  int threads;  ///< 0: all
};

void read(benchmark::State& state, ingest_case const& one, std::uint32_t num_images) {
  prepared_files const& prepared = bench::keep_last(one.name + std::to_string(num_images),
                                                    [&] { return prepared_files(one.kind, num_images, one.needs); });
  maskmetrics::context ctx;
  ctx.threads = one.threads;
  bool const is_truth = one.what == content::ground_truth;
  std::filesystem::path const file = is_truth                       ? prepared.files.ground_truth()
                                     : one.what == content::results ? prepared.files.results()
                                                                    : prepared.indented;
  std::size_t rows = 0;
  bench::run_timed(state, bench::places().front(), [&] {
    rows = is_truth ? maskmetrics::load_dataset(ctx, file, one.needs).annotations.size()
                    : maskmetrics::load_detections(ctx, file, prepared.ground_truth, one.needs).size();
  });
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(rows));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(std::filesystem::file_size(file)));
}

maskmetrics::ingest_options needs_of(maskmetrics::protocol const& how) {
  return maskmetrics::ingest_options::for_protocol(how);
}

}  // namespace

int main(int argc, char** argv) {
  using maskmetrics::iou_type;
  using maskmetrics::protocol;
  auto const coco_boxes = needs_of(protocol::coco(iou_type::bbox));
  auto const coco_masks = needs_of(protocol::coco(iou_type::segm));
  auto const lvis_masks = needs_of(protocol::lvis(iou_type::segm));
  static ingest_case const cases[] = {
      {"coco_ground_truth", flavour::coco, content::ground_truth, coco_masks, 0},
      {"coco_results_boxes", flavour::coco, content::results, coco_boxes, 0},
      {"coco_results_masks", flavour::coco, content::results, coco_masks, 0},
      {"coco_results_masks_one_thread", flavour::coco, content::results, coco_masks, 1},
      {"lvis_ground_truth", flavour::lvis, content::ground_truth, lvis_masks, 0},
      {"lvis_results_masks", flavour::lvis, content::results, lvis_masks, 0},
      {"indented_results_masks", flavour::coco, content::indented_results, coco_masks, 0},
  };
  for (ingest_case const& one : cases) {
    bench::register_sizes(std::string("ingest/cpu/") + one.name, 1000,
                          [&one](benchmark::State& state, std::uint32_t size) { read(state, one, size); });
  }
  return bench::run_benches(argc, argv);
}
