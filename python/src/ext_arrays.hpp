/// @file
/// NumPy arrays that own memory of C++.
#pragma once

#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

namespace maskmetrics::python {

namespace nb = nanobind;

template <class T>
using numpy_array = nb::ndarray<nb::numpy, T>;

/// The memory of any container with data() as an array in C order.
template <class Container>
[[nodiscard]] auto to_numpy(Container container, std::initializer_list<std::size_t> shape) {
  using value_type = std::remove_cvref_t<decltype(*container.data())>;
  auto kept = std::make_unique<Container>(std::move(container));
  auto* const data = kept->data();
  nb::capsule const owner(kept.get(), [](void* pointer) noexcept { delete static_cast<Container*>(pointer); });
  (void)kept.release();
  return numpy_array<value_type>(data, shape, owner);
}

/// A vector as an array of one dimension.
template <class T>
[[nodiscard]] numpy_array<T> to_numpy(std::vector<T> values) {
  std::size_t const size = values.size();
  return to_numpy(std::move(values), {size});
}

/// A column of one dimension, read from any array that holds numbers of the type.
template <class T>
using column = nb::ndarray<T const, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

template <class T>
[[nodiscard]] std::vector<T> to_vector(column<T> const& values) {
  return std::vector<T>(values.data(), values.data() + values.size());
}

}  // namespace maskmetrics::python
