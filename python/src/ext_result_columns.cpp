// From lists of results, and arrays, to columns, with the checks that files go through.
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>

#include <maskmetrics/protocol.hpp>
#include <maskmetrics/rle.hpp>
#include <maskmetrics/tables.hpp>

#include "ext_bindings.hpp"
#include "ext_call.hpp"
#include "ext_objects.hpp"
#include "ext_reading.hpp"
#include "ext_segmentation.hpp"
#include "ext_values.hpp"

namespace maskmetrics::python {

namespace {

enum class result_kind : unsigned char { boxes, masks, keypoints };

/// What the first result carries decides how all are read, as in pycocotools' loadRes.
result_kind kind_of(nb::handle results, ingest_options const& options, std::string const& source) {
  sequence const all = elements_of(results, source, "");
  if (all.size() == 0) return result_kind::boxes;
  // lvis-api and VOCdevkit do not look at captions and points.
  bool const knows_all_kinds = options.rules == rule_set::coco;
  try {
    if (knows_all_kinds && find(all[0], keys().caption).is_valid()) {
      throw value_fault{also_a::value_error, "", "captions cannot be evaluated here"};
    }
    nb::object const bounds = find(all[0], keys().bbox);
    bool const is_empty = bounds.is_valid() && PyList_Check(bounds.ptr()) && PyList_GET_SIZE(bounds.ptr()) == 0;
    if (bounds.is_valid() && !is_empty) return result_kind::boxes;
    if (find(all[0], keys().segmentation).is_valid()) return result_kind::masks;
    if (!knows_all_kinds || !find(all[0], keys().keypoints).is_valid()) {
      throw value_fault{also_a::key_error, "", "has neither 'bbox' nor 'segmentation'"};
    }
    if (!options.boxes) {
      throw value_fault{also_a::key_error, "",
                        "has 'keypoints' and no 'segmentation'; boxes around them can be evaluated (iou='bbox')"};
    }
    return result_kind::keypoints;
  } catch (value_fault const& fault) {
    throw_at(fault, source, "[0]");
  }
}

/// The box around the points of a result that has nothing else.
box box_of_points(nb::handle result) {
  row_path const path{keys().keypoints};
  nb::object const given = get(result, keys().keypoints);
  std::vector<double> numbers;
  append_numbers(given, path, numbers);
  if (numbers.size() < 2) {
    throw value_fault{also_a::value_error, path.text(), "expected a point at least, found " + describe(given)};
  }
  double low[2] = {numbers[0], numbers[1]};
  double high[2] = {numbers[0], numbers[1]};
  for (std::size_t i = 3; i < numbers.size(); ++i) {
    std::size_t const axis = i % 3;
    if (axis == 2) continue;  // visibility
    // A NaN stays, as in NumPy.
    if (!(low[axis] <= numbers[i]) && !std::isnan(low[axis])) low[axis] = numbers[i];
    if (!(high[axis] >= numbers[i]) && !std::isnan(high[axis])) high[axis] = numbers[i];
  }
  return {low[0], low[1], high[0] - low[0], high[1] - low[1]};
}

/// Reads results; boxes and areas are left to the library where masks alone decide.
class result_reader {
public:
  result_reader(ingest_options const& options, result_kind kind, category_table const& categories)
      : options_(options), kind_(kind), categories_(categories) {
    wants_masks_ = kind == result_kind::masks || options.masks;
  }

  result_columns read(nb::handle results, std::string const& source) {
    columns_.source = source;
    for_each_row(results, source, "", [&](nb::handle row) { add(row); });
    if (wants_masks_) columns_.masks = masks_.finish(source);
    if (any_own_box_) complete_boxes();
    return std::move(columns_);
  }

private:
  void add(nb::handle row) {
    columns_.image_ids.push_back(to_int64(get(row, keys().image_id), {keys().image_id}));
    bool const is_known = add_category(row);
    columns_.scores.push_back(score_of(row, is_known));
    if (kind_ == result_kind::boxes) {
      // What is behind the fourth number, such as a score, is not read; lvis-api wants four, and so do overlaps.
      bool const may_be_more = options_.rules == rule_set::coco && !options_.boxes;
      columns_.boxes.push_back(to_box(get(row, keys().bbox), {keys().bbox}, may_be_more));
    } else if (kind_ == result_kind::keypoints) {
      columns_.boxes.push_back(box_of_points(row));
    } else {
      require_code(row);
      nb::object const own = find(row, keys().bbox);
      has_own_box_.push_back(options_.boxes && own.is_valid());
      own_boxes_.push_back(has_own_box_.back() ? to_box(own, {keys().bbox}) : box());
      any_own_box_ = any_own_box_ || has_own_box_.back();
    }
    if (wants_masks_) masks_.add_of_row(row);
  }

