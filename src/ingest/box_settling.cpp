#include "ingest/box_settling.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <unordered_map>

#include <fmt/format.h>

#include <maskmetrics/error.hpp>
#include <maskmetrics/semantics/box_layout.hpp>
#include <maskmetrics/semantics/iou.hpp>
#include <maskmetrics/semantics/ranking.hpp>
#include <maskmetrics/tables.hpp>

#include "ingest/array_reader.hpp"

namespace maskmetrics::ingest {

namespace {

bool is_whole(double number) {
  return number == std::floor(number);
}

/// How often something was met, and where first.
struct counted {
  std::size_t count = 0;
  std::size_t first = 0;

  void add(std::size_t row) {
    if (count++ == 0) first = row;
  }
};

char const* name_of(box_layout layout) {
  return layout == box_layout::xywh ? "xywh" : layout == box_layout::xyxy ? "xyxy" : "cxcywh";
}

bool has_known_size(std::uint32_t image, image_table const& images) {
  return image != no_index && images.heights[image] != 0 && images.widths[image] != 0;
}

void require_sizes(box_side const& side, std::vector<std::uint32_t> const& image_indices, image_table const& images) {
  for (std::size_t row = 0; row < image_indices.size(); ++row) {
    std::uint32_t const image = image_indices[row];
    if (image == no_index || has_known_size(image, images)) continue;
    std::string const name =
        images.names.empty() ? fmt::format("{}", images.ids[image]) : "'" + images.names[image] + "'";
    row_place const found = side.place_of(row);
    throw input_error(found.source, found.place,
                      fmt::format("relative boxes need the size of their image, and that of image {} is not known; "
                                  "--image-sizes FILE or FOLDER (image_sizes in Python) gives sizes",
                                  name));
  }
}

/// "--dt-box-units"
std::string option_of(box_side const& side, char const* name) {
  return fmt::format("--{}box-{}", side.of_results ? "dt-" : "", name);
}

/// "result_boxes_look_relative"
std::string code_of(box_side const& side, char const* what) {
  return fmt::format("{}_boxes_{}", side.of_results ? "result" : "ground_truth", what);
}

std::string place_in(box_side const& side, std::size_t row) {
  row_place const found = side.place_of(row);
  return found.place + " of " + found.source;
}

/// Looks at boxes as they were read, then converts them.
class settling {
public:
  settling(box_side const& side, std::vector<box>& boxes, std::vector<std::uint32_t> const& image_indices,
           image_table const& images, std::vector<warning>& warnings)
      : side_(side), boxes_(boxes), image_indices_(image_indices), images_(images), warnings_(warnings) {}

  void settle() {
    if (boxes_.empty()) return;
    if (side_.format.is_relative()) require_sizes(side_, image_indices_, images_);
    if (side_.is_compared) look();
    convert();
  }

private:
  void look() {
    if (!side_.format.is_relative() && look_relative()) {
      if (!side_.format.units) say_relative();
      return;
    }
    look_for_swapped_corners();
    look_at_layout();
  }

  [[nodiscard]] bool has_size(std::size_t row) const { return has_known_size(image_indices_[row], images_); }

  /// All numbers are within [0, 1], and not only because a few tiny boxes begin in the corner of their image.
  [[nodiscard]] bool look_relative() const {
    return std::all_of(boxes_.begin(), boxes_.end(), semantics::is_within_one) &&
           std::any_of(boxes_.begin(), boxes_.end(), [](box const& b) {
             return !is_whole(b.x) || !is_whole(b.y) || !is_whole(b.width) || !is_whole(b.height);
           });
  }

  void say_relative() {
    if (side_.is_voc) {
      row_place const first = side_.place_of(0);
      throw input_error(first.source, first.place,
                        fmt::format("all coordinates are between 0 and 1: these look like parts of the image; boxes "
                                    "must be in pixels; {} relative converts them{}",
                                    option_of(side_, "units"),
                                    side_.is_layout_fixed ? std::string()
                                                          : fmt::format(", and {} cxcywh reads centers, as YOLO writes "
                                                                        "them",
                                                                        option_of(side_, "layout"))));
    }
    add_warning(warnings_, code_of(side_, "look_relative"), boxes_.size(),
                fmt::format("all {} boxes of {} are within [0, 1]; boxes are in pixels; relative coordinates are not "
                            "converted unless {} relative says so; the first is {}",
                            boxes_.size(), side_.source, option_of(side_, "units"), place_in(side_, 0)));
  }

  /// The box that a row's numbers would be in a layout.
  [[nodiscard]] box read_as(std::size_t row, box_layout layout) const {
    box numbers = boxes_[row];
    if (side_.format.is_relative() && image_indices_[row] != no_index) {
      std::uint32_t const image = image_indices_[row];
      numbers = semantics::in_pixels(numbers, images_.widths[image], images_.heights[image]);
    }
    return semantics::box_of(numbers, layout);
  }

