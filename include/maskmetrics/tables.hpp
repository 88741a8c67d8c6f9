/// @file
/// From columns that a program has in memory to data sets and detections, with the checks that files go through.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "maskmetrics/context.hpp"
#include "maskmetrics/dataset.hpp"
#include "maskmetrics/detections.hpp"
#include "maskmetrics/ingest.hpp"

namespace maskmetrics {

/// Lists of category ids, one a row.
struct id_lists {
  std::vector<std::int64_t> ids;       ///< those of all rows, one row after another
  std::vector<std::uint32_t> lengths;  ///< [rows]
};

/// Something about one row of a table.
struct row_note {
  std::uint64_t row = 0;
  std::string path;  ///< below the row: ".height"; empty: the row itself
  std::string text;  ///< what was found there, as it is shown in messages, or what is wrong with it
};

/// Images in any order.
struct image_columns {
  std::vector<std::int64_t> ids;        ///< [I]
  std::vector<std::uint32_t> heights;   ///< [I] px; 0 where it is not known, or not usable
  std::vector<std::uint32_t> widths;    ///< [I] px
  std::vector<std::string> file_names;  ///< [I] under VOC's rules or with ingest_options::image_sizes, else empty; an
                                        ///< empty one where there is none
  id_lists negatives;                   ///< [I] under LVIS' rules: neg_category_ids
  id_lists not_exhaustive;              ///< [I] under LVIS' rules: not_exhaustive_category_ids

  std::vector<row_note> odd_sizes{};  ///< ascending: ".height" or ".width" and the value that is not usable
};

/// Categories in any order.
struct category_columns {
  std::vector<std::int64_t> ids;                ///< [K]
  std::vector<std::string> names;               ///< [K] UTF-8
  std::vector<category_frequency> frequencies;  ///< [K] under LVIS' rules, else empty
};

/// In annotation_columns::crowd: nothing is known. An error in strict parity under COCO's rules, else not a crowd.
inline constexpr std::uint8_t crowd_not_given = 2;

/// In annotation_columns::areas_px: nothing is known. An error in strict parity under COCO's and LVIS' rules, else the
/// area of the mask, or of the box where masks are not asked for, is measured.
inline constexpr double area_not_given = std::numeric_limits<double>::lowest();

/// Annotations in the order that decides between equal overlaps.
struct annotation_columns {
  std::vector<std::int64_t> ids;           ///< [G]
  std::vector<std::int64_t> image_ids;     ///< [G]
  std::vector<std::int64_t> category_ids;  ///< [G]
  std::vector<double> areas_px;            ///< [G] or area_not_given
  std::vector<box> boxes;                  ///< [G], or empty where boxes are not asked for
  std::vector<std::uint8_t> crowd;         ///< [G] 0, 1 or crowd_not_given
  std::vector<std::uint8_t> ignore;        ///< [G] 0 or 1
  mask_batch masks;                        ///< [G] entries, or none where masks are not asked for

  std::vector<row_note> odd_ids{};        ///< ascending: ids that are no int64, as JSON has them ("\"7a\"", "1e30")
  std::vector<row_note> odd_image_ids{};  ///< ascending: values that are no int64, so that of no image; what was found
  std::vector<row_note> odd_category_ids{};  ///< the same of categories
  std::vector<row_note> odd_difficult{};     ///< ascending: VOC's "difficult" that is neither 0 nor 1; what was found
  std::vector<row_note> faults{};            ///< ascending: what is an error in each row that is evaluated
};

struct ground_truth_columns {
  std::string source;  ///< for messages
  image_columns images;
  category_columns categories;
  annotation_columns annotations;
};

/// Equals load_dataset() of a file with these rows: ids become indices, tables are sorted, what is odd is counted.
/// @throws input_error as load_dataset(), and for columns whose lengths do not fit one another
[[nodiscard]] dataset make_dataset(context const& ctx, ground_truth_columns columns,
                                   ingest_options const& options = {});

/// Results in the order that decides between equal scores.
struct result_columns {
  std::string source;                      ///< for messages
  std::vector<std::int64_t> image_ids;     ///< [D]
  std::vector<std::int64_t> category_ids;  ///< [D]
  std::vector<double> scores;              ///< [D]
  std::vector<double> areas_px;            ///< [D], or empty: those of the boxes, or else of the masks
  std::vector<box> boxes;                  ///< [D], or empty: the tight boxes of the masks
  /// Where some of the boxes are those of the masks: the rows whose boxes are not. ingest_options::result_boxes is of
  /// these alone.
  std::vector<std::uint64_t> own_box_rows;
  mask_batch masks;                          ///< [D] entries, or none where masks are not asked for
  std::vector<row_note> odd_category_ids{};  ///< ascending: values that are no int64, so that of no category
};

/// Equals load_detections() of a file with these rows. Where there are boxes, an entry of mask_form::none stands for
/// its box.
/// @throws input_error as load_detections(), and for columns whose lengths do not fit one another
[[nodiscard]] detections make_detections(context const& ctx, result_columns columns, dataset const& ground_truth,
                                         ingest_options const& options = {});

/// What make_detections() does to boxes and scores, for detections whose indices are there already: boxes become
/// pixels, and where they change, areas become theirs; what looks wrong is counted.
/// @throws input_error as load_detections()
void settle_detections(detections& results, dataset const& ground_truth, ingest_options const& options);

}  // namespace maskmetrics