  /// @returns whether the ground truth has the category
  bool add_category(nb::handle row) {
    nb::object const id = get(row, keys().category_id);
    try {
      columns_.category_ids.push_back(to_int64(id, {keys().category_id}));
    } catch (value_fault const&) {
      if (options_.parity == parity::corrected || !may_be_id(id)) throw;
      columns_.odd_category_ids.push_back({columns_.category_ids.size(), "", describe(id)});
      columns_.category_ids.push_back(0);
      return false;
    }
    return categories_.find(columns_.category_ids.back()) != no_index;
  }

  /// The reference never asks for the score of a result that it does not evaluate; LVIS' cap does.
  [[nodiscard]] double score_of(nb::handle row, bool is_known) const {
    try {
      return to_double(get(row, keys().score), {keys().score});
    } catch (value_fault const&) {
      if (is_known || options_.rules != rule_set::coco) throw;
      return 0;
    }
  }

  void require_code(nb::handle row) const {
    nb::object const segmentation = get(row, keys().segmentation);
    if (options_.parity != parity::strict) return;
    if (PyDict_Check(segmentation.ptr())) {
      nb::object const counts = find(segmentation, keys().counts);
      if (counts.is_valid() && (PyUnicode_Check(counts.ptr()) || PyBytes_Check(counts.ptr()))) return;
    }
    throw value_fault{also_a::type_error, row_path{keys().segmentation}.text(),
                      "expected a compressed RLE, got " + describe(segmentation) +
                          "; the reference takes no other mask in results without boxes (corrected parity does)"};
  }

  /// Where some results have a box of their own, the others have the tight boxes of their masks.
  void complete_boxes() {
    std::vector<std::uint32_t> areas(columns_.masks.entries.size());
    columns_.boxes.resize(areas.size());
    measure_rles({}, columns_.masks, {areas.data(), areas.size()}, {columns_.boxes.data(), columns_.boxes.size()});
    columns_.areas_px.assign(areas.begin(), areas.end());
    for (std::size_t row = 0; row < areas.size(); ++row) {
      if (!has_own_box_[row]) continue;
      columns_.boxes[row] = own_boxes_[row];
      columns_.own_box_rows.push_back(row);
    }
  }

  ingest_options options_;
  result_kind kind_;
  category_table const& categories_;
  bool wants_masks_ = false;
  bool any_own_box_ = false;
  result_columns columns_;
  mask_collector masks_;
  std::vector<bool> has_own_box_;
  std::vector<box> own_boxes_;
};

shared_detections detections_of_columns(result_columns columns, shared_dataset const& ground_truth,
                                        ingest_options const& options) {
  detections made = run_call({}, nb::none(), [&](context const& ctx) {
    return make_detections(ctx, std::move(columns), *ground_truth.data, options);
  });
  return {std::make_shared<detections const>(std::move(made))};
}

shared_detections detections_of_list(nb::handle results, shared_dataset const& ground_truth, protocol const& how,
                                     std::string const& source, box_reading const& reading) {
  ingest_options options = reading.options_for(how);
  result_kind const kind = kind_of(results, options, source);
  if (kind == result_kind::keypoints) options.result_boxes = {};  // those of the points are in pixels
  result_columns columns = result_reader(options, kind, ground_truth.data->categories).read(results, source);
  return detections_of_columns(std::move(columns), ground_truth, options);
}

using result_array = nb::ndarray<double const, nb::shape<-1, 7>, nb::c_contig, nb::device::cpu>;

shared_detections detections_of_array(result_array const& rows, shared_dataset const& ground_truth, protocol const& how,
                                      std::string const& source, box_reading const& reading) {
  ingest_options const options = reading.options_for(how);
  result_columns columns;
  columns.source = source;
  double const* at = rows.data();
  for (std::size_t i = 0; i < rows.shape(0); ++i, at += 7) {
    for (int const id : {0, 6}) {
      // The reference cuts fractions off.
      if (!(at[id] > -9e18 && at[id] < 9e18)) {
        throw python_input_error(also_a::value_error, source, "[" + std::to_string(i) + ", " + std::to_string(id) + "]",
                                 "expected an id, found " + std::to_string(at[id]));
      }
    }
    columns.image_ids.push_back(static_cast<std::int64_t>(at[0]));
    columns.boxes.push_back({at[1], at[2], at[3], at[4]});
    columns.scores.push_back(at[5]);
    columns.category_ids.push_back(static_cast<std::int64_t>(at[6]));
  }
  if (options.masks) columns.masks.entries.resize(columns.scores.size());
  return detections_of_columns(std::move(columns), ground_truth, options);
}

}  // namespace

void bind_result_columns(nb::module_& module) {
  module.def("detections_of_list", &detections_of_list, nb::arg("results"), nb::arg("ground_truth"),
             nb::arg("protocol"), nb::arg("source"), nb::arg("reading") = box_reading(),
             "Results of a list of dictionaries, which stay as they are.");
  module.def("detections_of_array", &detections_of_array, nb::arg("rows"), nb::arg("ground_truth"), nb::arg("protocol"),
             nb::arg("source"), nb::arg("reading") = box_reading(),
             "Results [N, 7]: image, x, y, width, height, score, category.");
}

}  // namespace maskmetrics::python