  /// Boxes that leave images of known size.
  [[nodiscard]] counted outside(box_layout layout) const {
    counted found;
    for (std::size_t row = 0; row < boxes_.size(); ++row) {
      if (!has_size(row)) continue;
      std::uint32_t const image = image_indices_[row];
      if (semantics::leaves_image(read_as(row, layout), images_.widths[image], images_.heights[image])) found.add(row);
    }
    return found;
  }

  /// Every third number is above the first, every fourth above the second. Of two boxes or more that is what corners
  /// are, and seldom what sizes are.
  [[nodiscard]] bool could_be_corners() const {
    return boxes_.size() > 1 &&
           std::all_of(boxes_.begin(), boxes_.end(), [](box const& b) { return b.width > b.x && b.height > b.y; });
  }

  /// As corners, two boxes of some image would be apart. As sizes, one of them would be a small one near the origin,
  /// and the other a large one that begins beyond it.
  [[nodiscard]] bool would_be_apart() const {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    struct extremes {
      double least[2] = {infinity, infinity};   // third and fourth numbers
      double most[2] = {-infinity, -infinity};  // first and second ones
    };
    std::unordered_map<std::uint32_t, extremes> of_image;
    for (std::size_t row = 0; row < boxes_.size(); ++row) {
      box const& b = boxes_[row];
      extremes& found = of_image[image_indices_[row]];
      found.least[0] = std::min(found.least[0], b.width);
      found.least[1] = std::min(found.least[1], b.height);
      found.most[0] = std::max(found.most[0], b.x);
      found.most[1] = std::max(found.most[1], b.y);
    }
    return std::any_of(of_image.begin(), of_image.end(), [](auto const& each) {
      return each.second.most[0] > each.second.least[0] || each.second.most[1] > each.second.least[1];
    });
  }

  void look_at_layout() {
    counted const out = outside(side_.format.layout);
    std::size_t num_sized = 0;
    for (std::size_t row = 0; row < boxes_.size(); ++row) num_sized += has_size(row) ? 1U : 0U;
    if (side_.format.layout == box_layout::xywh && !side_.is_layout_fixed && could_be_corners()) {
      bool const corners_fit = outside(box_layout::xyxy).count == 0;
      bool const sizes_do_not = num_sized == 0 ? would_be_apart() : out.count != 0;
      if (corners_fit && sizes_do_not) return say_corners(out);
    }
    if (2 * out.count > num_sized) say_outside(out, num_sized);
  }

  /// Sizes that were called corners.
  void look_for_swapped_corners() {
    if (side_.format.layout != box_layout::xyxy) return;
    counted swapped;
    for (std::size_t row = 0; row < boxes_.size(); ++row) {
      if (boxes_[row].width < boxes_[row].x || boxes_[row].height < boxes_[row].y) swapped.add(row);
    }
    if (swapped.count == 0) return;
    add_warning(warnings_, code_of(side_, "upside_down"), swapped.count,
                fmt::format("corners that have their right on the left or their bottom on the top; the first is {}",
                            place_in(side_, swapped.first)));
  }

  void say_corners(counted const& out) {
    add_warning(warnings_, code_of(side_, "look_like_corners"), boxes_.size(),
                fmt::format("all {} boxes of {} have a third number above the first and a fourth above the second{}: "
                            "they look like corners, and were read as x y width height; {} xyxy reads corners; the "
                            "first is {}",
                            boxes_.size(), side_.source,
                            out.count == 0 ? "" : fmt::format(", and {} would leave their images", out.count),
                            option_of(side_, "layout"), place_in(side_, out.first)));
  }

  void say_outside(counted const& out, std::size_t num_sized) {
    std::string hint;
    for (box_layout const other : {box_layout::xyxy, box_layout::cxcywh, box_layout::xywh}) {
      if (other == side_.format.layout || side_.is_layout_fixed || !hint.empty()) continue;
      if (is_possible(other) && outside(other).count == 0) {
        hint = fmt::format("; {} {} would fit all of them", option_of(side_, "layout"), name_of(other));
      }
    }
    if (hint.empty() && side_.format.is_relative()) hint = "; are they in pixels?";
    add_warning(warnings_, code_of(side_, "leave_images"), out.count,
                fmt::format("{} of {} boxes of {} leave their images; the first is {}{}", out.count, num_sized,
                            side_.source, place_in(side_, out.first), hint));
  }

  /// No side would be negative.
  [[nodiscard]] bool is_possible(box_layout layout) const {
    return std::all_of(boxes_.begin(), boxes_.end(), [&](box const& numbers) {
      box const b = semantics::box_of(numbers, layout);
      return b.width >= 0 && b.height >= 0;
    });
  }

