// maskmetrics._core: the library as Python sees it. What users call lies in python/maskmetrics/*.py.
#include <nanobind/nanobind.h>

#include <maskmetrics/version.hpp>

#include "ext_bindings.hpp"
#include "ext_errors.hpp"

NB_MODULE(_core, module) {
  using namespace maskmetrics::python;
  module.doc() = "The C++ side of maskmetrics; see the package's own modules for what to call.";
  module.attr("__version__") = maskmetrics::version();
  module.def("built_with_cuda", &maskmetrics::built_with_cuda, "True where the CUDA backend was built in.");
  bind_errors(module);
  bind_mask(module);
  bind_protocol(module);
  bind_reading(module);
  bind_data(module);
  bind_rows(module);
  bind_columns(module);
  bind_result_columns(module);
  bind_index(module);
  bind_evaluate(module);
  bind_evaluator(module);
  bind_tables(module);
}
