// From dictionaries and lists in COCO's and LVIS' formats to columns, with the checks that files go through.
#include <algorithm>
#include <cmath>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>

#include <maskmetrics/protocol.hpp>
#include <maskmetrics/rle.hpp>
#include <maskmetrics/semantics/federated.hpp>
#include <maskmetrics/tables.hpp>

#include "ext_arrays.hpp"
#include "ext_bindings.hpp"
#include "ext_call.hpp"
#include "ext_objects.hpp"
#include "ext_reading.hpp"
#include "ext_segmentation.hpp"
#include "ext_values.hpp"

namespace maskmetrics::python {

namespace {

/// Calls read(row) for every element of an array; what is wrong with one is said with its place.
template <class Read>
void for_each_row(nb::handle rows, std::string const& source, std::string const& array, Read&& read) {
  sequence const all = elements_of(rows, source, array);
  for (std::size_t i = 0; i < all.size(); ++i) {
    try {
      read(all[i]);
    } catch (value_fault const& fault) {
      throw_at(fault, source, array + "[" + std::to_string(i) + "]");
    }
  }
}

/// The array of a key, which must be there.
nb::object array_of(nb::handle data, char const* key, std::string const& source) {
  nb::str const name(key);
  try {
    nb::object array = get(data, name.ptr());
    (void)sequence(array, {name.ptr()});
    return array;
  } catch (value_fault const& fault) {
    throw_at(fault, source, "");
  }
}

/// A side of the image that is read; 0 where there is none, or none that is usable.
std::uint32_t side_of(nb::handle image, PyObject* key, char const* path, image_columns& images) {
  nb::object const side = find(image, key);
  if (!side.is_valid()) return 0;
  if (auto const pixels = pixels_of(side)) return *pixels;
  images.odd_sizes.push_back({images.ids.size() - 1, path, describe(side)});
  return 0;
}

/// The id of an image or a category.
std::int64_t table_id(nb::handle row) {
  nb::object const id = get(row, keys().id);
  try {
    return to_int64(id, {keys().id});
  } catch (value_fault& fault) {
    if (may_be_id(id)) {
      fault.problem +=
          "; number the ids of ground truth and results 1, 2, 3, ..., or evaluate with the classes COCOeval and "
          "LVISEval, which take such ids";
    }
    throw;
  }
}

void add_list(nb::handle image, PyObject* key, id_lists& lists) {
  nb::object const listed = get(image, key);
  sequence const ids(listed, {key});
  for (std::size_t i = 0; i < ids.size(); ++i) lists.ids.push_back(to_int64(ids[i], row_path{key}.at(i)));
  lists.lengths.push_back(static_cast<std::uint32_t>(ids.size()));
}

image_columns read_images(nb::handle data, std::string const& source, bool federated, bool wants_names) {
  image_columns images;
  for_each_row(array_of(data, "images", source), source, "images", [&](nb::handle image) {
    images.ids.push_back(table_id(image));
    images.heights.push_back(side_of(image, keys().height, ".height", images));
    images.widths.push_back(side_of(image, keys().width, ".width", images));
    if (wants_names) {
      nb::object const name = find(image, keys().file_name);
      bool const named = name.is_valid() && PyUnicode_Check(name.ptr());
      images.file_names.push_back(named ? text_of(name) : std::string());
    }
    if (!federated) return;
    add_list(image, keys().negatives, images.negatives);
    add_list(image, keys().not_exhaustive, images.not_exhaustive);
  });
  return images;
}

/// LVIS: "frequency", or else what "image_count" says.
category_frequency frequency_of(nb::handle category) {
  row_path const path{keys().frequency};
  nb::object const letter = find(category, keys().frequency);
  if (letter.is_valid()) {
    std::string const text = PyUnicode_Check(letter.ptr()) ? nb::cast<std::string>(letter) : std::string();
    if (text == "r") return category_frequency::rare;
    if (text == "c") return category_frequency::common;
    if (text == "f") return category_frequency::frequent;
    throw value_fault{also_a::value_error, path.text(), "expected 'r', 'c' or 'f', found " + describe(letter)};
  }
  nb::object const count = find(category, keys().image_count);
  if (!count.is_valid()) {
    throw value_fault{also_a::key_error, "", "has no 'frequency' and no 'image_count' to tell it from"};
  }
  return static_cast<category_frequency>(semantics::frequency_of(to_uint32(count, {keys().image_count})));
}

category_columns read_categories(nb::handle data, std::string const& source, bool federated) {
  category_columns categories;
  for_each_row(array_of(data, "categories", source), source, "categories", [&](nb::handle category) {
    categories.ids.push_back(table_id(category));
    nb::object const name = find(category, keys().name);
    bool const named = name.is_valid() && PyUnicode_Check(name.ptr());
    categories.names.push_back(named ? text_of(name) : std::string());
    if (federated) categories.frequencies.push_back(frequency_of(category));
  });
  return categories;
}

std::uint8_t crowd_of(nb::handle annotation) {
  row_path const path{keys().iscrowd};
  nb::object const value = find(annotation, keys().iscrowd);
  if (!value.is_valid()) return crowd_not_given;
  std::int64_t const number = to_int64(value, path);
  if (number >= 0 && number <= 255) return number != 0 ? 1 : 0;
  throw value_fault{also_a::value_error, path.text(), "expected an integer from 0 to 255, found " + describe(value)};
}

/// The mask of a row, which may lack one. A fault is one of the row.
void add_mask(nb::handle row, mask_collector& masks) {
  nb::object const segmentation = find(row, keys().segmentation);
  if (!segmentation.is_valid()) return masks.add_none();
  try {
    masks.add_segmentation(segmentation);
  } catch (value_fault const& fault) {
    throw value_fault{fault.kind, row_path{keys().segmentation}.text() + fault.path, fault.problem};
  }
}

/// Reads annotations. What only an evaluation of one needs may be wrong where its image or category is not known.
class annotation_reader {
public:
  annotation_reader(ground_truth_columns& to, ingest_options const& options)
      : to_(to.annotations), images_(to.images), categories_(to.categories), options_(options) {}

