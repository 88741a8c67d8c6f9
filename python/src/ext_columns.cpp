// From dictionaries in COCO's and LVIS' formats to columns, with the checks that files go through.
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <maskmetrics/protocol.hpp>
#include <maskmetrics/semantics/federated.hpp>
#include <maskmetrics/tables.hpp>

#include "ext_bindings.hpp"
#include "ext_call.hpp"
#include "ext_objects.hpp"
#include "ext_reading.hpp"
#include "ext_segmentation.hpp"
#include "ext_values.hpp"

namespace maskmetrics::python {

namespace {

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
      if (options_.masks) masks_.add_of_row(annotation);
    } catch (value_fault const&) {
      if (is_evaluated(image_id, category_id)) throw;
      if (options_.masks) masks_.add_none();
    }
    nb::object const ignore = find(annotation, keys().ignore);
    to_.ids.push_back(id);
    to_.image_ids.push_back(image_id);
    to_.category_ids.push_back(category_id);
    to_.areas_px.push_back(found.area);
    to_.crowd.push_back(found.crowd);
    to_.ignore.push_back(ignore.is_valid() && is_truthy(ignore) ? 1 : 0);
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

}  // namespace

void bind_columns(nb::module_& module) {
  module.def("dataset_of_dict", &dataset_of_dict, nb::arg("data"), nb::arg("protocol"), nb::arg("source"),
             nb::arg("reading") = box_reading(), "A ground truth of a dictionary in COCO's or LVIS' format.");
}

}  // namespace maskmetrics::python
