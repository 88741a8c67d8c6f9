#include <algorithm>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include <maskmetrics/error.hpp>
#include <maskmetrics/semantics/box_layout.hpp>

#include "ingest/box_settling.hpp"
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

bool has_score_last(ingest_options const& options) {
  return options.score_last.value_or(false);
}

/// Detections of one file.
struct voc_rows {
  std::vector<std::uint32_t> images;
  std::vector<std::uint32_t> categories;
  std::vector<double> scores;
  std::vector<box> boxes;            ///< their numbers as they are
  std::vector<std::uint64_t> lines;  ///< from 1
  tally unknown_classes;
};

/// Fills the rows of files.
class row_reader {
public:
  row_reader(voc_names const& names, ingest_options const& options)
      : names_(names),
        layout_(options.result_boxes.layout),
        box_at_(has_score_last(options) ? 1 : 2),
        score_at_(has_score_last(options) ? 5 : 1),
        names_of_values_(has_score_last(options) ? fmt::format("class {} score", value_names(layout_))
                                                 : fmt::format("class score {}", value_names(layout_))) {}

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
      rows.boxes.push_back(numbers_at(line, 2, box_layout::xyxy));
      rows.lines.push_back(line.number);
    });
  }

  void read_of_image(byte_source const& source, std::string const& name, voc_rows& rows) const {
    read_lines(source, names_of_values_, [&](text_line const& line) {
      rows.images.push_back(image_at(line, name));
      add_class(line, line.values[0], rows);
      rows.scores.push_back(line.number_at(score_at_, "score"));
      rows.boxes.push_back(numbers_at(line, box_at_, layout_));
      rows.lines.push_back(line.number);
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
  box_layout layout_;
  std::size_t box_at_;
  std::size_t score_at_;
  std::string names_of_values_;
};

/// Lines whose score and box may be the other way round.
class score_order {
public:
  score_order(detections const& results, image_table const& images, ingest_options const& options)
      : results_(results), images_(images), format_(options.result_boxes), score_last_(has_score_last(options)) {}

  /// Read as they are, scores are no probabilities or boxes mostly leave their images; the other way round all are
  /// fine.
  [[nodiscard]] bool looks_wrong() const {
    std::size_t num_wrong = 0;
    for (std::size_t row = 0; row < results_.size(); ++row) {
      line_values const now{results_.scores[row], results_.boxes[row]};
      if (!fits(row, other_way(now))) return false;
      num_wrong += fits(row, now) ? 0U : 1U;
    }
    return 2 * num_wrong > results_.size();
  }

private:
  struct line_values {
    double score;
    box numbers;
  };

  [[nodiscard]] line_values other_way(line_values const& now) const {
    box const& b = now.numbers;
    if (score_last_) return {b.x, {b.y, b.width, b.height, now.score}};
    return {b.height, {now.score, b.x, b.y, b.width}};
  }

  [[nodiscard]] bool fits(std::size_t row, line_values const& line) const {
    if (!(line.score >= 0 && line.score <= 1)) return false;
    std::uint32_t const image = results_.image_indices[row];
    double const width = images_.widths[image];
    double const height = images_.heights[image];
    box const numbers = format_.is_relative() ? semantics::in_pixels(line.numbers, width, height) : line.numbers;
    box const bounds = semantics::box_of(numbers, format_.layout);
    if (bounds.width < 0 || bounds.height < 0) return false;
    return width == 0 || height == 0 || !semantics::leaves_image(bounds, width, height);
  }

  detections const& results_;
  image_table const& images_;
  box_format format_;
  bool score_last_;
};

/// Detections of all files, and where each of them is.
class voc_results {
public:
  voc_results(fs::path const& path, std::vector<fs::path> const& files, std::vector<voc_rows> const& parts)
      : files_(files) {
    results_.source = path.string();
    for (voc_rows const& part : parts) {
      begin_.push_back(lines_.size());
      append(results_.image_indices, part.images);
      append(results_.category_indices, part.categories);
      append(results_.scores, part.scores);
      append(results_.boxes, part.boxes);
      append(lines_, part.lines);
      unknown_.append(part.unknown_classes, 0);
    }
  }

  /// Boxes in pixels, and what looks wrong.
  [[nodiscard]] detections settle(dataset const& ground_truth, ingest_options const& options) {
    std::vector<warning>& warnings = results_.warnings;
    if (results_.size() == 0) add_warning(warnings, "no_detections", 1, results_.source + " has no results");
    add_warning(
        warnings, "unknown_category", unknown_.count,
        fmt::format("results of classes that the ground truth does not have are never evaluated; the first is {}",
                    unknown_.what));
    box_side side{options.result_boxes, true, true, class_of(files_.front()).has_value(), true, results_.source, {}};
    side.place_of = [&](std::size_t row) { return place_of(row); };
    if (side.is_layout_fixed) {
      side.format.layout = box_layout::xyxy;
    } else if (score_order(results_, ground_truth.images, options).looks_wrong()) {
      row_place const first = place_of(0);
      add_warning(warnings, "score_order", results_.size(),
                  fmt::format("lines of {} look as if the score was the {} number and not the {}; --dt-score {} reads "
                              "that; the first is {} of {}",
                              results_.source, has_score_last(options) ? "first" : "last",
                              has_score_last(options) ? "last" : "first", has_score_last(options) ? "first" : "last",
                              first.place, first.source));
    }
    settle_boxes(side, results_.boxes, results_.image_indices, ground_truth.images, warnings);
    check_scores(results_.scores, side.place_of, warnings);
    measure_boxes(results_, options.box_convention);
    return std::move(results_);
  }

private:
  [[nodiscard]] row_place place_of(std::size_t row) const {
    auto const file = std::upper_bound(begin_.begin(), begin_.end(), row) - begin_.begin() - 1;
    return {files_[static_cast<std::size_t>(file)].string(), fmt::format("line {}", lines_[row])};
  }

  std::vector<fs::path> const& files_;
  std::vector<std::size_t> begin_;  // of each file
  std::vector<std::uint64_t> lines_;
  tally unknown_;
  detections results_;
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
  row_reader const reader(names, options);
  std::vector<fs::path> const files = result_files(path);
  if (options.result_boxes.is_relative() && !options.score_last && !class_of(files.front())) {
    throw input_error(path.string(), "",
                      "lines of relative boxes have the score before the box (Padilla et al.) or behind it (YOLO), and "
                      "nothing tells which; --dt-score first or --dt-score last does");
  }
  std::vector<voc_rows> const parts = read_each(ctx, files, [&](fs::path const& file) { return reader.read(file); });
  return voc_results(path, files, parts).settle(ground_truth, options);
}

}  // namespace maskmetrics::ingest
