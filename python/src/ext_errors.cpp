#include "ext_errors.hpp"

#include <exception>

#include <nanobind/stl/string.h>

namespace maskmetrics::python {

namespace {

char const* class_of(also_a kind) {
  switch (kind) {
    case also_a::value_error:
      return "InputError";
    case also_a::type_error:
      return "InputTypeError";
    case also_a::key_error:
      return "InputKeyError";
    case also_a::index_error:
      return "InputIndexError";
    case also_a::assertion_error:
      return "InputAssertionError";
  }
  return "InputError";
}

void raise(char const* name, std::string const& source, std::string const& place, std::string const& problem) {
  try {
    nb::object const type = nb::module_::import_("maskmetrics.errors").attr(name);
    PyErr_SetObject(type.ptr(), type(source, place, problem).ptr());
  } catch (nb::python_error& error) {
    error.restore();
  }
}

void translate(std::exception_ptr const& exception, void* /*payload*/) {
  try {
    std::rethrow_exception(exception);
  } catch (python_input_error const& e) {
    raise(class_of(e.kind()), e.source(), e.place(), e.problem());
  } catch (value_fault const& e) {
    // Whoever reads a value names its place; this is for values whose reader does not.
    raise(class_of(e.kind), "", e.path, e.problem);
  } catch (protocol_type_fault const& e) {
    raise("ProtocolTypeError", "protocol", e.field, e.problem);
  } catch (input_error const& e) {
    raise("InputError", e.source(), e.place(), e.problem());
  } catch (protocol_error const& e) {
    raise("ProtocolError", "", "", e.what());
  } catch (device_error const& e) {
    raise("DeviceError", "", "", e.what());
  } catch (output_error const& e) {
    raise("OutputError", "", "", e.what());
  } catch (error const& e) {
    raise("Error", "", "", e.what());
  }
}

}  // namespace

void bind_errors(nb::module_& /*module*/) {
  nb::register_exception_translator(translate);
}

}  // namespace maskmetrics::python
