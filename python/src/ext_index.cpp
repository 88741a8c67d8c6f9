// What pycocotools' createIndex and loadRes do to dictionaries, without an interpreter in the loop.
#include <initializer_list>
#include <string>
#include <utility>

#include <nanobind/nanobind.h>

#include "ext_bindings.hpp"
#include "ext_values.hpp"

namespace maskmetrics::python {

namespace {

/// Appends to the list of a key, making it where there is none yet.
void append_to(nb::dict const& lists, nb::handle key, nb::handle value) {
  PyObject* list = PyDict_GetItemWithError(lists.ptr(), key.ptr());
  if (list == nullptr) {
    if (PyErr_Occurred() != nullptr) throw_unusable_key(key);
    nb::object const fresh = nb::steal(PyList_New(0));
    if (PyDict_SetItem(lists.ptr(), key.ptr(), fresh.ptr()) != 0) throw nb::python_error();
    list = fresh.ptr();
  }
  if (PyList_Append(list, value.ptr()) != 0) throw nb::python_error();
}

void set(nb::handle dict, PyObject* key, nb::handle value) {
  int const failed = PyDict_Check(dict.ptr()) ? PyDict_SetItem(dict.ptr(), key, value.ptr())
                                              : PyObject_SetItem(dict.ptr(), key, value.ptr());
  if (failed != 0) throw_unusable_key(key);
}

/// Calls visit(element) for every element; what is wrong with it is said with its place.
template <class Visit>
void visit_all(nb::handle list, std::string const& source, std::string const& array, Visit&& visit) {
  sequence const elements = elements_of(list, source, array);
  for (std::size_t i = 0; i < elements.size(); ++i) {
    try {
      visit(elements[i], i);
    } catch (value_fault const& fault) {
      throw_at(fault, source, array + "[" + std::to_string(i) + "]");
    }
  }
}

/// An id that dictionaries can be asked for. Equal tensors are different keys, and arrays of one number are none, so
/// they become their number.
nb::object key_in(nb::handle annotation, PyObject* key) {
  nb::object const id = get(annotation, key);
  bool const is_no_key = Py_TYPE(id.ptr())->tp_hash == PyObject_HashNotImplemented && nb::hasattr(id, "tolist");
  nb::object number = is_no_key ? nb::object(id.attr("tolist")()) : without_tensor(id);
  if (!number.is(id)) set(annotation, key, number);
  return number;
}

void index_annotations(nb::handle annotations, nb::dict anns, nb::dict img_to_anns, nb::object cat_to_imgs) {
  bool const by_category = !cat_to_imgs.is_none();
  nb::dict const categories = by_category ? nb::borrow<nb::dict>(cat_to_imgs) : nb::dict();
  visit_all(annotations, "dataset", "annotations", [&](nb::handle annotation, std::size_t /*i*/) {
    nb::object const image = key_in(annotation, keys().image_id);
    append_to(img_to_anns, image, annotation);
    set(anns, key_in(annotation, keys().id).ptr(), annotation);
    if (by_category) append_to(categories, key_in(annotation, keys().category_id), image);
  });
}

nb::object computed(PyObject* result) {
  if (result == nullptr) throw nb::python_error();
  return nb::steal(result);
}

nb::list list_of(std::initializer_list<nb::handle> values) {
  nb::list list;
  for (nb::handle const value : values) list.append(value);
  return list;
}

/// Gives results with boxes an area, an id, and the four corners where they have no mask. Numbers keep their type: what
/// is computed in single precision by the reference is so here.
void prepare_boxes(nb::handle results, bool with_crowd) {
  nb::object const zero = nb::int_(0);
  visit_all(results, "results", "", [&](nb::handle result, std::size_t i) {
    nb::object const box = get(result, keys().bbox);
    sequence const numbers(box, {keys().bbox});
    if (numbers.size() < 4) {
      throw value_fault{also_a::index_error, row_path{keys().bbox}.text(),
                        "expected four numbers at least, found " + describe(box)};
    }
    nb::object sides[4];
    for (std::size_t n = 0; n < 4; ++n) {
      (void)to_double(numbers[n], row_path{keys().bbox}.at(n));
      sides[n] = without_tensor(numbers[n]);
    }
    nb::object const& x1 = sides[0];
    nb::object const& y1 = sides[1];
    if (!find(result, keys().segmentation).is_valid()) {
      nb::object const x2 = computed(PyNumber_Add(x1.ptr(), sides[2].ptr()));
      nb::object const y2 = computed(PyNumber_Add(y1.ptr(), sides[3].ptr()));
      set(result, keys().segmentation, list_of({list_of({x1, y1, x1, y2, x2, y2, x2, y1})}));
    }
    set(result, keys().area, computed(PyNumber_Multiply(sides[2].ptr(), sides[3].ptr())));
    set(result, keys().id, nb::int_(i + 1));
    if (with_crowd) set(result, keys().iscrowd, zero);
  });
}

}  // namespace

void bind_index(nb::module_& module) {
  module.def("index_annotations", &index_annotations, nb::arg("annotations"), nb::arg("anns"), nb::arg("img_to_anns"),
             nb::arg("cat_to_imgs").none(), "Fills dictionaries by id, by image and, where wanted, by category.");
  module.def("prepare_boxes", &prepare_boxes, nb::arg("results"), nb::arg("with_crowd"),
             "Gives results with boxes their area, id, corners and iscrowd.");
}

}  // namespace maskmetrics::python
