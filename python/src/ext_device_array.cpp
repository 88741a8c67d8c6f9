#include "ext_device_array.hpp"

#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "ext_errors.hpp"

namespace maskmetrics::python {

namespace {

/// Something of Python's that may be let go of on any thread.
template <class T>
std::shared_ptr<void const> with_gil(T held) {
  return {new T(std::move(held)), [](void const* pointer) {
            // At the end of the interpreter nobody may ask for the GIL any more, and nothing has to be freed.
            if (Py_IsInitialized() == 0) return;
            nb::gil_scoped_acquire const gil;
            delete static_cast<T const*>(pointer);
          }};
}

std::vector<std::int64_t> c_order(std::vector<std::size_t> const& shape, std::size_t bytes) {
  std::vector<std::int64_t> strides(shape.size());
  auto stride = static_cast<std::int64_t>(bytes);
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    strides[axis] = stride;
    stride *= static_cast<std::int64_t>(shape[axis]);
  }
  return strides;
}

}  // namespace

device_array::device_array(nb::ndarray<nb::ro> array) : data_(array.data()) {
  nb::dlpack::dtype const type = array.dtype();
  bytes_ = type.bits / 8U;
  using code = nb::dlpack::dtype_code;
  struct {
    code value;
    number_kind kind;
    char const* name;
  } const kinds[] = {{code::Bool, number_kind::boolean, "bool"},
                     {code::UInt, number_kind::unsigned_integer, "uint"},
                     {code::Int, number_kind::integer, "int"},
                     {code::Float, number_kind::floating, "float"},
                     {code::Bfloat, number_kind::brain_floating, "bfloat"}};
  type_name_ = "an array of an unknown type";
  for (auto const& each : kinds) {
    if (type.code != static_cast<std::uint8_t>(each.value) || type.lanes != 1) continue;
    kind_ = each.kind;
    type_name_ = each.name + (each.kind == number_kind::boolean ? std::string() : std::to_string(type.bits));
  }
  for (std::size_t axis = 0; axis < array.ndim(); ++axis) {
    shape_.push_back(array.shape(axis));
    strides_.push_back(array.stride(axis) * static_cast<std::int64_t>(bytes_));
  }
  bool const on_host =
      array.device_type() == nb::device::cpu::value || array.device_type() == nb::device::cuda_host::value;
  where_ = on_host ? memory_space::host : memory_space::device;
  owner_ = with_gil(std::move(array));
}

device_array::device_array(std::uintptr_t data, std::vector<std::size_t> shape,
                           std::optional<std::vector<std::int64_t>> strides, std::string const& type, nb::object owner,
                           std::optional<std::uintptr_t> made_on)
    : data_(reinterpret_cast<void const*>(data)), shape_(std::move(shape)), where_(memory_space::device) {
  // "|b1", "<f4": byte order, kind, bytes.
  if (type.size() == 3 && type[0] != '>') {
    bytes_ = static_cast<std::size_t>(type[2] - '0');
    kind_ = type[1] == 'b'   ? number_kind::boolean
            : type[1] == 'u' ? number_kind::unsigned_integer
            : type[1] == 'i' ? number_kind::integer
            : type[1] == 'f' ? number_kind::floating
                             : number_kind::other;
  }
  type_name_ = type;
  strides_ = strides ? std::move(*strides) : c_order(shape_, bytes_);
  if (made_on) made_on_ = stream_ref(reinterpret_cast<void*>(*made_on));
  owner_ = with_gil(std::move(owner));
}

std::uint32_t device_array::length(std::size_t axis) const {
  if (axis >= shape_.size()) return 0;
  std::size_t const most = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(shape_[axis] < most ? shape_[axis] : most);
}

std::string device_array::shape_text() const {
  std::string text = "[";
  for (std::size_t const n : shape_) text += (text.size() > 1 ? ", " : "") + std::to_string(n);
  return text + "]";
}

void device_array::fail(std::string const& source, std::string const& place, std::string const& problem) const {
  throw python_input_error(also_a::value_error, source, place, problem);
}

bool device_array::is_contiguous() const {
  std::vector<std::int64_t> const wanted = c_order(shape_, bytes_);
  for (std::size_t axis = 0; axis < shape_.size(); ++axis) {
    if (shape_[axis] == 0) return true;
    if (shape_[axis] != 1 && strides_[axis] != wanted[axis]) return false;
  }
  return true;
}

void device_array::require_contiguous(std::string const& source, std::string const& place) const {
  if (!is_contiguous()) fail(source, place, "must be contiguous, in C order");
}

