/// @file
/// The parts of the extension module, one a file.
#pragma once

#include <nanobind/nanobind.h>

namespace maskmetrics::python {

namespace nb = nanobind;

void bind_columns(nb::module_& module);
void bind_data(nb::module_& module);
void bind_evaluate(nb::module_& module);
void bind_evaluator(nb::module_& module);
void bind_index(nb::module_& module);
void bind_mask(nb::module_& module);
void bind_protocol(nb::module_& module);
void bind_reading(nb::module_& module);
void bind_result_columns(nb::module_& module);
void bind_rows(nb::module_& module);
void bind_tables(nb::module_& module);

}  // namespace maskmetrics::python