  void read(nb::handle annotations, std::string const& source) {
    for_each_row(annotations, source, "annotations", [&](nb::handle annotation) { add(annotation); });
    if (options_.masks) to_.masks = masks_.finish(source);
  }

private:
  void add(nb::handle annotation) {
    std::int64_t const id = own_id(get(annotation, keys().id));
    std::int64_t const image_id = id_of(annotation, keys().image_id, to_.odd_image_ids);
    std::int64_t const category_id = id_of(annotation, keys().category_id, to_.odd_category_ids);
    values found;
    try {
      nb::object const area = find(annotation, keys().area);
      if (area.is_valid()) found.area = to_double(area, {keys().area});
      found.crowd = crowd(annotation);
      if (options_.boxes) found.bounds = to_box(get(annotation, keys().bbox), {keys().bbox});
      if (options_.masks) add_mask(annotation, masks_);
    } catch (value_fault const&) {
      if (is_evaluated(image_id, category_id)) throw;
      if (options_.masks) masks_.add_none();
    }
    nb::object const ignore = find(annotation, keys().ignore);
    bool is_ignored = ignore.is_valid() && is_truthy(ignore);
    if (options_.rules == rule_set::voc) {
      if (auto const is_difficult = difficult(annotation)) {
        is_ignored = *is_difficult;
        found.crowd = 0;
      }
    }
    to_.ids.push_back(id);
    to_.image_ids.push_back(image_id);
    to_.category_ids.push_back(category_id);
    to_.areas_px.push_back(found.area);
    to_.crowd.push_back(found.crowd);
    to_.ignore.push_back(is_ignored ? 1 : 0);
    if (options_.boxes) to_.boxes.push_back(found.bounds);
  }

  struct values {
    double area = area_not_given;
    std::uint8_t crowd = crowd_not_given;
    box bounds;
  };

  /// lvis-api does not read "iscrowd": it is only counted.
  [[nodiscard]] std::uint8_t crowd(nb::handle annotation) const {
    if (options_.crowd_counts) return crowd_of(annotation);
    nb::object const value = find(annotation, keys().iscrowd);
    return value.is_valid() && is_truthy(value) ? 1 : 0;
  }

