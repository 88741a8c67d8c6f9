#include "ext_values.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include <nanobind/stl/string.h>

namespace maskmetrics::python {

namespace {

PyObject* interned(char const* text) {
  return PyUnicode_InternFromString(text);
}

constexpr std::size_t most_shown = 60;

/// A buffer of doubles or floats in one dimension: arrays are read without an object for each number.
class number_buffer {
public:
  explicit number_buffer(nb::handle value) {
    if (!PyObject_CheckBuffer(value.ptr()) || PyBytes_Check(value.ptr())) return;
    held_ = PyObject_GetBuffer(value.ptr(), &view_, PyBUF_FORMAT | PyBUF_STRIDES) == 0;
    if (!held_) PyErr_Clear();
  }
  number_buffer(number_buffer const&) = delete;
  number_buffer& operator=(number_buffer const&) = delete;
  ~number_buffer() {
    if (held_) PyBuffer_Release(&view_);
  }

  /// False where the value is something else.
  [[nodiscard]] bool append_to(std::vector<double>& out) const {
    if (!held_ || view_.ndim != 1 || view_.format == nullptr) return false;
    std::string_view const format = view_.format;
    if (format == "d") return append<double>(out);
    if (format == "f") return append<float>(out);
    return false;
  }

private:
  template <class T>
  bool append(std::vector<double>& out) const {
    auto const* at = static_cast<char const*>(view_.buf);
    for (Py_ssize_t i = 0; i < view_.shape[0]; ++i, at += view_.strides[0]) {
      T number;
      std::memcpy(&number, at, sizeof number);
      out.push_back(number);
    }
    return true;
  }

