// From the dictionaries that COCO and LVIS objects index their annotations by to columns, in one pass.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <maskmetrics/protocol.hpp>
#include <maskmetrics/semantics/federated.hpp>
#include <maskmetrics/semantics/runs.hpp>
#include <maskmetrics/tables.hpp>

#include "ext_arrays.hpp"
#include "ext_bindings.hpp"
#include "ext_objects.hpp"
#include "ext_reading.hpp"
#include "ext_segmentation.hpp"
#include "ext_values.hpp"

namespace maskmetrics::python {

namespace {

/// Which annotations are rows, and how images and categories are numbered: what pycocotools' `getAnnIds`, `loadAnns`
/// and `COCOeval._prepare`, or their namesakes of lvis-api, make of the same dictionaries.
class row_source {
public:
  row_source(nb::dict anns, nb::dict img_to_anns, nb::list image_ids, nb::dict image_index, nb::dict category_index,
             protocol const& how, std::string name)
      : anns_(std::move(anns)),
        img_to_anns_(std::move(img_to_anns)),
        image_ids_(std::move(image_ids)),
        image_index_(std::move(image_index)),
        category_index_(std::move(category_index)),
        how_(how),
        name_(std::move(name)) {}

  [[nodiscard]] std::string const& name() const { return name_; }
  [[nodiscard]] bool federated() const { return how_.rules == rule_set::lvis; }
  [[nodiscard]] bool wants_boxes() const { return how_.iou == iou_type::bbox; }

  /// Calls add(annotation, id, image, category) for every annotation that is evaluated, image by image.
  template <class Add>
  void for_each(Add&& add) const {
    for (nb::handle const image : image_ids_) {
      nb::object const listed = find(img_to_anns_, image.ptr());
      if (!listed.is_valid()) continue;
      sequence const annotations = listed_of(image, listed);
      for (std::size_t i = 0; i < annotations.size(); ++i) visit(annotations[i], add);
    }
  }

private:
  [[nodiscard]] sequence listed_of(nb::handle image, nb::handle listed) const {
    try {
      return {listed, {}};
    } catch (value_fault const& fault) {
      throw_at(fault, name_, "annotations of image " + describe(image));
    }
  }

  template <class Add>
  void visit(nb::handle listed, Add& add) const {
    nb::object id;
    try {
      id = get(listed, keys().id);
      if (!is_asked_for(listed)) return;
      // Annotations are looked up by id: of several with one id the last is taken, once for each of them.
      nb::object const found = find(anns_, id.ptr());
      if (!found.is_valid()) throw value_fault{also_a::key_error, "", "is listed for its image and not in the index"};
      std::uint32_t const image = index_of(image_index_, get(found, keys().image_id));
      std::uint32_t const category = index_of(category_index_, get(found, keys().category_id));
      if (image == no_index || category == no_index) return;
      add(found, id, image, category);
    } catch (value_fault const& fault) {
      throw_at(fault, name_, id.is_valid() ? "anns[" + describe(id) + "]" : "an annotation");
    }
  }

  [[nodiscard]] bool is_asked_for(nb::handle annotation) const {
    if (federated() && !semantics::takes_part(to_double(get(annotation, keys().area), {keys().area}))) return false;
    if (!how_.use_categories) return true;
    return find(category_index_, get(annotation, keys().category_id).ptr()).is_valid();
  }

  [[nodiscard]] static std::uint32_t index_of(nb::dict const& index, nb::handle id) {
    nb::object const found = find(index, id.ptr());
    return found.is_valid() ? static_cast<std::uint32_t>(PyLong_AsUnsignedLong(found.ptr())) : no_index;
  }

