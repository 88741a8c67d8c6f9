#include "cli/input.hpp"

#include <maskmetrics/ingest.hpp>

#include "cli/timed.hpp"
#include "cli/usage_error.hpp"

namespace maskmetrics::cli {

context context_of(input_arguments const& arguments, progress_bar& bar) {
  return {parse_device(arguments.device), arguments.threads, bar.callback()};
}

namespace {

iou_type iou_type_of(std::string const& name) {
  for (iou_type const iou : {iou_type::bbox, iou_type::segm, iou_type::boundary}) {
    if (name == to_string(iou)) return iou;
  }
  throw usage_error("--iou: no overlap is called " + name);
}

protocol standard_protocol(std::string const& name, iou_type iou) {
  if (name == "lvis") return protocol::lvis(iou);
  if (name == "lvis-fixed") return protocol::lvis_fixed(iou);
  return protocol::coco(iou);
}

}  // namespace

protocol protocol_of(input_arguments const& arguments) {
  protocol how = standard_protocol(arguments.protocol, iou_type_of(arguments.iou));
  if (arguments.dilation_ratio) {
    if (how.iou != iou_type::boundary) throw usage_error("--dilation-ratio: only --iou boundary has one");
    how.boundary_dilation_ratio = *arguments.dilation_ratio;
  }
  how.parity = arguments.parity == "strict" ? parity::strict : parity::corrected;
  return how;
}

input_files read_files(context const& ctx, input_arguments const& arguments, protocol const& how) {
  auto const options = ingest_options::for_protocol(how);
  input_files files;
  files.ground_truth = timed(files.timings, "read_ground_truth",
                             [&] { return load_dataset(ctx, arguments.ground_truth_file, options); });
  files.results = timed(files.timings, "read_results",
                        [&] { return load_detections(ctx, arguments.results_file, files.ground_truth, options); });
  return files;
}

}  // namespace maskmetrics::cli
