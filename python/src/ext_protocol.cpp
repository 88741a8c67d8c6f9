// Protocols and what they are made of.
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <maskmetrics/error.hpp>
#include <maskmetrics/protocol.hpp>

#include "ext_bindings.hpp"
#include "ext_errors.hpp"
#include "ext_values.hpp"

namespace maskmetrics::python {

namespace {

/// A value that Python names by a word.
template <class Enum>
struct word {
  char const* text;
  Enum value;
};

constexpr word<iou_type> iou_words[] = {
    {"bbox", iou_type::bbox}, {"segm", iou_type::segm}, {"boundary", iou_type::boundary}};
constexpr word<cap_scope> cap_words[] = {{"category", cap_scope::category}, {"image", cap_scope::image}};
constexpr word<area_unit> unit_words[] = {{"pixels", area_unit::pixels}, {"relative", area_unit::relative}};
constexpr word<parity> parity_words[] = {{"strict", parity::strict}, {"corrected", parity::corrected}};
constexpr word<rule_set> rule_words[] = {{"coco", rule_set::coco}, {"lvis", rule_set::lvis}};

template <class Enum, std::size_t Size>
Enum value_of(std::string const& text, word<Enum> const (&words)[Size], char const* what) {
  std::string known;
  for (word<Enum> const& each : words) {
    if (text == each.text) return each.value;
    known += (known.empty() ? "" : ", ") + std::string(each.text);
  }
  throw protocol_error(std::string(what) + ": '" + text + "' is not known; known are " + known);
}

template <class Enum, std::size_t Size>
std::string word_of(Enum value, word<Enum> const (&words)[Size]) {
  for (word<Enum> const& each : words) {
    if (value == each.value) return each.text;
  }
  return {};
}

/// @throws protocol_type_fault for a value of another type
template <class T>
T value_from(nb::handle value, char const* field, char const* expected) {
  T found{};
  if (nb::try_cast(value, found)) return found;
  PyErr_Clear();
  throw protocol_type_fault{field, std::string("expected ") + expected + ", got " + describe(value)};
}

/// A property that reads and writes a field.
/// @param expected  the values it takes, for messages
template <class Class, class T>
void bind_field(Class& type, char const* name, T protocol::*member, char const* expected, char const* doc) {
  type.def_prop_rw(
      name, [member](protocol const& self) { return self.*member; },
      [member, name, expected](protocol& self, nb::object const& value) {
        self.*member = value_from<T>(value, name, expected);
      },
      nb::for_setter(nb::arg("value").none()), doc);
}

/// A property that reads and writes an enumerator as its word.
template <class Class, class Enum, std::size_t Size>
void bind_word(Class& type, char const* name, Enum protocol::*member, word<Enum> const (&words)[Size],
               char const* doc) {
  type.def_prop_rw(
      name, [member, &words](protocol const& self) { return word_of(self.*member, words); },
      [member, &words, name](protocol& self, nb::object const& value) {
        self.*member = value_of(value_from<std::string>(value, name, "a string"), words, name);
      },
      nb::for_setter(nb::arg("value").none()), doc);
}

using range_tuple = std::tuple<std::string, double, double>;

std::vector<range_tuple> ranges_of(protocol const& self) {
  std::vector<range_tuple> ranges;
  for (area_range const& range : self.area_ranges) ranges.emplace_back(range.label, range.low_px, range.high_px);
  return ranges;
}

void set_ranges(protocol& self, nb::object const& value) {
  auto const ranges = value_from<std::vector<range_tuple>>(value, "area_ranges",
                                                           "a list of (label, low, high), a string and two numbers");
  self.area_ranges.clear();
  for (auto const& [label, low, high] : ranges) self.area_ranges.push_back({label, low, high});
  self.area_ranges = label_area_ranges(self.area_ranges);
}

protocol make_protocol(std::string const& name, std::string const& iou) {
  iou_type const type = value_of(iou, iou_words, "iou");
  if (name == "coco") return protocol::coco(type);
  if (name == "lvis") return protocol::lvis(type);
  if (name == "lvis-fixed") return protocol::lvis_fixed(type);
  throw protocol_error("protocol: '" + name + "' is not known; known are coco, lvis, lvis-fixed");
}

protocol copy_protocol(protocol const& self, nb::handle /*memo*/) {
  return self;
}

}  // namespace

void bind_protocol(nb::module_& module) {
  nb::class_<protocol> type(module, "Protocol",
                            R"(Everything that decides the numbers of an evaluation, and nothing that does not.

Protocol(name, iou): name is "coco", "lvis" or "lvis-fixed"; iou is "bbox", "segm" or "boundary".)");
  type.def(
          "__init__",
          [](protocol* self, nb::object const& name, nb::object const& iou) {
            auto const named = value_from<std::string>(name, "name", "a string");
            new (self) protocol(make_protocol(named, value_from<std::string>(iou, "iou", "a string")));
          },
          nb::arg("name").none() = "coco", nb::arg("iou").none() = "segm")
      .def_prop_rw("area_ranges", &ranges_of, &set_ranges, nb::for_setter(nb::arg("value").none()),
                   "[A] (label, low, high), both ends included; an empty label gets the usual one.")
      .def("validate", &protocol::validate, "Checks every field and sorts max_dets and recall_curve.")
      .def("__copy__", [](protocol const& self) { return self; })
      .def("__deepcopy__", &copy_protocol, nb::arg("memo"));
  constexpr char const* integers = "a list of integers from 0 to 2^32 - 1";
  constexpr char const* ids = "a list of integers of 64 bits, or None";
  bind_field(type, "dilation_ratio", &protocol::boundary_dilation_ratio, "a number",
             "Width of the boundary, part of the image's diagonal; for iou \"boundary\".");
  bind_field(type, "iou_thresholds", &protocol::iou_thresholds, "a list of numbers", "[T], any order");
  bind_field(type, "recall_thresholds", &protocol::recall_thresholds, "a list of numbers", "[R], ascending");
  bind_field(type, "max_dets", &protocol::max_dets, integers, "[M] caps on the detections of an image");
  bind_field(type, "max_dets_per_category", &protocol::max_dets_per_category, "an integer from 0 to 2^32 - 1",
             "Detections kept of each category over all images; 0: all.");
  bind_field(type, "recall_curve", &protocol::recall_curve, integers,
             "[N] further caps at which only recall is wanted");
  bind_field(type, "use_categories", &protocol::use_categories, "True or False", "False: all categories are one.");
  bind_field(type, "image_ids", &protocol::image_ids, ids, "Subset of images, or None for all");
  bind_field(type, "category_ids", &protocol::category_ids, ids, "Subset of categories, or None for all");
  bind_word(type, "iou", &protocol::iou, iou_words, "\"bbox\", \"segm\" or \"boundary\"");
  bind_word(type, "rules", &protocol::rules, rule_words, "\"coco\" or \"lvis\"");
  bind_word(type, "cap", &protocol::cap, cap_words, "What max_dets counts together: \"category\" or \"image\"");
  bind_word(type, "area_unit", &protocol::area_unit, unit_words,
            "\"pixels\", or \"relative\": sqrt(area / area of the image)");
  bind_word(type, "parity", &protocol::parity, parity_words,
            "\"strict\": the reference to the last bit; \"corrected\": without its faults");
  type.attr("all_detections") = all_detections;
}

}  // namespace maskmetrics::python
