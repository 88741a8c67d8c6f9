/// @file
/// The parts of the extension module, one a file.
#pragma once

#include <nanobind/nanobind.h>

namespace maskmetrics::python {

void bind_mask(nanobind::module_& module);

}  // namespace maskmetrics::python
