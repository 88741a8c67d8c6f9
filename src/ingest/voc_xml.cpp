#include <cmath>
#include <limits>
#include <optional>

#include <fmt/format.h>
#include <pugixml.hpp>

#include <maskmetrics/error.hpp>

#include "ingest/json_text.hpp"
#include "ingest/text_lines.hpp"
#include "ingest/voc_annotations.hpp"

namespace maskmetrics::ingest {

namespace {

/// Reads the elements of one file.
class annotation_reader {
public:
  annotation_reader(byte_source const& source, parity mode) : source_(source), parity_(mode) {}

  [[nodiscard]] voc_image read() {
    pugi::xml_parse_result const parsed = document_.load_buffer(source_.text().data(), source_.size());
    if (!parsed) {
      auto const at = static_cast<std::size_t>(parsed.offset < 0 ? 0 : parsed.offset);
      throw input_error(source_.name(), line_of(source_.text(), at), std::string("is no XML: ") + parsed.description());
    }
    pugi::xml_node const root = document_.document_element();
    if (std::string_view(root.name()) != "annotation") {
      fail(root, "", fmt::format("expected <annotation>, found <{}>", excerpt(root.name())));
    }
    voc_image image;
    if (pugi::xml_node const size = root.child("size")) read_size(size, image);
    for (pugi::xml_node const object : root.children("object")) {
      image.objects.push_back(read_object(object, fmt::format("object {}", image.objects.size())));
    }
    return image;
  }

private:
  /// @param what  the element's part in the file: "object 3 (dog)"; may be empty
  [[noreturn]] void fail(pugi::xml_node node, std::string const& what, std::string const& problem) const {
    throw input_error(source_.name(), place_of(node, what), problem);
  }

  [[nodiscard]] std::string place_of(pugi::xml_node node, std::string const& what) const {
    std::ptrdiff_t const offset = node.offset_debug();
    std::string place = offset < 0 ? std::string() : line_of(source_.text(), static_cast<std::size_t>(offset));
    if (!what.empty()) place += (place.empty() ? "" : ", ") + what;
    return place;
  }

  /// The text of an element; nothing where that is missing.
  static std::optional<std::string_view> text_in(pugi::xml_node parent, char const* name) {
    pugi::xml_node const child = parent.child(name);
    if (!child) return {};
    return trimmed(child.text().get());
  }

  [[nodiscard]] std::string_view required(pugi::xml_node parent, char const* name, std::string const& what) const {
    std::optional<std::string_view> const text = text_in(parent, name);
    if (!text) fail(parent, what, fmt::format("<{}> has no <{}>", parent.name(), name));
    return *text;
  }

  [[nodiscard]] double number_in(pugi::xml_node parent, char const* name, std::string const& what) const {
    std::string_view const text = required(parent, name, what);
    std::optional<double> const value = finite_number(text);
    if (!value) {
      fail(parent.child(name), what, fmt::format("<{}>: expected a finite number, found '{}'", name, excerpt(text)));
    }
    return *value;
  }

  /// A side of the image, 0 where it is missing. One that is not usable matters only where something needs it.
  [[nodiscard]] std::uint32_t side_in(pugi::xml_node size, char const* name, voc_image& image) const {
    std::optional<std::string_view> const text = text_in(size, name);
    if (!text) return 0;
    double const pixels = finite_number(*text).value_or(-1);
    constexpr double most = std::numeric_limits<std::uint32_t>::max();
    if (pixels >= 0 && pixels <= most && pixels == std::floor(pixels)) return static_cast<std::uint32_t>(pixels);
    std::string const found = excerpt(*text);
    if (parity_ == parity::corrected) {
      fail(size.child(name), "", fmt::format("<{}>: expected an integer from 0 to 2^32 - 1, got '{}'", name, found));
    }
    if (image.odd_size.empty()) {
      image.odd_size = fmt::format("<{}> '{}'", name, found);
      image.odd_size_place = place_of(size.child(name), "");
    }
    return 0;
  }

  void read_size(pugi::xml_node size, voc_image& image) const {
    image.height = side_in(size, "height", image);
    image.width = side_in(size, "width", image);
  }

  [[nodiscard]] voc_object read_object(pugi::xml_node object, std::string what) const {
    voc_object read;
    read.class_name = required(object, "name", what);
    if (read.class_name.empty()) fail(object, what, "<name> is empty");
    what += fmt::format(" ({})", excerpt(read.class_name));
    std::string_view const difficult = text_in(object, "difficult").value_or("0");
    if (difficult != "0" && difficult != "1") {
      if (parity_ == parity::corrected) {
        fail(object.child("difficult"), what,
             fmt::format("<difficult>: expected 0 or 1, found '{}'", excerpt(difficult)));
      }
      read.odd_difficult = fmt::format("{}: '{}'", what, excerpt(difficult));
    }
    read.is_difficult = difficult == "1";
    pugi::xml_node const bounds = object.child("bndbox");
    if (!bounds) fail(object, what, "<object> has no <bndbox>");
    double const left = number_in(bounds, "xmin", what);
    double const top = number_in(bounds, "ymin", what);
    double const right = number_in(bounds, "xmax", what);
    double const bottom = number_in(bounds, "ymax", what);
    if (right < left) fail(bounds, what, fmt::format("<xmax> {} is less than <xmin> {}", right, left));
    if (bottom < top) fail(bounds, what, fmt::format("<ymax> {} is less than <ymin> {}", bottom, top));
    read.numbers = {left, top, right, bottom};
    read.place = place_of(bounds, what);
    return read;
  }

  byte_source const& source_;
  parity parity_;
  pugi::xml_document document_;
};

}  // namespace

voc_image read_voc_xml(byte_source const& source, parity mode) {
  return annotation_reader(source, mode).read();
}

}  // namespace maskmetrics::ingest