  nb::dict anns_;
  nb::dict img_to_anns_;
  nb::list image_ids_;
  nb::dict image_index_;
  nb::dict category_index_;
  protocol const& how_;
  std::string name_;
};

/// The reference keeps "iscrowd" in a byte.
bool read_crowd(nb::handle annotation) {
  row_path const path{keys().iscrowd};
  nb::object const value = get(annotation, keys().iscrowd);
  std::int64_t const number = to_int64(value, path);
  if (number < 0 || number > 255) {
    throw value_fault{also_a::value_error, path.text(), "expected an integer from 0 to 255, found " + describe(value)};
  }
  return number != 0;
}

void add_required_mask(nb::handle annotation, mask_collector& masks) {
  nb::object const segmentation = get(annotation, keys().segmentation);
  try {
    masks.add_segmentation(segmentation);
  } catch (value_fault const& fault) {
    throw value_fault{fault.kind, row_path{keys().segmentation}.text() + fault.path, fault.problem};
  }
}

/// Categories that an image lists, as places of @p category_index.
void add_listed(nb::handle image, PyObject* key, nb::dict const& category_index, category_lists& lists) {
  std::vector<std::uint32_t> here;
  sequence const listed(get(image, key), {key});
  for (std::size_t i = 0; i < listed.size(); ++i) {
    nb::object const found = find(category_index, listed[i].ptr());
    if (found.is_valid()) here.push_back(static_cast<std::uint32_t>(PyLong_AsUnsignedLong(found.ptr())));
  }
  std::sort(here.begin(), here.end());
  here.erase(std::unique(here.begin(), here.end()), here.end());
  lists.categories.insert(lists.categories.end(), here.begin(), here.end());
  lists.begin.push_back(lists.categories.size());
}

/// A side of an image, or 0. @param problem  gets what is wrong with it
std::uint32_t known_side_of(nb::handle image, PyObject* key, std::string& problem) {
  nb::object const side = find(image, key);
  if (side.is_valid()) {
    if (auto const pixels = pixels_of(side); pixels && *pixels > 0) return *pixels;
  }
  problem += problem.empty() ? " has " : " and ";
  problem += (side.is_valid() ? "" : "no ") + describe(key) + (side.is_valid() ? " " + describe(side) : "");
  return 0;
}

/// Ids of annotations as numbers: their own where all are integers of 64 bits, else others that are 0 where an id
/// stands for 0, and equal where ids are.
class id_numbers {
public:
  void add(nb::handle id) {
    keys_.append(id);
    if (!all_are_integers_) return;
    try {
      numbers_.push_back(to_int64(id, {}));
    } catch (value_fault const&) {
      all_are_integers_ = false;
    }
  }

  /// Fills the column of a table.
  void finish(std::vector<std::int64_t>& ids, shared_dataset& owner, std::string const& name) {
    if (all_are_integers_) {
      ids = std::move(numbers_);
      return;
    }
    auto original = std::make_shared<original_ids>();
    std::int64_t last = 0;
    nb::dict known;
    for (nb::handle const id : keys_) {
      try {
        original->values.push_back(stored_value(id));
      } catch (value_fault const& fault) {
        throw_at(fault, name, "anns[" + describe(id) + "]");
      }
      if (!known.contains(id)) known[id] = original->values.back() == 0 ? zero(id, name) : ++last;
      ids.push_back(nb::cast<std::int64_t>(known[id]));
    }
    original->keys = keys_;
    owner.ids = std::move(original);
  }

private:
  /// What NumPy makes of an id that is put into an array of numbers.
  static double stored_value(nb::handle id) {
    nb::object const number = nb::steal(PyNumber_Float(id.ptr()));
    if (number.is_valid()) return PyFloat_AS_DOUBLE(number.ptr());
    PyErr_Clear();
    throw value_fault{also_a::value_error, row_path{keys().id}.text(),
                      "expected a number, got " + describe(id) + ", which no array of matches can hold"};
  }
  /// Two annotations of one number would be one.
  std::int64_t zero(nb::handle id, std::string const& name) {
    if (!std::exchange(has_zero_, true)) return 0;
    throw python_input_error(also_a::value_error, name, "anns[" + describe(id) + "]",
                             "expected one annotation whose id is 0, got another one");
  }

