#include "cli/arguments.hpp"

namespace maskmetrics::cli {

namespace {

constexpr char const* input_group = "Input";
constexpr char const* box_group = "Boxes";
constexpr char const* protocol_group = "Protocol";
constexpr char const* run_group = "Run";
constexpr char const* output_group = "Output";

void add_ground_truth(CLI::App& command, input_arguments& input) {
  command
      .add_option("--gt", input.ground_truth_file,
                  "COCO or LVIS ground truth (JSON, also .gz and .zst); voc also a folder, see below")
      ->required()
      ->type_name("PATH")
      ->group(input_group);
}

void add_results(CLI::App& command, input_arguments& input) {
  command
      .add_option("--dt", input.results_file, "Results in COCO's form (JSON, also .gz and .zst); voc also text files")
      ->required()
      ->type_name("PATH")
      ->group(input_group);
}

void add_choice(CLI::App& command, char const* name, std::string& value, std::vector<std::string> const& words,
                char const* kind, char const* text) {
  command.add_option(name, value, text)->check(CLI::IsMember(words).description(""))->type_name(kind)->group(box_group);
}

void add_box_options(CLI::App& command, input_arguments& input) {
  std::vector<std::string> const layouts = {"xywh", "xyxy", "cxcywh"};
  std::vector<std::string> const units = {"pixels", "relative"};
  add_choice(command, "--box-layout", input.box_layout, layouts, "xywh|xyxy|cxcywh",
             "Top left corner and size, two corners, or center and size [xywh]");
  add_choice(command, "--box-units", input.box_units, units, "pixels|relative",
             "Pixels, or parts of the image's width and height, 0 to 1 [pixels]");
  add_choice(command, "--dt-box-layout", input.dt_box_layout, layouts, "LAYOUT",
             "The layout in --dt, where it is another one");
  add_choice(command, "--dt-box-units", input.dt_box_units, units, "UNITS",
             "The units in --dt, where they are other ones");
  add_choice(command, "--dt-score", input.dt_score, {"first", "last"}, "first|last",
             "voc, text by image: score before the box, or behind it as YOLO [pixels: first]");
  command
      .add_option("--image-sizes", input.image_sizes,
                  "For relative boxes, where --gt has no sizes: a folder of images, a CSV, or COCO's JSON")
      ->type_name("PATH")
      ->group(box_group);
}

CLI::Option* add_standard_protocol(CLI::App& command, input_arguments& input) {
  command
      .add_option("--protocol", input.protocol,
                  "coco; lvis: federated, 300 an image; lvis-fixed: 10,000 a category; voc: Pascal VOC")
      ->check(CLI::IsMember({"coco", "lvis", "lvis-fixed", "voc"}).description(""))
      ->type_name("NAME")
      ->capture_default_str()
      ->group(protocol_group);
  command
      .add_option("--dilation-ratio", input.dilation_ratio,
                  "--iou boundary: width of the boundary, part of the image's diagonal [0.02]")
      ->type_name("X")
      ->group(protocol_group);
  command
      .add_option("--interpolation", input.interpolation,
                  "voc: AP by every point, or by N points, 11 for VOC2007 [every]")
      ->type_name("every|N")
      ->group(protocol_group);
  command
      .add_option("--box-convention", input.box_convention,
                  "voc: inclusive, the last pixels count; or continuous [inclusive]")
      ->check(CLI::IsMember({"inclusive", "continuous"}).description(""))
      ->type_name("KIND")
      ->group(protocol_group);
  return command.add_option("--iou", input.iou, "Overlap of what: bbox, segm or boundary")
      ->check(CLI::IsMember({"bbox", "segm", "boundary"}).description(""))
      ->type_name("KIND")
      ->group(protocol_group);
}

void add_run_options(CLI::App& command, input_arguments& input) {
  command.add_option("--parity", input.parity, "strict: the reference to the last bit; corrected: its faults mended")
      ->check(CLI::IsMember({"strict", "corrected"}).description(""))
      ->type_name("MODE")
      ->capture_default_str()
      ->group(protocol_group);
  command.add_option("--device", input.device, "auto, cpu, cuda or cuda:N")
      ->type_name("DEVICE")
      ->capture_default_str()
      ->group(run_group);
  command.add_option("--threads", input.threads, "CPU threads; 0 means all cores")
      ->check(CLI::Range(0, 1 << 16).description(""))
      ->type_name("N")
      ->capture_default_str()
      ->group(run_group);
  command.add_flag("--quiet", input.quiet, "No warnings, no progress bar")->group(output_group);
}

void add_protocol_options(CLI::App& command, eval_arguments& arguments) {
  command.add_option("--max-dets", arguments.max_dets, "Detections kept; all for no cap [1,10,100; lvis 300; voc all]")
      ->type_name("N,N,...")
      ->group(protocol_group);
  command.add_option("--cap", arguments.cap, "Of what: an image and category, or an image [category; lvis image]")
      ->check(CLI::IsMember({"category", "image"}).description(""))
      ->type_name("SCOPE")
      ->group(protocol_group);
  command.add_option("--ar-curve", arguments.ar_curve, "Also average recall at these caps, as a table")
      ->type_name("N,N,...")
      ->group(protocol_group);
  command
      .add_option("--iou-thresholds", arguments.iou_thresholds, "Overlaps that count as a match [.5:.05:.95; voc .5]")
      ->type_name("X,X,...")
      ->group(protocol_group);
  command
      .add_option("--recall-thresholds", arguments.recall_thresholds, "Where precision is read, ascending [0:.01:1]")
      ->type_name("X,X,...")
      ->group(protocol_group);
  command
      .add_option("--area-ranges", arguments.area_ranges,
                  "Object areas in px, both ends included, e.g. 0:1e10,tiny=0:256")
      ->type_name("LO:HI,...")
      ->group(protocol_group);
  command
      .add_option("--relative-area-ranges", arguments.relative_area_ranges,
                  "The same by sqrt(area / image area), e.g. small=0:0.1,large=0.1:1")
      ->type_name("LO:HI,...")
      ->group(protocol_group);
  command.add_flag("--no-categories", arguments.no_categories, "Take all categories for one")->group(protocol_group);
  command
      .add_option("--images", arguments.images,
                  "Only these image ids (voc: ids or names); @FILE reads them from a file")
      ->type_name("IDS")
      ->group(protocol_group);
  command
      .add_option("--categories", arguments.categories,
                  "Only these categories, by id or name; @FILE reads one a line from a file")
      ->type_name("NAMES")
      ->group(protocol_group);
}

}  // namespace

CLI::App* add_eval(CLI::App& app, eval_arguments& arguments) {
  CLI::App* command =
      app.add_subcommand("eval", "Average precision and recall of detections, as pycocotools counts them");
  add_ground_truth(*command, arguments.input);
  add_results(*command, arguments.input);
  add_box_options(*command, arguments.input);
  add_standard_protocol(*command, arguments.input)->required();
  add_protocol_options(*command, arguments);
  add_run_options(*command, arguments.input);
  command->add_flag("--per-category", arguments.per_category, "Also print a table by category")->group(output_group);
  command->add_option("--output", arguments.output_file, "Write everything as JSON")
      ->type_name("FILE")
      ->group(output_group);
  command
      ->add_option("--arrays", arguments.arrays_folder,
                   "Write precision.npy, recall.npy and, but for lvis, scores.npy; voc: AP, too")
      ->type_name("FOLDER")
      ->group(output_group);
  command->footer(
      "Example:\n"
      "  maskmetrics eval --gt instances_val2017.json --dt results.json --iou segm --per-category --output "
      "metrics.json\n"
      "\n"
      "Strict parity sums up three or more --max-dets, as pycocotools does. With fewer, --output, --arrays and\n"
      "--per-category still work; --parity corrected sums up any number.\n"
      "\n"
      "--protocol voc also takes for --gt a folder of VOC's .xml files, or of .txt files of lines\n"
      "'class x y width height', one file an image; for --dt VOCdevkit's comp4_det_<set>_<class>.txt, a folder of\n"
      "them, or a folder of .txt files of lines 'class score x y width height', one file an image.\n"
      "Boxes are in pixels, x and y of the top left corner. --box-layout, --box-units and --dt-score read other "
      "lines:\n"
      "\n"
      "  YOLO              --box-layout cxcywh --box-units relative --dt-score last --image-sizes images/\n"
      "  corners (x2, y2)  --box-layout xyxy; in the results alone --dt-box-layout xyxy\n"
      "\n"
      "They apply to \"bbox\" of JSON files, too. VOC's .xml and VOCdevkit's results always are corners. Boxes that "
      "look\n"
      "relative are an error in VOC's files and a warning elsewhere, unless units are chosen. A CSV of --image-sizes\n"
      "begins with a line that names its columns: image,width,height.");
  return command;
}

CLI::App* add_explain(CLI::App& app, explain_arguments& arguments) {
  CLI::App* command =
      app.add_subcommand("explain", "Where one category's average precision comes from, detection by detection");
  add_ground_truth(*command, arguments.input);
  add_results(*command, arguments.input);
  add_box_options(*command, arguments.input);
  add_standard_protocol(*command, arguments.input)->default_str("segm; voc bbox");
  command->add_option("--category", arguments.category, "Name or id")
      ->required()
      ->type_name("NAME")
      ->group(protocol_group);
  command->add_option("--iou-threshold", arguments.iou_threshold, "Overlap that counts as a match")
      ->type_name("X")
      ->capture_default_str()
      ->group(protocol_group);
  command->add_option("--area-range", arguments.area_range, "all, small, medium, large, or LO:HI in px")
      ->type_name("RANGE")
      ->capture_default_str()
      ->group(protocol_group);
  command->add_option("--max-dets", arguments.max_dets, "Detections kept per image [100; lvis 300; voc all]")
      ->type_name("N")
      ->group(protocol_group);
  add_run_options(*command, arguments.input);
  command->add_option("--csv", arguments.csv_file, "Also write the table as CSV; - prints it instead of the table")
      ->type_name("FILE")
      ->group(output_group);
  command->footer(
      "Example:\n"
      "  maskmetrics explain --gt instances_val2017.json --dt results.json --category \"traffic light\" "
      "--iou-threshold 0.5");
  return command;
}

CLI::App* add_sweep(CLI::App& app, sweep_arguments& arguments) {
  CLI::App* command = app.add_subcommand("sweep", "Many results files against one ground truth, sorted by AP");
  input_arguments& input = arguments.eval.input;
  add_ground_truth(*command, input);
  command->add_option("--dt", arguments.results_files, "Results files, quoted patterns (also **), or @LIST of such")
      ->required()
      ->type_name("FILE...")
      ->group(input_group);
  add_box_options(*command, input);
  add_standard_protocol(*command, input)->required();
  add_protocol_options(*command, arguments.eval);
  add_run_options(*command, input);
  command->add_option("--output", arguments.output_folder, "Gets a JSON of each results file, table.csv and table.md")
      ->required()
      ->type_name("FOLDER")
      ->group(output_group);
  command->add_flag("--again", arguments.again, "Evaluate finished results files, too")->group(output_group);
  command->footer(
      "Example:\n"
      "  maskmetrics sweep --gt instances_val2017.json --dt 'runs/**/results.json' --iou segm --output scores\n"
      "\n"
      "The same command goes on where it was stopped. A results file counts as finished as long as its size and time,\n"
      "those of the ground truth, the protocol and the version are the same, and its JSON is as it was written.");
  return command;
}

}  // namespace maskmetrics::cli
