/// @file
/// Reads COCO ground truth and results from JSON files, plain, gzip or zstd compressed (by content, not by name).
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "maskmetrics/context.hpp"
#include "maskmetrics/dataset.hpp"
#include "maskmetrics/detections.hpp"
#include "maskmetrics/protocol.hpp"

namespace maskmetrics {

/// Which columns to fill. Leaving one out saves its memory; what is left out is not validated either.
struct ingest_options {
  bool boxes = true;
  bool masks = true;
  maskmetrics::parity parity = parity::strict;
  bool ignore_counts = false;  ///< the evaluation reads "ignore" in strict parity, too; else its loss is a warning
  rule_set rules =
      rule_set::coco;  ///< lvis: category lists of images and frequencies are read, "iscrowd" is not needed

  /// What an evaluation of this type needs.
  [[nodiscard]] static ingest_options for_iou(iou_type iou, maskmetrics::parity parity) {
    return {iou == iou_type::bbox, iou != iou_type::bbox, parity, iou == iou_type::boundary, rule_set::coco};
  }
  /// What an evaluation with this protocol needs.
  [[nodiscard]] static ingest_options for_protocol(protocol const& how) {
    ingest_options needs = for_iou(how.iou, how.parity);
    needs.rules = how.rules;
    needs.ignore_counts |= how.rules == rule_set::lvis;
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

/// Reads COCO or LVIS ground truth ("images", "annotations", "categories").
/// Equals pycocotools `COCO(file)`, lvis-api `LVIS(file)`: unknown keys are ignored; what the reference silently
/// accepts is accepted in strict parity and counted in dataset::warnings.
/// @throws input_error naming file, JSON path or byte offset, id and value
[[nodiscard]] dataset load_dataset(context const& ctx, std::filesystem::path const& file,
                                   ingest_options const& options = {});

/// The same for a text in memory, which the data set keeps.
[[nodiscard]] dataset load_dataset(context const& ctx, text_file const& file, ingest_options const& options = {});

/// Reads COCO results (an array of objects with image_id, category_id, score and bbox and/or segmentation).
/// Equals pycocotools `COCO.loadRes(file)`: the first result decides whether areas come from boxes or from masks.
/// @throws input_error as load_dataset(); also for an image that @p ground_truth does not have
[[nodiscard]] detections load_detections(context const& ctx, std::filesystem::path const& file,
                                         dataset const& ground_truth, ingest_options const& options = {});

/// The same for a text in memory, which the detections keep.
[[nodiscard]] detections load_detections(context const& ctx, text_file const& file, dataset const& ground_truth,
                                         ingest_options const& options = {});

}  // namespace maskmetrics
