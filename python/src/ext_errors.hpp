/// @file
/// From the library's errors to Python's.
#pragma once

#include <string>
#include <utility>

#include <nanobind/nanobind.h>

#include <maskmetrics/error.hpp>

namespace maskmetrics::python {

namespace nb = nanobind;

/// What the reference raises in the same place. An InputError is that as well, so that programs that catch it still do.
enum class also_a : unsigned char { value_error, type_error, key_error, index_error, assertion_error };

/// An input_error that Python sees as a subclass of another exception, too.
class python_input_error : public input_error {
public:
  python_input_error(also_a kind, std::string source, std::string place, std::string problem)
      : input_error(std::move(source), std::move(place), std::move(problem)), kind_(kind) {}
  [[nodiscard]] also_a kind() const noexcept { return kind_; }

private:
  also_a kind_;
};

/// A value inside of a row is not what it should be; whoever knows the row says where.
struct value_fault {
  also_a kind = also_a::value_error;
  std::string path;  ///< below the row: "['bbox'][2]"
  std::string problem;
};

/// A field of a protocol was given a value of another type.
struct protocol_type_fault {
  std::string field;
  std::string problem;
};

/// @throws python_input_error always
[[noreturn]] inline void throw_at(value_fault const& fault, std::string const& source, std::string const& row) {
  throw python_input_error(fault.kind, source, row + fault.path, fault.problem);
}

/// Makes the library's exceptions those of maskmetrics.errors.
void bind_errors(nb::module_& module);

}  // namespace maskmetrics::python
