// From dictionaries and lists in COCO's and LVIS' formats to columns, with the checks that files go through.
#include <string>
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
  sequence const all(rows, {});
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

std::uint32_t side_of(nb::handle image, PyObject* key) {
  nb::object const side = find(image, key);
  if (!side.is_valid()) return 0;
  std::uint32_t const pixels = to_uint32(side, {key});
  if (pixels > 0x7FFFFFFFU) {
    throw value_fault{also_a::value_error, row_path{key}.text(),
                      "expected fewer than 2^31 pixels, found " + describe(side)};
  }
  return pixels;
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
    images.ids.push_back(to_int64(get(image, keys().id), {keys().id}));
    images.heights.push_back(side_of(image, keys().height));
    images.widths.push_back(side_of(image, keys().width));
    if (std::uint64_t{images.heights.back()} * images.widths.back() > 0x7FFFFFFFU) {
      throw value_fault{also_a::value_error, "", "has 2^31 pixels or more"};
    }
    if (wants_names) {
      nb::object const name = find(image, keys().file_name);
      bool const named = name.is_valid() && PyUnicode_Check(name.ptr());
      images.file_names.push_back(named ? nb::cast<std::string>(name) : std::string());
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
    categories.ids.push_back(to_int64(get(category, keys().id), {keys().id}));
    nb::object const name = find(category, keys().name);
    bool const named = name.is_valid() && PyUnicode_Check(name.ptr());
    categories.names.push_back(named ? nb::cast<std::string>(name) : std::string());
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

annotation_columns read_annotations(nb::handle annotations, std::string const& source, ingest_options const& options) {
  annotation_columns columns;
  mask_collector masks;
  for_each_row(annotations, source, "annotations", [&](nb::handle annotation) {
    columns.ids.push_back(to_int64(get(annotation, keys().id), {keys().id}));
    columns.image_ids.push_back(to_int64(get(annotation, keys().image_id), {keys().image_id}));
    columns.category_ids.push_back(to_int64(get(annotation, keys().category_id), {keys().category_id}));
    nb::object const area = find(annotation, keys().area);
    columns.areas_px.push_back(area.is_valid() ? to_double(area, {keys().area}) : area_not_given);
    columns.crowd.push_back(crowd_of(annotation));
    nb::object const ignore = find(annotation, keys().ignore);
    columns.ignore.push_back(ignore.is_valid() && is_truthy(ignore) ? 1 : 0);
    if (options.boxes) columns.boxes.push_back(to_box(get(annotation, keys().bbox), {keys().bbox}));
    if (options.masks) add_mask(annotation, masks);
  });
  if (options.masks) columns.masks = masks.finish(source);
  return columns;
}

shared_dataset dataset_of_dict(nb::handle data, protocol const& how, std::string const& source,
                               box_reading const& reading) {
  ingest_options const options = reading.options_for(how);
  bool const federated = how.rules == rule_set::lvis;
  ground_truth_columns columns;
  columns.source = source;
  columns.images = read_images(data, source, federated, options.image_sizes != nullptr);
  columns.categories = read_categories(data, source, federated);
  columns.annotations = read_annotations(array_of(data, "annotations", source), source, options);
  dataset made =
      run_call({}, nb::none(), [&](context const& ctx) { return make_dataset(ctx, std::move(columns), options); });
  return {std::make_shared<dataset const>(std::move(made))};
}

/// What the first result carries decides how all are read, as in pycocotools' loadRes.
bool first_has_box(nb::handle results, std::string const& source) {
  sequence const all(results, {});
  if (all.size() == 0) return true;
  try {
    if (find(all[0], keys().caption).is_valid()) {
      throw value_fault{also_a::value_error, "", "captions cannot be evaluated here"};
    }
    nb::object const bounds = find(all[0], keys().bbox);
    bool const is_empty = bounds.is_valid() && PyList_Check(bounds.ptr()) && PyList_GET_SIZE(bounds.ptr()) == 0;
    if (bounds.is_valid() && !is_empty) return true;
    if (find(all[0], keys().segmentation).is_valid()) return false;
    throw value_fault{also_a::key_error, "", "has neither 'bbox' nor 'segmentation'"};
  } catch (value_fault const& fault) {
    throw_at(fault, source, "[0]");
  }
}

/// Reads results; boxes and areas are left to the library where masks alone decide.
class result_reader {
public:
  result_reader(ingest_options const& options, bool by_boxes) : options_(options), by_boxes_(by_boxes) {
    wants_masks_ = !by_boxes || options.masks;
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
    columns_.category_ids.push_back(to_int64(get(row, keys().category_id), {keys().category_id}));
    columns_.scores.push_back(to_double(get(row, keys().score), {keys().score}));
    if (by_boxes_) {
      columns_.boxes.push_back(to_box(get(row, keys().bbox), {keys().bbox}));
    } else {
      require_code(row);
      nb::object const own = find(row, keys().bbox);
      has_own_box_.push_back(options_.boxes && own.is_valid());
      own_boxes_.push_back(has_own_box_.back() ? to_box(own, {keys().bbox}) : box());
      any_own_box_ = any_own_box_ || has_own_box_.back();
    }
    if (wants_masks_) add_mask(row, masks_);
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
  bool by_boxes_;
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
  ingest_options const options = reading.options_for(how);
  result_columns columns = result_reader(options, first_has_box(results, source)).read(results, source);
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
