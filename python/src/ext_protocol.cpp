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

/// A property that reads and writes an enumerator as its word.
template <class Class, class Enum, std::size_t Size>
void bind_word(Class& type, char const* name, Enum protocol::*member, word<Enum> const (&words)[Size],
               char const* doc) {
  type.def_prop_rw(
      name, [member, &words](protocol const& self) { return word_of(self.*member, words); },
      [member, &words, name](protocol& self, std::string const& text) { self.*member = value_of(text, words, name); },
      doc);
}

using range_tuple = std::tuple<std::string, double, double>;

std::vector<range_tuple> ranges_of(protocol const& self) {
  std::vector<range_tuple> ranges;
  for (area_range const& range : self.area_ranges) ranges.emplace_back(range.label, range.low_px, range.high_px);
  return ranges;
}

void set_ranges(protocol& self, std::vector<range_tuple> const& ranges) {
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
          [](protocol* self, std::string const& name, std::string const& iou) {
            new (self) protocol(make_protocol(name, iou));
          },
          nb::arg("name") = "coco", nb::arg("iou") = "segm")
      .def_rw("dilation_ratio", &protocol::boundary_dilation_ratio,
              "Width of the boundary, part of the image's diagonal; for iou \"boundary\".")
      .def_rw("iou_thresholds", &protocol::iou_thresholds, "[T], any order")
      .def_rw("recall_thresholds", &protocol::recall_thresholds, "[R], ascending")
      .def_prop_rw("area_ranges", &ranges_of, &set_ranges,
                   "[A] (label, low, high), both ends included; an empty label gets the usual one.")
      .def_rw("max_dets", &protocol::max_dets, "[M] caps on the detections of an image")
      .def_rw("max_dets_per_category", &protocol::max_dets_per_category,
              "Detections kept of each category over all images; 0: all.")
      .def_rw("recall_curve", &protocol::recall_curve, "[N] further caps at which only recall is wanted")
      .def_rw("use_categories", &protocol::use_categories, "False: all categories are one.")
      .def_rw("image_ids", &protocol::image_ids, "Subset of images, or None for all")
      .def_rw("category_ids", &protocol::category_ids, "Subset of categories, or None for all")
      .def("validate", &protocol::validate, "Checks every field and sorts max_dets and recall_curve.")
      .def("__copy__", [](protocol const& self) { return self; })
      .def("__deepcopy__", &copy_protocol, nb::arg("memo"));
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
