// evaluate(): columns to arrays, all stages, data of the generator. Sizes are images with 100 (COCO) or 300 (LVIS)
// detections each; bytes/s are those of the columns that it reads: scores, indices, boxes, codes of masks.
#include <maskmetrics/evaluate.hpp>
#include <maskmetrics/ingest.hpp>
#include <maskmetrics/prepared_ground_truth.hpp>

#include "support/device_timer.hpp"
#include "support/registration.hpp"
#include "support/workload_files.hpp"

namespace {

using maskmetrics::iou_type;
using maskmetrics::protocol;
using maskmetrics::workload::flavour;

struct columns {
  bench::workload_files files;
  maskmetrics::dataset ground_truth;
  maskmetrics::detections results;

  columns(flavour kind, std::uint32_t num_images, maskmetrics::ingest_options const& needs)
      : files({kind, num_images, kind == flavour::coco ? 100U : 300U, 1}),
        ground_truth(maskmetrics::load_dataset({}, files.ground_truth(), needs)),
        results(maskmetrics::load_detections({}, files.results(), ground_truth, needs)) {}
};

std::size_t bytes_read(maskmetrics::detections const& results) {
  std::size_t bytes = results.size() * (sizeof(double) + 2 * sizeof(std::uint32_t)) +
                      (results.areas_px.size()) * sizeof(double) + results.boxes.size() * sizeof(maskmetrics::box);
  for (maskmetrics::mask_entry const& entry : results.masks.entries) bytes += entry.length;
  return bytes;
}

struct evaluate_case {
  char const* name;
  flavour kind;
  protocol how;
  bool prepared;  ///< ground truth is prepared beforehand
};

void run(benchmark::State& state, bench::place const& where, evaluate_case const& one, std::uint32_t num_images) {
  auto const needs = maskmetrics::ingest_options::for_protocol(one.how);
  std::string const key =
      std::to_string(static_cast<int>(one.kind)) + maskmetrics::to_string(one.how.iou) + std::to_string(num_images);
  columns const& data = bench::keep_last(key, [&] { return columns(one.kind, num_images, needs); });
  maskmetrics::prepared_ground_truth const ready(where.ctx(), data.ground_truth, one.how);
  bench::run_timed(state, where, [&] {
    maskmetrics::evaluation const result =
        one.prepared ? maskmetrics::evaluate(where.ctx(), ready, data.results)
                     : maskmetrics::evaluate(where.ctx(), data.ground_truth, data.results, one.how);
    benchmark::DoNotOptimize(result.precision.data());
  });
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(data.results.size()));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes_read(data.results)));
}

protocol without_categories(protocol how) {
  how.use_categories = false;
  return how;
}

}  // namespace

int main(int argc, char** argv) {
  static evaluate_case const cases[] = {
      {"coco_bbox", flavour::coco, protocol::coco(iou_type::bbox), false},
      {"coco_bbox_one_category", flavour::coco, without_categories(protocol::coco(iou_type::bbox)), false},
      {"coco_segm", flavour::coco, protocol::coco(iou_type::segm), false},
      {"coco_segm_prepared", flavour::coco, protocol::coco(iou_type::segm), true},
      {"coco_boundary", flavour::coco, protocol::coco(iou_type::boundary), false},
      {"lvis_bbox", flavour::lvis, protocol::lvis(iou_type::bbox), false},
      {"lvis_segm", flavour::lvis, protocol::lvis(iou_type::segm), false},
  };
  for (bench::place const& where : bench::places()) {
    for (evaluate_case const& one : cases) {
      bench::register_sizes(
          "evaluate/" + where.name + "/" + one.name, 1000,
          [&where, &one](benchmark::State& state, std::uint32_t size) { run(state, where, one, size); });
    }
  }
  return bench::run_benches(argc, argv);
}
