/// @file
/// Reads COCO ground truth and results from JSON files, plain, gzip or zstd compressed (by content, not by name), and
/// the files of Pascal VOC.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "maskmetrics/context.hpp"
#include "maskmetrics/dataset.hpp"
#include "maskmetrics/detections.hpp"
#include "maskmetrics/image_sizes.hpp"
#include "maskmetrics/protocol.hpp"

namespace maskmetrics {

/// How the four numbers of boxes are read.
struct box_format {
  /// Of "bbox" in JSON and of lines of text. Files that name their corners, VOC's XML and VOCdevkit's results, are xyxy
  /// whatever this says.
  box_layout layout = box_layout::xywh;
  /// Of all files. Relative boxes are multiplied by their image's width and height before the layout is looked at;
  /// where no "area" of a ground truth is above 1, areas are multiplied by width * height. Absent: pixels, and boxes
  /// that all look relative are an error in VOC's files and a warning elsewhere.
  std::optional<box_units> units;

  [[nodiscard]] bool is_relative() const { return units == box_units::relative; }
  /// Boxes are what they are read as.
  [[nodiscard]] bool is_plain() const { return layout == box_layout::xywh && !is_relative(); }
};

/// Which columns to fill. Leaving one out saves its memory; what is left out is not validated either.
struct ingest_options {
  bool boxes = true;
  bool masks = true;
  maskmetrics::parity parity = parity::strict;
  bool ignore_counts = false;  ///< the evaluation reads "ignore" in strict parity, too; else its loss is a warning
  bool crowd_counts = true;    ///< the evaluation reads "iscrowd"; else crowds are a warning
  rule_set rules =
      rule_set::coco;  ///< lvis: category lists of images and frequencies are read, "iscrowd" is not needed
                       ///< voc: "difficult" is read, "iscrowd" is not needed, folders are read; no negative sizes
  maskmetrics::box_convention box_convention = box_convention::continuous;  ///< of boxes whose area is measured
  box_format ground_truth_boxes{};
  box_format result_boxes{};
  /// Of text results by image: true for "class x y width height score", as YOLO writes them, false for "class score x y
  /// width height". Absent: false, and an error where boxes are relative, for then either may be meant.
  std::optional<bool> score_last{};
  /// Of images whose size the ground truth does not have.
  std::shared_ptr<maskmetrics::image_sizes const> image_sizes{};

  /// What an evaluation of this type needs.
  [[nodiscard]] static ingest_options for_iou(iou_type iou, maskmetrics::parity parity) {
    return {iou == iou_type::bbox, iou != iou_type::bbox, parity, iou == iou_type::boundary};
  }
  /// What an evaluation with this protocol needs.
  [[nodiscard]] static ingest_options for_protocol(protocol const& how) {
    ingest_options needs = for_iou(how.iou, how.parity);
    needs.rules = how.rules;
    needs.ignore_counts |= how.rules != rule_set::coco;
    needs.crowd_counts = how.rules != rule_set::lvis || how.iou == iou_type::boundary;
    needs.box_convention = how.box_convention;
    return needs;
  }
};

/// The text of a file, in memory: it stays what it is whatever becomes of the file. Cheap to copy; copies share it.
class text_file {
public:
  /// Reads a file whole, decompressed.
  /// @throws input_error for a file that is missing, unreadable, empty, not a file, or a damaged archive
  [[nodiscard]] static text_file read(std::filesystem::path const& file);
  /// A text that is in memory already. @param name  for messages
  [[nodiscard]] static text_file of(std::string name, std::string text);

  [[nodiscard]] std::string const& name() const { return name_; }
  [[nodiscard]] std::string_view text() const { return text_; }
  /// Keeps text() alive.
  [[nodiscard]] std::shared_ptr<void const> const& owner() const { return owner_; }

private:
  std::string name_;
  std::string_view text_;
  std::shared_ptr<void const> owner_;
};

/// Which of the two files of an evaluation.
enum class file_role : unsigned char { ground_truth, results };

/// What a file that cannot be read in its role seems to be, and what to do about it: "a zip archive; unpack it and give
/// the JSON file that is in it". Empty where nothing is known, and for a file of the form that the role asks for.
/// @param bytes  of the file, decompressed
[[nodiscard]] std::string describe_wrong_file(std::string_view bytes, file_role role);

/// Reads COCO or LVIS ground truth ("images", "annotations", "categories").
/// Equals pycocotools `COCO(file)`, lvis-api `LVIS(file)`: unknown keys are ignored; what the reference silently
/// accepts is accepted in strict parity and counted in dataset::warnings. A UTF-8 byte order mark is skipped.
///
/// Under VOC's rules: of an annotation "difficult" counts where it is there, else "ignore" or "iscrowd"; of an image
/// "file_name" gives the name by which results of VOCdevkit know it. @p file may also be a folder of VOC's XML files,
/// or one of text files (Padilla et al.; a line "class x y width height" an object, in pixels, x and y of the top left
/// corner, unless ingest_options::ground_truth_boxes says otherwise), each named after its image. Images are then
/// numbered by their names where those are numbers, else from 1; classes from 1, by name.
/// @throws input_error naming file, JSON path or byte offset or line, id and value
[[nodiscard]] dataset load_dataset(context const& ctx, std::filesystem::path const& file,
                                   ingest_options const& options = {});

/// The same for a text in memory, which the data set keeps.
[[nodiscard]] dataset load_dataset(context const& ctx, text_file const& file, ingest_options const& options = {});

/// Reads COCO results (an array of objects with image_id, category_id, score and bbox and/or segmentation).
/// Equals pycocotools `COCO.loadRes(file)`: the first result decides whether areas come from boxes or from masks.
///
/// Under VOC's rules @p file may also be results of VOCdevkit, comp4_det_test_<class>.txt with lines
/// "image score x1 y1 x2 y2", or a folder of those, or a folder of text files named after their images with lines
/// "class score x y width height" (ingest_options::result_boxes, score_last). Detections stand in the order of the
/// files' names, then of lines.
/// @throws input_error as load_dataset(); also for an image that @p ground_truth does not have
[[nodiscard]] detections load_detections(context const& ctx, std::filesystem::path const& file,
                                         dataset const& ground_truth, ingest_options const& options = {});

/// The same for a text in memory, which the detections keep.
[[nodiscard]] detections load_detections(context const& ctx, text_file const& file, dataset const& ground_truth,
                                         ingest_options const& options = {});

}  // namespace maskmetrics