  nb::list keys_;
  std::vector<std::int64_t> numbers_;
  bool all_are_integers_ = true;
  bool has_zero_ = false;
};

/// Sizes, and under LVIS' rules lists, of the images in order. An image that is not known has no size.
image_table read_images(nb::dict const& imgs, nb::list const& image_ids, nb::dict const& category_index,
                        row_source const& source) {
  image_table images;
  if (source.federated()) {
    images.negatives.begin.push_back(0);
    images.not_exhaustive.begin.push_back(0);
  }
  for (nb::handle const id : image_ids) {
    images.ids.push_back(static_cast<std::int64_t>(images.ids.size()));
    images.heights.push_back(0);
    images.widths.push_back(0);
    nb::object const image = find(imgs, id.ptr());
    try {
      if (image.is_valid()) {
        std::string problem;
        images.heights.back() = known_side_of(image, keys().height, problem);
        images.widths.back() = known_side_of(image, keys().width, problem);
        if (problem.empty() && !semantics::valid_mask_size(images.heights.back(), images.widths.back())) {
          problem = " has more than 2^31 - 1 pixels";
        }
        auto const place = static_cast<std::uint32_t>(images.ids.size() - 1);
        if (!problem.empty()) images.size_notes.push_back({place, "image " + describe(id) + problem});
      } else if (source.federated()) {
        throw value_fault{also_a::key_error, "", "there is no such image"};
      }
      if (source.federated()) {
        add_listed(image, keys().negatives, category_index, images.negatives);
        add_listed(image, keys().not_exhaustive, category_index, images.not_exhaustive);
      }
    } catch (value_fault const& fault) {
      throw_at(fault, source.name(), "imgs[" + describe(id) + "]");
    }
  }
  return images;
}

void number_categories(std::size_t count, category_table& categories) {
  for (std::size_t k = 0; k < count; ++k) categories.ids.push_back(static_cast<std::int64_t>(k));
  categories.names.resize(count);
}

shared_dataset read_ground_truth(nb::dict imgs, nb::dict anns, nb::dict img_to_anns, nb::list image_ids,
                                 nb::dict image_index, nb::dict category_index, protocol const& how,
                                 std::string const& name) {
  row_source const source(std::move(anns), std::move(img_to_anns), image_ids, std::move(image_index), category_index,
                          how, name);
  dataset data;
  data.source = name;
  data.images = read_images(imgs, image_ids, category_index, source);
  number_categories(category_index.size(), data.categories);
  annotation_table& rows = data.annotations;
  mask_collector masks;
  id_numbers ids;
  source.for_each([&](nb::handle annotation, nb::handle id, std::uint32_t image, std::uint32_t category) {
    ids.add(id);
    rows.image_indices.push_back(image);
    rows.category_indices.push_back(category);
    rows.areas_px.push_back(to_double(get(annotation, keys().area), {keys().area}));
    rows.crowd.push_back(!source.federated() && read_crowd(annotation) ? 1 : 0);
    nb::object const ignore = find(annotation, keys().ignore);
    rows.ignore.push_back(ignore.is_valid() && is_truthy(ignore) ? 1 : 0);
    if (source.wants_boxes()) {
      rows.boxes.push_back(to_box(get(annotation, keys().bbox), {keys().bbox}));
    } else {
      add_required_mask(annotation, masks);
    }
  });
  rows.masks = masks.finish(name);
  shared_dataset made;
  ids.finish(rows.ids, made, name);
  made.data = std::make_shared<dataset const>(std::move(data));
  made.rows_have_no_order = true;
  return made;
}

/// @param ground_truth  none: boxes stay as they are, and nothing is counted
shared_detections read_row_detections(nb::dict anns, nb::dict img_to_anns, nb::list image_ids, nb::dict image_index,
                                      nb::dict category_index, protocol const& how, std::string const& name,
                                      std::optional<shared_dataset> const& ground_truth, box_reading const& reading) {
  row_source const source(std::move(anns), std::move(img_to_anns), std::move(image_ids), std::move(image_index),
                          std::move(category_index), how, name);
  detections data;
  data.source = name;
  mask_collector masks;
  source.for_each([&](nb::handle annotation, nb::handle id, std::uint32_t image, std::uint32_t category) {
    data.ids.push_back(to_int64(id, {keys().id}));
    data.image_indices.push_back(image);
    data.category_indices.push_back(category);
    data.scores.push_back(to_double(get(annotation, keys().score), {keys().score}));
    data.areas_px.push_back(to_double(get(annotation, keys().area), {keys().area}));
    if (source.wants_boxes()) {
      data.boxes.push_back(to_box(get(annotation, keys().bbox), {keys().bbox}));
    } else {
      add_required_mask(annotation, masks);
    }
  });
  data.masks = masks.finish(name);
  if (ground_truth) settle_detections(data, *ground_truth->data, reading.options_for(how));
  return {std::make_shared<detections const>(std::move(data)), true};
}

}  // namespace

void bind_rows(nb::module_& module) {
  module.def("read_ground_truth", &read_ground_truth, nb::arg("imgs"), nb::arg("anns"), nb::arg("img_to_anns"),
             nb::arg("image_ids"), nb::arg("image_index"), nb::arg("category_index"), nb::arg("protocol"),
             nb::arg("name"),
             "Annotations of these images and categories; indices number both, and become their ids in the data set.");
  module.def(
      "read_detections", &read_row_detections, nb::arg("anns"), nb::arg("img_to_anns"), nb::arg("image_ids"),
      nb::arg("image_index"), nb::arg("category_index"), nb::arg("protocol"), nb::arg("name"),
      nb::arg("ground_truth") = nb::none(), nb::arg("reading") = box_reading(),
      "Results of these images and categories; indices are those of the data set. With the ground truth boxes are "
      "read as the caller says, and what looks wrong is counted.");
}

}  // namespace maskmetrics::python
