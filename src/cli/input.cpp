#include "cli/input.hpp"

#include <memory>
#include <optional>

#include "cli/lists.hpp"
#include "cli/timed.hpp"
#include "cli/usage_error.hpp"

namespace maskmetrics::cli {

context context_of(input_arguments const& arguments, progress_bar& bar) {
  return {parse_device(arguments.device), arguments.threads, bar.callback()};
}

namespace {

constexpr std::int64_t most_points = 1'000'000;

iou_type iou_type_of(input_arguments const& arguments) {
  std::string const& name = arguments.iou;
  if (name.empty()) return arguments.protocol == "voc" ? iou_type::bbox : iou_type::segm;
  for (iou_type const iou : {iou_type::bbox, iou_type::segm, iou_type::boundary}) {
    if (name == to_string(iou)) return iou;
  }
  throw usage_error("--iou: no overlap is called " + name);
}

/// 0 for every point.
std::uint32_t num_points_of(std::string const& interpolation) {
  if (interpolation.empty() || interpolation == "every") return 0;
  std::int64_t count = 0;
  if (!parse_id(interpolation, count) || count < 1 || count > most_points) {
    throw usage_error("--interpolation: '" + interpolation +
                      "' is neither \"every\" nor a number of points from 1 to " + std::to_string(most_points));
  }
  return static_cast<std::uint32_t>(count);
}

protocol standard_protocol(input_arguments const& arguments) {
  iou_type const iou = iou_type_of(arguments);
  std::string const& name = arguments.protocol;
  if (name == "voc") {
    protocol how = protocol::voc(iou, num_points_of(arguments.interpolation));
    if (arguments.box_convention == "continuous") how.box_convention = box_convention::continuous;
    return how;
  }
  if (!arguments.interpolation.empty()) throw usage_error("--interpolation: only --protocol voc has one");
  if (!arguments.box_convention.empty()) throw usage_error("--box-convention: only --protocol voc has one");
  if (name == "lvis") return protocol::lvis(iou);
  if (name == "lvis-fixed") return protocol::lvis_fixed(iou);
  return protocol::coco(iou);
}

box_layout layout_of(std::string const& name) {
  if (name == "xyxy") return box_layout::xyxy;
  return name == "cxcywh" ? box_layout::cxcywh : box_layout::xywh;
}

/// Nothing where nothing was chosen.
std::optional<box_units> units_of(std::string const& name) {
  if (name.empty()) return {};
  return name == "relative" ? box_units::relative : box_units::pixels;
}

}  // namespace

protocol protocol_of(input_arguments const& arguments) {
  protocol how = standard_protocol(arguments);
  if (arguments.dilation_ratio) {
    if (how.iou != iou_type::boundary) throw usage_error("--dilation-ratio: only --iou boundary has one");
    how.boundary_dilation_ratio = *arguments.dilation_ratio;
  }
  how.parity = arguments.parity == "strict" ? parity::strict : parity::corrected;
  return how;
}

ingest_options options_of(context const& ctx, input_arguments const& arguments, protocol const& how) {
  ingest_options options = ingest_options::for_protocol(how);
  bool const own_layout = !arguments.dt_box_layout.empty();
  bool const own_units = !arguments.dt_box_units.empty();
  options.ground_truth_boxes = {layout_of(arguments.box_layout), units_of(arguments.box_units)};
  options.result_boxes = {layout_of(own_layout ? arguments.dt_box_layout : arguments.box_layout),
                          units_of(own_units ? arguments.dt_box_units : arguments.box_units)};
  if (!arguments.dt_score.empty() && how.rules != rule_set::voc) {
    throw usage_error("--dt-score: only --protocol voc reads text files");
  }
  if (!arguments.dt_score.empty()) options.score_last = arguments.dt_score == "last";
  if (!arguments.image_sizes.empty()) {
    options.image_sizes = std::make_shared<image_sizes const>(image_sizes::read(ctx, arguments.image_sizes));
  }
  return options;
}

input_files read_files(context const& ctx, input_arguments const& arguments, protocol const& how) {
  ingest_options const options = options_of(ctx, arguments, how);
  input_files files;
  files.ground_truth = timed(files.timings, "read_ground_truth",
                             [&] { return load_dataset(ctx, arguments.ground_truth_file, options); });
  files.results = timed(files.timings, "read_results",
                        [&] { return load_detections(ctx, arguments.results_file, files.ground_truth, options); });
  return files;
}

}  // namespace maskmetrics::cli
