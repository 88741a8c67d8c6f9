#include <maskmetrics/tables.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include <fmt/format.h>

#include <maskmetrics/error.hpp>

#include "ingest/array_reader.hpp"
#include "ingest/assemble_dataset.hpp"
#include "ingest/box_settling.hpp"
#include "ingest/detection_warnings.hpp"
#include "ingest/id_index.hpp"
#include "ingest/mask_checks.hpp"

namespace maskmetrics {

namespace {

using ingest::element_place;
using ingest::tally;

/// Columns of one table: all have a length, some may be empty.
class length_check {
public:
  length_check(std::string const& source, char const* table, std::size_t length)
      : source_(source), table_(table), length_(length) {}

  void require(char const* column, std::size_t length) const {
    if (length == length_) return;
    throw input_error(source_, fmt::format("{}{}", table_, column),
                      fmt::format("has {} elements, {} are needed", length, length_));
  }
  void allow(char const* column, std::size_t length) const {
    if (length != 0) require(column, length);
  }
  void require(char const* column, id_lists const& lists) const {
    require(column, lists.lengths.size());
    std::uint64_t const total = std::accumulate(lists.lengths.begin(), lists.lengths.end(), std::uint64_t{0});
    if (total == lists.ids.size()) return;
    throw input_error(source_, fmt::format("{}{}", table_, column),
                      fmt::format("holds {} ids, its lengths sum to {}", lists.ids.size(), total));
  }

  void require(char const* column, std::vector<row_note> const& notes) const {
    bool const ascending =
        std::is_sorted(notes.begin(), notes.end(), [](row_note const& a, row_note const& b) { return a.row < b.row; });
    if (notes.empty() || (ascending && notes.back().row < length_)) return;
    throw input_error(source_, fmt::format("{}{}", table_, column),
                      fmt::format("expected ascending rows below {}", length_));
  }

private:
  std::string const& source_;
  char const* table_;
  std::size_t length_;
};

void check_lengths(ground_truth_columns const& columns, rule_set rules) {
  bool const federated = rules == rule_set::lvis;
  length_check const images(columns.source, "images.", columns.images.ids.size());
  images.require("heights", columns.images.heights.size());
  images.require("widths", columns.images.widths.size());
  images.require("odd_sizes", columns.images.odd_sizes);
  length_check const categories(columns.source, "categories.", columns.categories.ids.size());
  categories.require("names", columns.categories.names.size());
  if (federated) {
    images.require("negatives", columns.images.negatives);
    images.require("not_exhaustive", columns.images.not_exhaustive);
    categories.require("frequencies", columns.categories.frequencies.size());
  }
  annotation_columns const& annotations = columns.annotations;
  length_check const rows(columns.source, "annotations.", annotations.ids.size());
  rows.require("image_ids", annotations.image_ids.size());
  rows.require("category_ids", annotations.category_ids.size());
  rows.require("areas_px", annotations.areas_px.size());
  rows.allow("boxes", annotations.boxes.size());
  rows.require("crowd", annotations.crowd.size());
  rows.require("ignore", annotations.ignore.size());
  rows.allow("masks", annotations.masks.entries.size());
  rows.require("odd_ids", annotations.odd_ids);
  rows.require("odd_image_ids", annotations.odd_image_ids);
  rows.require("odd_category_ids", annotations.odd_category_ids);
  rows.require("odd_difficult", annotations.odd_difficult);
  rows.require("faults", annotations.faults);
}

/// Counts numbers that are not finite, and refuses them in corrected parity.
class finite_check {
public:
  finite_check(std::string const& source, char const* array, parity mode)
      : source_(source), array_(array), mode_(mode) {}

