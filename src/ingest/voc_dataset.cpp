#include <algorithm>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include <maskmetrics/error.hpp>
#include <maskmetrics/semantics/iou.hpp>

#include "ingest/box_settling.hpp"
#include "ingest/detection_warnings.hpp"
#include "ingest/folder.hpp"
#include "ingest/load_voc.hpp"
#include "ingest/voc_annotations.hpp"
#include "ingest/voc_names.hpp"

namespace maskmetrics::ingest {

namespace {

namespace fs = std::filesystem;

/// The files that a folder's ground truth is in.
std::vector<fs::path> annotation_files(fs::path const& folder) {
  std::vector<fs::path> xml = files_of(folder, ".xml");
  std::vector<fs::path> text = files_of(folder, ".txt");
  if (xml.empty() && text.empty()) {
    throw input_error(folder.string(), "", "has no annotation files, neither .xml nor .txt");
  }
  if (!xml.empty() && !text.empty()) {
    throw input_error(folder.string(), "",
                      fmt::format("has annotations of both kinds, {} and {}; which ones count?",
                                  xml.front().filename().string(), text.front().filename().string()));
  }
  return xml.empty() ? text : xml;
}

voc_image read_annotations(fs::path const& file, box_layout layout_of_text, parity mode) {
  voc_image image;
  if (file.extension() == ".xml") {
    image = read_voc_xml(byte_source::open(file), mode);
  } else if (std::error_code failure; fs::file_size(file, failure) != 0 || failure) {
    // An image without an object has an empty file.
    image = read_voc_text(byte_source::open(file), layout_of_text);
  }
  image.source = file.string();
  image.name = file.stem().string();
  return image;
}

/// Ids of images: the numbers that their names are where all are different ones, else 1, 2, 3, ...
std::vector<std::int64_t> ids_of(std::vector<voc_image> const& images) {
  std::vector<std::int64_t> ids;
  for (voc_image const& each : images) {
    if (auto const id = id_of_name(each.name)) ids.push_back(*id);
  }
  std::set<std::int64_t> const distinct(ids.begin(), ids.end());
  if (distinct.size() == images.size()) return ids;
  ids.resize(images.size());
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<std::int64_t>(i) + 1;
  return ids;
}

/// Puts the images into the order of their ids.
void build_images(std::vector<voc_image>& images, dataset& data) {
  std::vector<std::int64_t> const ids = ids_of(images);
  std::vector<std::pair<std::int64_t, voc_image>> numbered;
  for (std::size_t i = 0; i < images.size(); ++i) numbered.emplace_back(ids[i], std::move(images[i]));
  std::sort(numbered.begin(), numbered.end(), [](auto const& a, auto const& b) { return a.first < b.first; });
  for (std::size_t i = 0; i < images.size(); ++i) {
    auto& [id, image] = numbered[i];
    data.images.ids.push_back(id);
    data.images.heights.push_back(image.height);
    data.images.widths.push_back(image.width);
    data.images.names.push_back(image.name);
    images[i] = std::move(image);
  }
}

/// The classes that have an object, by name, numbered from 1. @returns their rows
std::map<std::string, std::uint32_t> build_categories(std::vector<voc_image> const& images, dataset& data) {
  std::map<std::string, std::uint32_t> rows;
  for (voc_image const& image : images) {
    for (voc_object const& object : image.objects) rows.emplace(object.class_name, 0);
  }
  for (auto& [name, row] : rows) {
    row = static_cast<std::uint32_t>(data.categories.size());
    data.categories.ids.push_back(row + std::int64_t{1});
    data.categories.names.push_back(name);
  }
  return rows;
}

void build_annotations(std::vector<voc_image> const& images, std::map<std::string, std::uint32_t> const& categories,
                       ingest_options const& options, dataset& data) {
  annotation_table& annotations = data.annotations;
  std::vector<std::uint32_t> objects;  // of each annotation, within its image
  for (std::uint32_t i = 0; i < images.size(); ++i) {
    for (std::uint32_t j = 0; j < images[i].objects.size(); ++j) {
      voc_object const& object = images[i].objects[j];
      annotations.ids.push_back(static_cast<std::int64_t>(annotations.ids.size()) + 1);
      annotations.image_indices.push_back(i);
      annotations.category_indices.push_back(categories.at(object.class_name));
      annotations.boxes.push_back(object.numbers);
      annotations.crowd.push_back(0);
      annotations.ignore.push_back(object.is_difficult ? 1 : 0);
      objects.push_back(j);
    }
  }
  box_side side{options.ground_truth_boxes, false, true, false, true, data.source, {}};
  if (!images.empty()) side.is_layout_fixed = fs::path(images.front().source).extension() == ".xml";
  if (side.is_layout_fixed) side.format.layout = box_layout::xyxy;
  side.place_of = [&](std::size_t row) {
    voc_image const& image = images[annotations.image_indices[row]];
    return row_place{image.source, image.objects[objects[row]].place};
  };
  settle_boxes(side, annotations.boxes, annotations.image_indices, data.images, data.warnings);
  for (box const& bounds : annotations.boxes) {
    annotations.areas_px.push_back(semantics::box_area(bounds, options.box_convention));
  }
}

void warn_of_odd_difficult(std::vector<voc_image> const& images, dataset& data) {
  std::uint64_t count = 0;
  std::string place;
  std::string found;
  for (voc_image const& image : images) {
    for (voc_object const& object : image.objects) {
      if (object.odd_difficult.empty() || count++ != 0) continue;
      place = image.name + ".xml";
      found = object.odd_difficult;
    }
  }
  warn_of_difficult(data, count, place, found);
}

/// @param images  in the order of the data set
void note_odd_sizes(std::vector<voc_image> const& images, dataset& data) {
  voc_image const* first = nullptr;
  for (std::uint32_t i = 0; i < images.size(); ++i) {
    if (images[i].odd_size.empty()) continue;
    if (first == nullptr) first = &images[i];
    data.images.size_notes.push_back({i, fmt::format("image '{}' has {}", images[i].name, images[i].odd_size)});
  }
  if (first != nullptr) {
    warn_of_sizes(data, data.images.size_notes.size(), first->source + ": " + first->odd_size_place, first->odd_size);
  }
}

}  // namespace

bool is_voc_ground_truth(fs::path const& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored) || path.extension() == ".xml" || path.extension() == ".txt";
}

dataset read_voc_dataset(context const& ctx, fs::path const& folder, ingest_options const& options) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) {
    throw input_error(
        folder.string(), "",
        "is not a folder; annotations of Pascal VOC are read from the folder that holds one file an image");
  }
  if (options.masks) {
    throw input_error(folder.string(), "",
                      "annotation files of Pascal VOC have boxes alone, no masks; --iou bbox evaluates those");
  }
  if (ctx.progress) ctx.progress("reading ground truth", 0, 0);
  std::vector<voc_image> images = read_each(ctx, annotation_files(folder), [&](fs::path const& file) {
    return read_annotations(file, options.ground_truth_boxes.layout, options.parity);
  });
  dataset data;
  data.source = folder.string();
  build_images(images, data);
  note_odd_sizes(images, data);
  warn_of_odd_difficult(images, data);
  if (options.image_sizes != nullptr) add_sizes(*options.image_sizes, data.images.names, data.images);
  build_annotations(images, build_categories(images, data), options, data);
  return data;
}

}  // namespace maskmetrics::ingest