  /// VOC: difficult is what is 1; nothing where the annotation does not say it.
  std::optional<bool> difficult(nb::handle annotation) {
    nb::object const value = find(annotation, keys().difficult);
    if (!value.is_valid()) return {};
    auto const equals = [&](nb::handle other) { return value.equal(other); };
    if (equals(nb::int_(1)) || equals(nb::str("1"))) return true;
    if (value.is_none() || equals(nb::int_(0)) || equals(nb::str("0"))) return false;
    if (options_.parity == parity::corrected) {
      throw value_fault{also_a::value_error, row_path{keys().difficult}.text(),
                        "expected 0 or 1, found " + describe(value)};
    }
    to_.odd_difficult.push_back({to_.ids.size(), ".difficult", describe(value)});
    return false;
  }

  std::int64_t own_id(nb::handle id) {
    try {
      return to_int64(id, {keys().id});
    } catch (value_fault const&) {
      if (id.is_none() || !may_be_id(id)) throw;
    }
    nb::object const token = nb::module_::import_("json").attr("dumps")(id);
    to_.odd_ids.push_back({to_.ids.size(), ".id", nb::cast<std::string>(token)});
    return 0;
  }

  std::int64_t id_of(nb::handle annotation, PyObject* key, std::vector<row_note>& odd) {
    nb::object const id = get(annotation, key);
    try {
      return to_int64(id, {key});
    } catch (value_fault const&) {
      if (options_.parity == parity::corrected || !may_be_id(id)) throw;
    }
    odd.push_back({to_.ids.size(), "", describe(id)});
    return 0;
  }

  /// True where the annotation's image and category are known.
  [[nodiscard]] bool is_evaluated(std::int64_t image_id, std::int64_t category_id) {
    if (known_images_.empty()) {
      known_images_.insert(images_.ids.begin(), images_.ids.end());
      known_categories_.insert(categories_.ids.begin(), categories_.ids.end());
    }
    auto const is_odd = [&](std::vector<row_note> const& odd) {
      return !odd.empty() && odd.back().row == to_.ids.size();
    };
    return !is_odd(to_.odd_image_ids) && !is_odd(to_.odd_category_ids) && known_images_.count(image_id) != 0 &&
           known_categories_.count(category_id) != 0;
  }

  annotation_columns& to_;
  image_columns const& images_;
  category_columns const& categories_;
  ingest_options const& options_;
  mask_collector masks_;
  std::unordered_set<std::int64_t> known_images_;
  std::unordered_set<std::int64_t> known_categories_;
};

shared_dataset dataset_of_dict(nb::handle data, protocol const& how, std::string const& source,
                               box_reading const& reading) {
  ingest_options const options = reading.options_for(how);
  bool const federated = how.rules == rule_set::lvis;
  ground_truth_columns columns;
  columns.source = source;
  columns.images = read_images(data, source, federated, options.image_sizes != nullptr);
  columns.categories = read_categories(data, source, federated);
  annotation_reader(columns, options).read(array_of(data, "annotations", source), source);
  dataset made =
      run_call({}, nb::none(), [&](context const& ctx) { return make_dataset(ctx, std::move(columns), options); });
  return {std::make_shared<dataset const>(std::move(made))};
}

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
    if (wants_masks_) add_mask(row, masks_);
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
                      "expected a compressed run-length code; the reference takes no other mask in results without "
                      "boxes (corrected parity does)"};
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

void bind_columns(nb::module_& module) {
  module.def("dataset_of_dict", &dataset_of_dict, nb::arg("data"), nb::arg("protocol"), nb::arg("source"),
             nb::arg("reading") = box_reading(), "A ground truth of a dictionary in COCO's or LVIS' format.");
  module.def("detections_of_list", &detections_of_list, nb::arg("results"), nb::arg("ground_truth"),
             nb::arg("protocol"), nb::arg("source"), nb::arg("reading") = box_reading(),
             "Results of a list of dictionaries, which stay as they are.");
  module.def("detections_of_array", &detections_of_array, nb::arg("rows"), nb::arg("ground_truth"), nb::arg("protocol"),
             nb::arg("source"), nb::arg("reading") = box_reading(),
             "Results [N, 7]: image, x, y, width, height, score, category.");
}

}  // namespace maskmetrics::python