  void look_at(std::size_t row, char const* path, double number) {
    if (std::isfinite(number)) return;
    if (mode_ == parity::corrected) {
      throw input_error(source_, element_place(array_, row, path),
                        fmt::format("expected a finite number, found {}", number));
    }
    found_.add(row, path);
  }
  void look_at(std::size_t row, box const& bounds) {
    look_at(row, ".bbox[0]", bounds.x);
    look_at(row, ".bbox[1]", bounds.y);
    look_at(row, ".bbox[2]", bounds.width);
    look_at(row, ".bbox[3]", bounds.height);
  }
  [[nodiscard]] tally const& found() const { return found_; }

private:
  std::string const& source_;
  char const* array_;
  parity mode_;
  tally found_;
};

void check_lengths(result_columns const& columns) {
  length_check const rows(columns.source, "", columns.scores.size());
  rows.require("image_ids", columns.image_ids.size());
  rows.require("category_ids", columns.category_ids.size());
  rows.allow("areas_px", columns.areas_px.size());
  rows.allow("boxes", columns.boxes.size());
  rows.allow("masks", columns.masks.entries.size());
  rows.require("odd_category_ids", columns.odd_category_ids);
  bool const nothing = columns.boxes.empty() && columns.masks.entries.empty() && !columns.scores.empty();
  if (nothing) throw input_error(columns.source, "", "has neither boxes nor masks");
}

/// Fills in what the columns leave to the boxes.
void use_boxes(result_columns& columns) {
  if (columns.boxes.empty()) return;
  if (columns.areas_px.empty()) {
    for (box const& bounds : columns.boxes) columns.areas_px.push_back(bounds.width * bounds.height);
  }
  for (mask_entry& entry : columns.masks.entries) {
    if (entry.form == mask_form::none) entry.form = mask_form::box;
  }
}

}  // namespace

dataset make_dataset(context const& ctx, ground_truth_columns columns, ingest_options const& options) {
  check_lengths(columns, options.rules);
  finite_check numbers(columns.source, "annotations", options.parity);
  annotation_columns& annotations = columns.annotations;
  for (std::size_t row = 0; row < annotations.ids.size(); ++row) {
    numbers.look_at(row, ".area", annotations.areas_px[row]);
    if (!annotations.boxes.empty()) numbers.look_at(row, annotations.boxes[row]);
  }
  ingest::reading_notes notes;
  notes.non_finite = numbers.found();
  return ingest::assemble_dataset(ctx, std::move(columns), std::move(notes), options);
}

detections make_detections(context const& /*ctx*/, result_columns columns, dataset const& ground_truth,
                           ingest_options const& options) {
  check_lengths(columns);
  ingest::id_index const images(ground_truth.images.ids);
  ingest::id_index const categories(ground_truth.categories.ids);
  detections results;
  results.source = columns.source;
  finite_check numbers(columns.source, "", options.parity);
  tally unknown_categories;
  auto odd = columns.odd_category_ids.begin();
  for (std::size_t row = 0; row < columns.scores.size(); ++row) {
    results.image_indices.push_back(images.find(columns.image_ids[row]));
    if (results.image_indices.back() == no_index) {
      throw input_error(columns.source, element_place("", row, ".image_id"),
                        fmt::format("the ground truth has no image {}", columns.image_ids[row]));
    }
    bool const is_odd = odd != columns.odd_category_ids.end() && odd->row == row;
    results.category_indices.push_back(is_odd ? no_index : categories.find(columns.category_ids[row]));
    if (results.category_indices.back() == no_index) {
      unknown_categories.add(row, is_odd ? odd->text : fmt::format("{}", columns.category_ids[row]));
    }
    if (is_odd) ++odd;
    numbers.look_at(row, ".score", columns.scores[row]);
    if (!columns.boxes.empty()) numbers.look_at(row, columns.boxes[row]);
  }
  ingest::add_result_warnings(results, columns.scores.size(), unknown_categories, numbers.found());
  results.scores = std::move(columns.scores);
  results.boxes = std::move(columns.boxes);
  ingest::settle_results(results, ground_truth.images, options, columns.own_box_rows);
  columns.boxes = std::move(results.boxes);
  use_boxes(columns);
  results.areas_px = std::move(columns.areas_px);
  results.boxes = std::move(columns.boxes);
  results.masks = std::move(columns.masks);
  results.masks.source = results.source;
  ingest::check_masks(results.masks, results.image_indices, ground_truth.images, options.parity, "", results.warnings);
  return results;
}

void settle_detections(detections& results, dataset const& ground_truth, ingest_options const& options) {
  ingest::settle_results(results, ground_truth.images, options);
  if (!options.result_boxes.is_plain() && !results.boxes.empty()) {
    ingest::measure_boxes(results, options.box_convention);
  }
}

}  // namespace maskmetrics
