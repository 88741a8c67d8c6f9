/// @file
/// An array of any library, on the host or a device, without a copy.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <maskmetrics/evaluator.hpp>
#include <maskmetrics/stream.hpp>

namespace maskmetrics::python {

namespace nb = nanobind;

/// Memory of an array, with its shape. Whoever made the array is asked for it once, by DLPack.
class device_array {
public:
  /// @param array  a DLPack capsule, or an object that NumPy's or DLPack's protocol gives an array of
  explicit device_array(nb::ndarray<nb::ro> array);
  /// Memory of a device without DLPack: __cuda_array_interface__.
  /// @param shape, strides  strides in bytes, or none: C order
  /// @param type  NumPy's: "|b1", "<f4"
  /// @param made_on  handle of the stream that readers have to wait for, or none
  device_array(std::uintptr_t data, std::vector<std::size_t> shape, std::optional<std::vector<std::int64_t>> strides,
               std::string const& type, nb::object owner, std::optional<std::uintptr_t> made_on);

  [[nodiscard]] memory_space where() const { return where_; }
  [[nodiscard]] void const* data() const { return data_; }
  /// The stream that readers have to wait for. DLPack has none: its producers order streams themselves.
  [[nodiscard]] std::optional<stream_ref> made_on() const { return made_on_; }
  [[nodiscard]] std::uint32_t length(std::size_t axis) const;
  /// Keeps the memory; may be let go of without the GIL.
  [[nodiscard]] std::shared_ptr<void const> owner() const { return owner_; }

  /// @param width  numbers a row: 1 for [N], 4 for [N, 4]
  /// @throws python_input_error naming source and place, for another shape or type
  [[nodiscard]] number_column column(std::uint32_t width, std::uint32_t count, std::string const& source,
                                     std::string const& place) const;
  /// [N, H, W] of booleans, bytes or floating-point numbers, any strides.
  [[nodiscard]] dense_masks masks(float threshold, std::string const& source, std::string const& place) const;
  /// [rows, columns] of float32, in C order.
  [[nodiscard]] float const* floats(std::uint32_t rows, std::uint32_t columns, std::string const& source,
                                    std::string const& place) const;
  void require_contiguous(std::string const& source, std::string const& place) const;

private:
  enum class number_kind : unsigned char { boolean, unsigned_integer, integer, floating, brain_floating, other };

  [[nodiscard]] std::string shape_text() const;
  [[noreturn]] void fail(std::string const& source, std::string const& place, std::string const& problem) const;
  [[nodiscard]] bool is_contiguous() const;
  void require_aligned(std::string const& source, std::string const& place) const;

  void const* data_ = nullptr;
  std::vector<std::size_t> shape_;
  std::vector<std::int64_t> strides_;  // bytes
  number_kind kind_ = number_kind::other;
  std::size_t bytes_ = 0;  // of a number
  std::string type_name_;
  memory_space where_ = memory_space::host;
  std::optional<stream_ref> made_on_;
  std::shared_ptr<void const> owner_;
};

void bind_device_array(nb::module_& module);

}  // namespace maskmetrics::python
