// Layouts and units of boxes, and sizes of images.
#include "ext_reading.hpp"

#include <filesystem>
#include <optional>
#include <string>

#include <nanobind/nanobind.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <maskmetrics/error.hpp>

#include "ext_bindings.hpp"
#include "ext_call.hpp"
#include "ext_values.hpp"

namespace maskmetrics::python {

namespace {

box_layout layout_of(std::string const& name, char const* argument) {
  if (name == "xywh") return box_layout::xywh;
  if (name == "xyxy") return box_layout::xyxy;
  if (name == "cxcywh") return box_layout::cxcywh;
  throw protocol_error(std::string(argument) + ": expected xywh, xyxy, or cxcywh, got '" + name + "'");
}

std::optional<box_units> units_of(std::optional<std::string> const& name, char const* argument) {
  if (!name) return {};
  if (*name == "pixels") return box_units::pixels;
  if (*name == "relative") return box_units::relative;
  throw protocol_error(std::string(argument) + ": expected pixels or relative, got '" + *name + "'");
}

/// {name or id: (height, width)}
image_sizes sizes_of_dict(nb::dict const& given) {
  image_sizes sizes;
  for (auto const& [key, value] : given) {
    std::string const place = "[" + describe(key) + "]";
    try {
      sequence const sides(value, {});
      if (sides.size() != 2) {
        throw value_fault{also_a::value_error, "", "expected height and width, got " + describe(value)};
      }
      image_size const size{to_uint32(sides[0], {}), to_uint32(sides[1], {})};
      if (size.height == 0 || size.width == 0 || std::uint64_t{size.height} * size.width > 0x7FFFFFFFU) {
        throw value_fault{also_a::value_error, "", "expected 1 to 2^31 - 1 pixels, got " + describe(value)};
      }
      if (PyUnicode_Check(key.ptr())) {
        sizes.add(nb::cast<std::string>(key), size, "image_sizes", place);
      } else {
        sizes.add(to_int64(key, {}), size, "image_sizes", place);
      }
    } catch (value_fault const& fault) {
      throw_at(fault, "image_sizes", place);
    }
  }
  return sizes;
}

image_sizes read_sizes(std::filesystem::path const& path) {
  return run_call(make_context("cpu", 0), nb::none(), [&](context const& ctx) { return image_sizes::read(ctx, path); });
}

box_reading make_reading(std::string const& layout, std::optional<std::string> const& units,
                         std::string const& dt_layout, std::optional<std::string> const& dt_units,
                         nb::object const& sizes) {
  box_reading reading;
  reading.ground_truth = {layout_of(layout, "box_layout"), units_of(units, "box_units")};
  reading.results = {layout_of(dt_layout, "dt_box_layout"), units_of(dt_units, "dt_box_units")};
  if (sizes.is_none()) return reading;
  image_sizes known = PyDict_Check(sizes.ptr()) ? sizes_of_dict(nb::borrow<nb::dict>(sizes))
                                                : read_sizes(nb::cast<std::filesystem::path>(sizes));
  reading.sizes = std::make_shared<image_sizes const>(std::move(known));
  return reading;
}

}  // namespace

void bind_reading(nb::module_& module) {
  nb::class_<box_reading>(module, "BoxReading", "How the numbers of boxes are read; see maskmetrics.evaluate().")
      .def(
          "__init__",
          [](box_reading* self, std::string const& layout, std::optional<std::string> const& units,
             std::string const& dt_layout, std::optional<std::string> const& dt_units, nb::object const& sizes) {
            new (self) box_reading(make_reading(layout, units, dt_layout, dt_units, sizes));
          },
          nb::arg("layout") = "xywh", nb::arg("units") = nb::none(), nb::arg("dt_layout") = "xywh",
          nb::arg("dt_units") = nb::none(), nb::arg("image_sizes") = nb::none())
      .def_prop_ro(
          "results_are_plain", [](box_reading const& self) { return self.results.is_plain(); },
          "Boxes of results are x, y, width, height in pixels.");
}

}  // namespace maskmetrics::python