  Py_buffer view_{};
  bool held_ = false;
};

value_fault not_a(char const* expected, nb::handle value, row_path path) {
  return {also_a::type_error, path.text(), std::string("expected ") + expected + ", found " + describe(value)};
}

}  // namespace

key_table const& keys() {
  static key_table const table{interned("id"),
                               interned("image_id"),
                               interned("category_id"),
                               interned("area"),
                               interned("bbox"),
                               interned("segmentation"),
                               interned("iscrowd"),
                               interned("ignore"),
                               interned("score"),
                               interned("size"),
                               interned("counts"),
                               interned("height"),
                               interned("width"),
                               interned("file_name"),
                               interned("name"),
                               interned("frequency"),
                               interned("image_count"),
                               interned("neg_category_ids"),
                               interned("not_exhaustive_category_ids"),
                               interned("caption"),
                               interned("keypoints")};
  return table;
}

std::string describe(nb::handle value) {
  std::string text;
  PyObject* const repr = PyObject_Repr(value.ptr());
  if (repr == nullptr) {
    PyErr_Clear();
    return std::string("a ") + Py_TYPE(value.ptr())->tp_name;
  }
  Py_ssize_t length = 0;
  char const* const bytes = PyUnicode_AsUTF8AndSize(repr, &length);
  if (bytes == nullptr) {
    PyErr_Clear();
  } else {
    text.assign(bytes, static_cast<std::size_t>(length));
  }
  Py_DECREF(repr);
  if (text.size() > most_shown) {
    std::size_t end = most_shown;
    // Not within a character of several bytes.
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    text = text.substr(0, end) + "...";
  }
  return text;
}

std::string row_path::text() const {
  std::string out;
  if (key != nullptr) out += "[" + describe(key) + "]";
  if (index >= 0) out += "[" + std::to_string(index) + "]";
  return out;
}

void throw_unusable_key(nb::handle key) {
  if (PyErr_ExceptionMatches(PyExc_TypeError) == 0) throw nb::python_error();
  PyErr_Clear();
  throw value_fault{also_a::type_error, "", "expected an id that can be a key of a dictionary, got " + describe(key)};
}

nb::object find(nb::handle mapping, PyObject* key) {
  if (PyDict_Check(mapping.ptr())) {
    PyObject* const value = PyDict_GetItemWithError(mapping.ptr(), key);
    if (value == nullptr && PyErr_Occurred() != nullptr) throw_unusable_key(key);
    return nb::borrow(value);
  }
  if (!PyMapping_Check(mapping.ptr()) || PyUnicode_Check(mapping.ptr()) || PyBytes_Check(mapping.ptr()) ||
      PyList_Check(mapping.ptr()) || PyTuple_Check(mapping.ptr())) {
    throw not_a("a dictionary", mapping, {});
  }
  PyObject* const value = PyObject_GetItem(mapping.ptr(), key);
  if (value == nullptr) {
    bool const is_missing = PyErr_ExceptionMatches(PyExc_KeyError) != 0;
    // Arrays are mappings to Python, and raise all kinds of exceptions for a name.
    bool const is_none = PyErr_ExceptionMatches(PyExc_IndexError) != 0 ||
                         PyErr_ExceptionMatches(PyExc_TypeError) != 0 || PyErr_ExceptionMatches(PyExc_ValueError) != 0;
    if (!is_missing && !is_none) throw nb::python_error();
    PyErr_Clear();
    if (is_none) throw not_a("a dictionary", mapping, {});
  }
  return nb::steal(value);
}

nb::object get(nb::handle mapping, PyObject* key) {
  nb::object value = find(mapping, key);
  if (!value.is_valid()) throw value_fault{also_a::key_error, "", "has no " + describe(key)};
  return value;
}

double to_double(nb::handle value, row_path path) {
  if (PyFloat_Check(value.ptr())) return PyFloat_AS_DOUBLE(value.ptr());
  nb::object const plain = without_tensor(value);
  bool const is_text = PyUnicode_Check(plain.ptr());
  double const number = is_text ? -1 : PyFloat_AsDouble(plain.ptr());
  if (is_text || (number == -1 && PyErr_Occurred() != nullptr)) {
    PyErr_Clear();
    throw not_a("a number", value, path);
  }
  return number;
}

std::int64_t to_int64(nb::handle value, row_path path) {
  int overflow = 0;
  if (PyLong_Check(value.ptr())) {
    long long const number = PyLong_AsLongLongAndOverflow(value.ptr(), &overflow);
    if (overflow == 0) return number;
  } else if (!PyUnicode_Check(value.ptr())) {
    if (PyIndex_Check(value.ptr())) {
      nb::object const index = nb::steal(PyNumber_Index(value.ptr()));
      if (index.is_valid()) return to_int64(index, path);
      PyErr_Clear();  // such as a tensor that holds a fraction, or 1.0
    }
    if (nb::object const plain = without_tensor(value); !plain.is(value)) return to_int64(plain, path);
    double const number = PyFloat_AsDouble(value.ptr());
    constexpr double limit = 9223372036854775808.0;  // 2^63
    if (number == -1 && PyErr_Occurred() != nullptr) {
      PyErr_Clear();
    } else if (number >= -limit && number < limit && number == std::trunc(number)) {
      return static_cast<std::int64_t>(number);
    }
  }
  throw not_a("an integer of 64 bits", value, path);
}

std::uint32_t to_uint32(nb::handle value, row_path path) {
  std::int64_t const number = to_int64(value, path);
  if (number < 0 || number > 0xFFFFFFFFLL) {
    throw value_fault{also_a::value_error, path.text(),
                      "expected an integer from 0 to 2^32 - 1, found " + describe(value)};
  }
  return static_cast<std::uint32_t>(number);
}

bool is_truthy(nb::handle value) {
  int const truth = PyObject_IsTrue(value.ptr());
  if (truth < 0) throw nb::python_error();
  return truth != 0;
}

std::optional<std::uint32_t> pixels_of(nb::handle value) {
  try {
    std::int64_t const number = to_int64(value, {});
    if (number >= 0 && number <= 0xFFFFFFFFLL) return static_cast<std::uint32_t>(number);
  } catch (value_fault const&) {
  }
  return {};
}

bool may_be_id(nb::handle value) {
  return value.is_none() || PyUnicode_Check(value.ptr()) || PyLong_Check(value.ptr()) || PyFloat_Check(value.ptr());
}

std::string text_of(nb::handle value) {
  Py_ssize_t length = 0;
  char const* bytes = PyUnicode_AsUTF8AndSize(value.ptr(), &length);
  if (bytes != nullptr) return {bytes, static_cast<std::size_t>(length)};
  PyErr_Clear();
  nb::object const coded = value.attr("encode")("utf-16-le", "surrogatepass");
  return nb::cast<std::string>(coded.attr("decode")("utf-16-le", "replace"));
}

nb::object without_tensor(nb::handle value) {
  PyObject* const object = value.ptr();
  bool const is_plain = PyFloat_Check(object) || PyLong_Check(object) || PyUnicode_Check(object) ||
                        PyList_Check(object) || PyTuple_Check(object) || PyDict_Check(object) || value.is_none();
  // NumPy's arrays and numbers are buffers.
  if (is_plain || PyObject_CheckBuffer(object) || !nb::hasattr(value, "tolist")) return nb::borrow(value);
  return value.attr("tolist")();
}

sequence::sequence(nb::handle given, row_path path) {
  nb::object const value = without_tensor(given);
  bool const is_text = PyUnicode_Check(value.ptr()) || PyBytes_Check(value.ptr()) || PyDict_Check(value.ptr());
  if (!is_text && PySequence_Check(value.ptr())) fast_ = nb::steal(PySequence_Fast(value.ptr(), ""));
  if (fast_.is_valid()) return;
  PyErr_Clear();
  throw not_a("a list", value, path);
}

sequence elements_of(nb::handle value, std::string const& source, std::string const& place) {
  try {
    return {value, {}};
  } catch (value_fault const& fault) {
    throw_at(fault, source, place);
  }
}

void append_numbers(nb::handle value, row_path path, std::vector<double>& out) {
  if (!PyList_Check(value.ptr()) && number_buffer(value).append_to(out)) return;
  sequence const numbers(value, path);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    nb::handle const number = numbers[i];
    out.push_back(PyFloat_CheckExact(number.ptr()) ? PyFloat_AS_DOUBLE(number.ptr()) : to_double(number, path.at(i)));
  }
}

box to_box(nb::handle value, row_path path, bool may_be_more) {
  double numbers[4] = {};
  if (PyList_Check(value.ptr()) && PyList_GET_SIZE(value.ptr()) == 4) {
    for (std::size_t i = 0; i < 4; ++i) {
      PyObject* const number = PyList_GET_ITEM(value.ptr(), static_cast<Py_ssize_t>(i));
      numbers[i] = PyFloat_CheckExact(number) ? PyFloat_AS_DOUBLE(number) : to_double(number, path.at(i));
    }
    return {numbers[0], numbers[1], numbers[2], numbers[3]};
  }
  std::vector<double> found;
  if (may_be_more) {
    sequence const listed(value, path);
    for (std::size_t i = 0; i < std::min<std::size_t>(listed.size(), 4); ++i) {
      found.push_back(to_double(listed[i], path.at(i)));
    }
  } else {
    append_numbers(value, path, found);
  }
  if (found.size() != 4) {
    throw value_fault{also_a::value_error, path.text(), "expected four numbers, found " + describe(value)};
  }
  return {found[0], found[1], found[2], found[3]};
}

}  // namespace maskmetrics::python