void device_array::require_aligned(std::string const& source, std::string const& place) const {
  if (length(0) == 0 || reinterpret_cast<std::uintptr_t>(data_) % bytes_ == 0) return;
  fail(source, place, "must lie at a multiple of the " + std::to_string(bytes_) + " bytes of a number");
}

number_column device_array::column(std::uint32_t width, std::uint32_t count, std::string const& source,
                                   std::string const& place) const {
  bool const fits = width == 1 ? shape_.size() == 1 && shape_[0] == count
                               : shape_.size() == 2 && shape_[0] == count && shape_[1] == width;
  if (!fits) {
    std::string const wanted = width == 1 ? "[" + std::to_string(count) + "]"
                                          : "[" + std::to_string(count) + ", " + std::to_string(width) + "]";
    fail(source, place, "expected shape " + wanted + ", found " + shape_text());
  }
  require_contiguous(source, place);
  struct {
    number_kind kind;
    std::size_t bytes;
    number_type type;
  } const types[] = {
      {number_kind::floating, 8, number_type::float64},       {number_kind::floating, 4, number_type::float32},
      {number_kind::floating, 2, number_type::float16},       {number_kind::brain_floating, 2, number_type::bfloat16},
      {number_kind::integer, 8, number_type::int64},          {number_kind::integer, 4, number_type::int32},
      {number_kind::unsigned_integer, 1, number_type::uint8}, {number_kind::boolean, 1, number_type::uint8}};
  // Columns of length 0 may have no memory, and are there all the same.
  static std::byte const nothing{};
  for (auto const& each : types) {
    if (each.kind == kind_ && each.bytes == bytes_) {
      // Those of the host are copied byte by byte.
      if (where_ == memory_space::device) require_aligned(source, place);
      return {data_ != nullptr ? data_ : &nothing, each.type, count == 0 ? memory_space::host : where_};
    }
  }
  fail(source, place, "numbers of type " + type_name_ + " are not taken");
}

dense_masks device_array::masks(float threshold, std::string const& source, std::string const& place) const {
  if (shape_.size() != 3) fail(source, place, "expected shape [N, H, W], found " + shape_text());
  dense_masks made;
  made.data = data_;
  made.count = length(0);
  made.mask_stride = strides_[0];
  made.row_stride = strides_[1];
  made.column_stride = strides_[2];
  made.threshold = threshold;
  if (bytes_ == 1 && kind_ != number_kind::other) {
    made.format = pixel_format::bytes;
  } else if (kind_ == number_kind::floating && bytes_ == 4) {
    made.format = pixel_format::float32;
  } else if (kind_ == number_kind::floating && bytes_ == 2) {
    made.format = pixel_format::float16;
  } else if (kind_ == number_kind::brain_floating && bytes_ == 2) {
    made.format = pixel_format::bfloat16;
  } else {
    fail(source, place,
         "masks of type " + type_name_ + " are not taken; bool, uint8, float32, float16 and bfloat16 are");
  }
  return made;
}

float const* device_array::floats(std::uint32_t rows, std::uint32_t columns, std::string const& source,
                                  std::string const& place) const {
  if (shape_.size() != 2 || shape_[0] != rows || shape_[1] != columns) {
    fail(source, place,
         "expected shape [" + std::to_string(rows) + ", " + std::to_string(columns) + "], found " + shape_text());
  }
  if (kind_ != number_kind::floating || bytes_ != 4) fail(source, place, "expected float32, found " + type_name_);
  require_contiguous(source, place);
  require_aligned(source, place);
  return static_cast<float const*>(data_);
}

void bind_device_array(nb::module_& module) {
  nb::class_<device_array>(module, "Array", "An array of any library, without a copy.")
      .def(nb::init<nb::ndarray<nb::ro>>(), nb::arg("array"))
      .def(nb::init<std::uintptr_t, std::vector<std::size_t>, std::optional<std::vector<std::int64_t>>,
                    std::string const&, nb::object, std::optional<std::uintptr_t>>(),
           nb::arg("data"), nb::arg("shape"), nb::arg("strides"), nb::arg("type"), nb::arg("owner"),
           nb::arg("made_on") = nb::none())
      .def("__len__", [](device_array const& self) { return self.length(0); })
      .def_prop_ro("made_on",
                   [](device_array const& self) {
                     return self.made_on() ? std::optional(reinterpret_cast<std::uintptr_t>(self.made_on()->handle()))
                                           : std::nullopt;
                   })
      .def_prop_ro("on_device", [](device_array const& self) { return self.where() == memory_space::device; });
}

}  // namespace maskmetrics::python
