#include <algorithm>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include <maskmetrics/error.hpp>
#include <maskmetrics/semantics/iou.hpp>

#include "ingest/columns.hpp"
#include "ingest/element_reader.hpp"
#include "ingest/folder.hpp"
#include "ingest/json_text.hpp"
#include "ingest/load_voc.hpp"
#include "ingest/text_lines.hpp"
#include "ingest/voc_names.hpp"
#include "ingest/voc_text.hpp"

namespace maskmetrics::ingest {

namespace {

namespace fs = std::filesystem;

/// The class of a file that is called as VOCdevkit calls results: comp4_det_test_person.txt.
std::optional<std::string> class_of(fs::path const& file) {
  std::string const name = file.filename().string();
  std::string_view rest = name;
  constexpr std::string_view start = "comp";
  constexpr std::string_view middle = "_det_";
  constexpr std::string_view ending = ".txt";
  if (!rest.starts_with(start) || !rest.ends_with(ending)) return {};
  rest.remove_prefix(start.size());
  rest.remove_suffix(ending.size());
  std::size_t const digits = rest.find_first_not_of("0123456789");
  if (digits == 0 || digits == std::string_view::npos || !rest.substr(digits).starts_with(middle)) return {};
  rest.remove_prefix(digits + middle.size());
  std::size_t const set_end = rest.find('_');
  if (set_end == 0 || set_end == std::string_view::npos || set_end + 1 == rest.size()) return {};
  return std::string(rest.substr(set_end + 1));
}

/// Detections of one file.
struct voc_rows {
  std::vector<std::uint32_t> images;
  std::vector<std::uint32_t> categories;
  std::vector<double> scores;
  std::vector<box> boxes;
  tally unknown_classes;
};

/// Fills the rows of files.
class row_reader {
public:
  explicit row_reader(voc_names const& names) : names_(names) {}

  [[nodiscard]] voc_rows read(fs::path const& file) const {
    std::optional<std::string> const of_class = class_of(file);
    voc_rows rows;
    std::error_code failure;
    if (fs::file_size(file, failure) == 0 && !failure) return rows;
    byte_source const source = byte_source::open(file);
    if (of_class) {
      read_of_class(source, *of_class, rows);
    } else {
      read_of_image(source, file.stem().string(), rows);
    }
    return rows;
  }

private:
  void read_of_class(byte_source const& source, std::string const& name, voc_rows& rows) const {
    read_lines(source, "image score x1 y1 x2 y2", [&](text_line const& line) {
      rows.images.push_back(image_at(line, line.values[0]));
      add_class(line, name, rows);
      rows.scores.push_back(line.number_at(1, "score"));
      rows.boxes.push_back(box_between(line, 2));
    });
  }

  void read_of_image(byte_source const& source, std::string const& name, voc_rows& rows) const {
    read_lines(source, "class score x y width height", [&](text_line const& line) {
      rows.images.push_back(image_at(line, name));
      add_class(line, line.values[0], rows);
      rows.scores.push_back(line.number_at(1, "score"));
      rows.boxes.push_back(box_at(line, 2));
    });
  }

  [[nodiscard]] std::uint32_t image_at(text_line const& line, std::string_view name) const {
    std::uint32_t const image = names_.image(name);
    if (image == no_index) line.fail(fmt::format("the ground truth has no image '{}'", excerpt(name)));
    return image;
  }

  void add_class(text_line const& line, std::string_view name, voc_rows& rows) const {
    std::uint32_t const category = names_.category(name);
    if (category == no_index) {
      rows.unknown_classes.add(line.number, fmt::format("{}, line {}: class '{}'", line.source, line.number, name));
    }
    rows.categories.push_back(category);
  }

  voc_names const& names_;
};

/// The files that results are in, by name.
std::vector<fs::path> result_files(fs::path const& path) {
  std::error_code failure;
  if (!fs::is_directory(path, failure)) {
    if (class_of(path)) return {path};
    throw input_error(path.string(), "",
                      "tells no class by its name, as comp4_det_<set>_<class>.txt does; detections by image are read "
                      "from the folder that holds one file an image");
  }
  std::vector<fs::path> files = files_of(path, ".txt");
  if (files.empty()) throw input_error(path.string(), "", "has no results, which are .txt files");
  auto const of_class = [](fs::path const& file) { return class_of(file).has_value(); };
  auto const first_of_image = std::find_if_not(files.begin(), files.end(), of_class);
  auto const first_of_class = std::find_if(files.begin(), files.end(), of_class);
  if (first_of_image != files.end() && first_of_class != files.end()) {
    throw input_error(path.string(), "",
                      fmt::format("has results by class ({}) and by image ({}); which ones count?",
                                  first_of_class->filename().string(), first_of_image->filename().string()));
  }
  return files;
}

}  // namespace

bool is_voc_results(fs::path const& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored) || path.extension() == ".txt";
}

detections read_voc_detections(context const& ctx, fs::path const& path, dataset const& ground_truth,
                               ingest_options const& options) {
  if (options.masks) {
    throw input_error(path.string(), "",
                      "result files of Pascal VOC have boxes alone, no masks; --iou bbox evaluates those");
  }
  if (ctx.progress) ctx.progress("reading results", 0, 0);
  voc_names const names(ground_truth);
  row_reader const reader(names);
  std::vector<voc_rows> const parts =
      read_each(ctx, result_files(path), [&](fs::path const& file) { return reader.read(file); });
  detections results;
  results.source = path.string();
  tally unknown;
  for (voc_rows const& part : parts) {
    append(results.image_indices, part.images);
    append(results.category_indices, part.categories);
    append(results.scores, part.scores);
    append(results.boxes, part.boxes);
    unknown.append(part.unknown_classes, 0);
  }
  for (box const& each : results.boxes) {
    results.areas_px.push_back(semantics::box_area(each, options.box_convention));
  }
  if (results.size() == 0) add_warning(results.warnings, "no_detections", 1, results.source + " has no results");
  add_warning(results.warnings, "unknown_category", unknown.count,
              fmt::format("results of classes that the ground truth does not have are never evaluated; the first is {}",
                          unknown.what));
  return results;
}

}  // namespace maskmetrics::ingest