  void convert() {
    if (side_.format.is_plain()) return;
    for (std::size_t row = 0; row < boxes_.size(); ++row) boxes_[row] = read_as(row, side_.format.layout);
  }

  box_side const& side_;
  std::vector<box>& boxes_;
  std::vector<std::uint32_t> const& image_indices_;
  image_table const& images_;
  std::vector<warning>& warnings_;
};

/// Boxes that are not compared look relative where none has an area above 1.
void look_at_areas(box_side const& side, detections const& results, std::vector<warning>& warnings) {
  bool any_part = false;
  bool const has_boxes = !results.boxes.empty();
  std::size_t const num_areas = has_boxes ? results.boxes.size() : results.areas_px.size();
  for (std::size_t row = 0; row < num_areas; ++row) {
    double const area = has_boxes ? results.boxes[row].width * results.boxes[row].height : results.areas_px[row];
    if (!(area >= 0 && area <= 1)) return;
    any_part = any_part || (area > 0 && area < 1);
  }
  if (!any_part) return;
  add_warning(warnings, code_of(side, "look_relative"), num_areas,
              fmt::format("all {} boxes of {} are at most 1 px in area; boxes are in pixels; relative coordinates are "
                          "not converted unless {} relative says so; the first is {}",
                          num_areas, side.source, option_of(side, "units"), place_in(side, 0)));
}

}  // namespace

void settle_boxes(box_side const& side, std::vector<box>& boxes, std::vector<std::uint32_t> const& image_indices,
                  image_table const& images, std::vector<warning>& warnings) {
  settling(side, boxes, image_indices, images, warnings).settle();
}

void settle_areas(box_side const& side, std::vector<double>& areas, std::vector<std::uint32_t> const& image_indices,
                  image_table const& images) {
  if (std::any_of(areas.begin(), areas.end(), [](double area) { return area > 1; })) return;
  require_sizes(side, image_indices, images);
  for (std::size_t row = 0; row < areas.size(); ++row) {
    std::uint32_t const image = image_indices[row];
    if (image == no_index || areas[row] == area_not_given) continue;
    areas[row] *= static_cast<double>(images.widths[image]) * images.heights[image];
  }
}

void settle_results(detections& results, image_table const& images, ingest_options const& options,
                    std::vector<std::uint64_t> const& own_box_rows) {
  auto const place_of = [&](std::size_t row, char const* field) {
    bool const has_id = row < results.ids.size();
    return row_place{results.source, has_id ? fmt::format("id {}", results.ids[row]) : element_place("", row, field)};
  };
  box_side side{options.result_boxes, true, false, false, options.boxes, results.source, {}};
  if (own_box_rows.empty()) {
    side.place_of = [&](std::size_t row) { return place_of(row, ".bbox"); };
    if (!side.is_compared && !side.format.units) look_at_areas(side, results, results.warnings);
    settle_boxes(side, results.boxes, results.image_indices, images, results.warnings);
  } else {
    std::vector<box> own;
    std::vector<std::uint32_t> own_images;
    for (std::uint64_t const row : own_box_rows) {
      own.push_back(results.boxes[row]);
      own_images.push_back(results.image_indices[row]);
    }
    side.place_of = [&](std::size_t i) { return place_of(own_box_rows[i], ".bbox"); };
    settle_boxes(side, own, own_images, images, results.warnings);
    for (std::size_t i = 0; i < own.size(); ++i) results.boxes[own_box_rows[i]] = own[i];
  }
  check_scores(
      results.scores, [&](std::size_t row) { return place_of(row, ".score"); }, results.warnings);
}

void measure_boxes(detections& results, box_convention convention) {
  results.areas_px.clear();
  for (box const& each : results.boxes) results.areas_px.push_back(semantics::box_area(each, convention));
}

void check_scores(std::vector<double> const& scores, std::function<row_place(std::size_t)> const& place_of,
                  std::vector<warning>& warnings) {
  counted odd;
  for (std::size_t row = 0; row < scores.size(); ++row) {
    if (semantics::is_odd_score(scores[row])) odd.add(row);
  }
  if (odd.count == 0) return;
  row_place const first = place_of(odd.first);
  add_warning(warnings, "score_outside_0_1", odd.count,
              fmt::format("scores outside of 0 to 1, which are taken as they are; the first is {} of {}: {}",
                          first.place, first.source, scores[odd.first]));
}

void add_sizes(image_sizes const& known, std::vector<std::string> const& names, image_table& images) {
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (images.heights[i] != 0 && images.widths[i] != 0) continue;
    std::optional<image_size> const size = known.find(images.ids[i], names.empty() ? std::string() : names[i]);
    if (!size) continue;
    images.heights[i] = size->height;
    images.widths[i] = size->width;
  }
}

}  // namespace maskmetrics::ingest
