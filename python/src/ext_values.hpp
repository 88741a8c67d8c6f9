/// @file
/// Reads numbers, lists and dictionaries of Python, without a cast that would cost more than the value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nanobind/nanobind.h>

#include <maskmetrics/types.hpp>

#include "ext_errors.hpp"

namespace maskmetrics::python {

/// Keys of annotations, made once and never freed.
struct key_table {
  PyObject* id;
  PyObject* image_id;
  PyObject* category_id;
  PyObject* area;
  PyObject* bbox;
  PyObject* segmentation;
  PyObject* iscrowd;
  PyObject* ignore;
  PyObject* score;
  PyObject* size;
  PyObject* counts;
  PyObject* height;
  PyObject* width;
  PyObject* file_name;
  PyObject* name;
  PyObject* frequency;
  PyObject* image_count;
  PyObject* negatives;
  PyObject* not_exhaustive;
  PyObject* caption;
  PyObject* keypoints;
};
[[nodiscard]] key_table const& keys();

/// What a value is, for messages: its repr, cut short.
[[nodiscard]] std::string describe(nb::handle value);

/// A place below a row, spelled out only where somebody asks.
struct row_path {
  PyObject* key = nullptr;    ///< none: the row itself
  std::ptrdiff_t index = -1;  ///< below the key; below 0: none

  [[nodiscard]] row_path at(std::size_t i) const { return {key, static_cast<std::ptrdiff_t>(i)}; }
  /// "['bbox'][2]"
  [[nodiscard]] std::string text() const;
};

/// Makes the TypeError of a lookup a value_fault; any other exception is passed on as it is.
[[noreturn]] void throw_unusable_key(nb::handle key);
/// The value of a key, or a null object where it is not there.
/// @throws value_fault for what is no mapping
[[nodiscard]] nb::object find(nb::handle mapping, PyObject* key);
/// @throws value_fault for what is no mapping, or has no such key
[[nodiscard]] nb::object get(nb::handle mapping, PyObject* key);

/// @throws value_fault for what is no number
[[nodiscard]] double to_double(nb::handle value, row_path path);
/// An integer of 64 bits, or a number that equals one.
[[nodiscard]] std::int64_t to_int64(nb::handle value, row_path path);
/// An integer in [0, 2^32).
[[nodiscard]] std::uint32_t to_uint32(nb::handle value, row_path path);
/// False, None, 0, empty: as Python takes it.
[[nodiscard]] bool is_truthy(nb::handle value);

/// A side of an image; nothing for what is no number of pixels.
[[nodiscard]] std::optional<std::uint32_t> pixels_of(nb::handle value);
/// What Python's dictionaries take for an id that no integer of 64 bits equals.
[[nodiscard]] bool may_be_id(nb::handle value);
/// A string as UTF-8; half of a surrogate pair becomes U+FFFD.
[[nodiscard]] std::string text_of(nb::handle value);

/// A tensor as Python's own numbers and lists; everything else, NumPy's arrays and numbers included, as it is.
[[nodiscard]] nb::object without_tensor(nb::handle value);

/// A list, tuple, array or tensor whose elements can be looked at one by one.
class sequence {
public:
  /// @throws value_fault for what is no sequence, or a string
  sequence(nb::handle value, row_path path);

  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(PySequence_Fast_GET_SIZE(fast_.ptr())); }
  [[nodiscard]] nb::handle operator[](std::size_t i) const {
    return PySequence_Fast_GET_ITEM(fast_.ptr(), static_cast<Py_ssize_t>(i));
  }

private:
  nb::object fast_;
};

/// The elements of an argument that has to be a list.
/// @throws python_input_error naming @p source and @p place for what is none
[[nodiscard]] sequence elements_of(nb::handle value, std::string const& source, std::string const& place);

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

/// Appends the numbers of a list, tuple, or array or tensor of one dimension.
void append_numbers(nb::handle value, row_path path, std::vector<double>& out);

/// x, y, width, height.
/// @param may_be_more  what is behind the fourth number is not looked at
/// @throws value_fault for anything but four numbers
[[nodiscard]] box to_box(nb::handle value, row_path path, bool may_be_more = false);

}  // namespace maskmetrics::python
