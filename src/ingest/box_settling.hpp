/// @file
/// From boxes as they were read to boxes in pixels, and what looks wrong about them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <maskmetrics/dataset.hpp>
#include <maskmetrics/detections.hpp>
#include <maskmetrics/ingest.hpp>

namespace maskmetrics::ingest {

/// A row's place in what a user knows.
struct row_place {
  std::string source;  ///< the file
  std::string place;   ///< "line 3", "annotations[2].bbox"
};

/// The boxes of one side of an evaluation.
struct box_side {
  box_format format;
  bool of_results = false;
  bool is_voc = false;           ///< of VOC's own files: boxes that look relative are an error
  bool is_layout_fixed = false;  ///< by the kind of file
  bool is_compared = true;       ///< else boxes only give areas or masks, and nothing is said of them
  std::string source;            ///< of all, for messages
  std::function<row_place(std::size_t)> place_of;
};

/// Turns numbers into boxes of x, y, width, and height in pixels. Counts boxes that look relative or like corners, and
/// boxes that leave images of known size.
/// @param image_indices  [N] into images; no_index: never evaluated
/// @throws input_error for an image without a size where boxes are relative, and for VOC's files whose boxes look
///         relative without having been called so
void settle_boxes(box_side const& side, std::vector<box>& boxes, std::vector<std::uint32_t> const& image_indices,
                  image_table const& images, std::vector<warning>& warnings);

/// Areas beside relative boxes: in pixels, where one is above 1, else relative, too, and converted.
/// @throws input_error as settle_boxes()
void settle_areas(box_side const& side, std::vector<double>& areas, std::vector<std::uint32_t> const& image_indices,
                  image_table const& images);

/// Boxes and scores of results that are rows of JSON or of a caller. Where boxes are not compared, their areas tell
/// whether they look relative; then they need not be there.
/// @param own_box_rows  where some boxes are those of masks already: the rows whose boxes are not
void settle_results(detections& results, image_table const& images, ingest_options const& options,
                    std::vector<std::uint64_t> const& own_box_rows = {});

/// Makes areas those of boxes.
void measure_boxes(detections& results, box_convention convention);

/// Counts scores outside of [0, 1].
void check_scores(std::vector<double> const& scores, std::function<row_place(std::size_t)> const& place_of,
                  std::vector<warning>& warnings);

/// Fills sizes in that a ground truth leaves out. @param names  [I] of files, or empty
void add_sizes(image_sizes const& known, std::vector<std::string> const& names, image_table& images);

}  // namespace maskmetrics::ingest
