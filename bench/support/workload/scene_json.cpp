#include "workload/scene_json.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

#include <maskmetrics/geometry.hpp>

namespace maskmetrics::workload {
namespace {

template <class Integer>
void append_integer(std::string& json, Integer value) {
  std::array<char, 24> digits;
  char const* const end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  json.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

/// Appends ,"key": with the comma, since every object here starts with another key.
void append_key(std::string& json, std::string_view key) {
  json += ",\"";
  json += key;
  json += "\":";
}

/// No name here needs an escape but those that hold a backslash: run-length strings.
void append_text(std::string& json, std::string_view text) {
  json += '"';
  for (char const byte : text) {
    if (byte == '\\') json += '\\';
    json += byte;
  }
  json += '"';
}

template <class Range, class Append>
void append_list(std::string& json, Range const& elements, Append const& append) {
  json += '[';
  bool first = true;
  for (auto const& element : elements) {
    if (!first) json += ',';
    first = false;
    append(element);
  }
  json += ']';
}

void append_ids(std::string& json, std::vector<std::int64_t> const& ids) {
  append_list(json, ids, [&](std::int64_t id) { append_integer(json, id); });
}

void append_box(std::string& json, box const& value) {
  double const values[] = {value.x, value.y, value.width, value.height};
  append_list(json, values, [&](double one) { append_number(json, one, 2); });
}

void append_size(std::string& json, image_description const& image) {
  std::uint32_t const values[] = {image.height, image.width};
  append_list(json, values, [&](std::uint32_t one) { append_integer(json, one); });
}

void append_polygon(std::string& json, polygon const& shape) {
  append_list(json, shape, [&](std::vector<double> const& corners) {
    append_list(json, corners, [&](double value) { append_number(json, value, 2); });
  });
}

/// Run lengths, background first, as COCO stores crowds.
void append_counts(std::string& json, polygon const& shape, image_description const& image) {
  std::vector<std::uint32_t> counts;
  std::uint32_t done = 0;
  for (interval const& run : rasterize(shape, image.height, image.width).intervals) {
    counts.push_back(run.begin - done);
    counts.push_back(run.end - run.begin);
    done = run.end;
  }
  counts.push_back(image.height * image.width - done);
  json += "{\"counts\":";
  append_list(json, counts, [&](std::uint32_t count) { append_integer(json, count); });
  append_key(json, "size");
  append_size(json, image);
  json += '}';
}

void append_annotation(std::string& json, flavour kind, image_description const& image, object const& one) {
  json += "{\"id\":";
  append_integer(json, one.id);
  append_key(json, "image_id");
  append_integer(json, image.id);
  append_key(json, "category_id");
  append_integer(json, one.category_id);
  append_key(json, "segmentation");
  if (one.crowd) {
    append_counts(json, one.shape, image);
  } else {
    append_polygon(json, one.shape);
  }
  append_key(json, "area");
  append_number(json, one.area_px, 2);
  append_key(json, "bbox");
  append_box(json, one.bounds);
  if (kind == flavour::coco) {
    append_key(json, "iscrowd");
    json += one.crowd ? '1' : '0';
  }
  json += '}';
}

void append_result(std::string& json, result_fields fields, image_description const& image, detection const& one) {
  json += "{\"image_id\":";
  append_integer(json, image.id);
  append_key(json, "category_id");
  append_integer(json, one.category_id);
  if (fields != result_fields::segm) {
    append_key(json, "bbox");
    append_box(json, one.bounds);
  }
  if (fields != result_fields::bbox) {
    append_key(json, "segmentation");
    json += "{\"size\":";
    append_size(json, image);
    append_key(json, "counts");
    append_text(json, encode_text(rasterize(one.shape, image.height, image.width)));
    json += '}';
  }
  append_key(json, "score");
  append_number(json, one.score, 4);
  json += '}';
}

template <class Elements, class Append>
void append_sequence(std::string& json, Elements const& elements, Append const& append) {
  bool first = true;
  for (auto const& element : elements) {
    if (!first) json += ",\n";
    first = false;
    append(element);
  }
}

}  // namespace

void append_number(std::string& json, double value, unsigned decimals) {
  std::uint64_t unit = 1;
  for (unsigned i = 0; i < decimals; ++i) unit *= 10;
  auto const scaled = static_cast<std::uint64_t>(std::floor(value * static_cast<double>(unit) + 0.5));
  append_integer(json, scaled / unit);
  json += '.';
  std::uint64_t rest = scaled % unit;
  do {
    unit /= 10;
    json += static_cast<char>('0' + rest / unit);
    rest %= unit;
  } while (rest != 0);
}

void append_image(std::string& json, flavour kind, scene const& one) {
  json += "{\"id\":";
  append_integer(json, one.image.id);
  append_key(json, "width");
  append_integer(json, one.image.width);
  append_key(json, "height");
  append_integer(json, one.image.height);
  append_key(json, "file_name");
  std::string const digits = std::to_string(one.image.id);
  append_text(json, std::string(digits.size() < 12 ? 12 - digits.size() : 0, '0') + digits + ".jpg");
  if (kind == flavour::lvis) {
    append_key(json, "neg_category_ids");
    append_ids(json, one.image.neg_category_ids);
    append_key(json, "not_exhaustive_category_ids");
    append_ids(json, one.image.not_exhaustive_category_ids);
  }
  json += '}';
}

void append_annotations(std::string& json, flavour kind, scene const& one) {
  append_sequence(json, one.objects, [&](object const& element) { append_annotation(json, kind, one.image, element); });
}

void append_results(std::string& json, result_fields fields, scene const& one) {
  append_sequence(json, one.detections,
                  [&](detection const& element) { append_result(json, fields, one.image, element); });
}

void append_categories(std::string& json, flavour kind) {
  append_sequence(json, categories_of(kind), [&](category const& one) {
    json += "{\"id\":";
    append_integer(json, one.id);
    append_key(json, "name");
    append_text(json, one.name);
    if (kind == flavour::coco) {
      append_key(json, "supercategory");
      append_text(json, one.supercategory);
    } else {
      append_key(json, "frequency");
      append_text(json, std::string_view(&one.frequency, 1));
      append_key(json, "image_count");
      append_integer(json, one.image_count);
      append_key(json, "instance_count");
      append_integer(json, one.instance_count);
    }
    json += '}';
  });
}

}  // namespace maskmetrics::workload
