#include "core/mask_error.hpp"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include <maskmetrics/error.hpp>

#include "core/image_size.hpp"
#include "core/segmentation_problem.hpp"

namespace maskmetrics {

namespace {

/// What is wrong with a mask.
struct mask_problem {
  std::string path;  ///< below the segmentation: "[0][3]"
  std::string text;
};

/// The start of a JSON value, for a message.
std::string value_at(mask_batch const& masks, std::uint64_t at) {
  constexpr std::size_t shown = 40;
  if (at >= masks.text.size()) return "another length";
  std::string_view const text = masks.text.substr(at);
  if (text.front() == '[') return "a list";
  if (text.front() == '{') return "an object";
  bool const quoted = text.front() == '"';
  std::size_t const end = quoted ? text.find('"', 1) : text.find_first_of(" \t\r\n,]}");
  std::string value(text.substr(0, quoted && end <= shown ? end + 1 : std::min(end, shown)));
  if (end > shown) {
    // Not within a character of several bytes.
    auto const cuts = [&] {
      return value.size() < text.size() && (static_cast<unsigned char>(text[value.size()]) & 0xC0U) == 0x80U;
    };
    while (cuts()) value.pop_back();
    value += "...";
  }
  std::replace_if(
      value.begin(), value.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return value;
}

mask_problem problem_of_invalid(mask_batch const& masks, mask_entry const& entry) {
  auto const found = [&] { return value_at(masks, entry.begin); };
  constexpr char const* rle = "an RLE ({\"size\": [height, width], \"counts\": ...})";
  constexpr char const* polygons = "a list of polygons [[x1, y1, x2, y2, ...]]";
  switch (static_cast<segmentation_problem>(entry.length)) {
    case segmentation_problem::unknown:
      break;
    case segmentation_problem::other_value:
      return {"", fmt::format("expected {} or {}, got {}", polygons, rle, found())};
    case segmentation_problem::flat_numbers:
      return {"", fmt::format("expected {}, got a flat list of {} numbers", polygons, entry.height)};
    case segmentation_problem::not_a_list:
      return {fmt::format("[{}]", entry.height), "expected a list of numbers [x1, y1, x2, y2, ...], got " + found()};
    case segmentation_problem::not_a_number:
      return {fmt::format("[{}][{}]", entry.height, entry.width), "expected a number, got " + found()};
    case segmentation_problem::pairs:
      return {"", fmt::format("expected {}, got polygons of [x, y] pairs", polygons)};
    case segmentation_problem::without_size:
      return {"", fmt::format("expected {}, got an object without \"size\"", rle)};
    case segmentation_problem::without_counts:
      return {"", fmt::format("expected {}, got an object without \"counts\"", rle)};
    case segmentation_problem::bad_size:
      return {".size", "expected [height, width] in pixels, got " + found()};
    case segmentation_problem::bad_counts:
      return {".counts", "expected a string or a list of integers from 0 to 2^32 - 1, got " + found()};
  }
  return {"", describe(mask_fault::invalid_form)};
}

/// How many masks are missing. Where there are boxes, those can be evaluated.
std::string count_missing(mask_batch const& masks, char const* rows) {
  auto const missing = std::count_if(masks.entries.begin(), masks.entries.end(), [](mask_entry const& entry) {
    return entry.form == mask_form::none || (entry.form == mask_form::polygons && entry.length == 0);
  });
  return fmt::format("; {} of {} {} have no mask; boxes alone are evaluated with iou bbox (--iou bbox)", missing,
                     masks.entries.size(), rows);
}

/// The size and the start of RLE counts as they are in the file.
std::string value_of_rle(mask_batch const& masks, mask_entry const& entry) {
  constexpr std::size_t shown = 24;
  if (entry.form == mask_form::counts) {
    return fmt::format(" (size [{}, {}], {} runs)", entry.height, entry.width, entry.length);
  }
  if (entry.form != mask_form::text && entry.form != mask_form::json_text) return {};
  std::string_view const text = masks.text_of(entry);
  return fmt::format(" (size [{}, {}], counts \"{}{}\")", entry.height, entry.width, text.substr(0, shown),
                     text.size() > shown ? "..." : "");
}

/// @param rows  what the masks are of: "annotations"
mask_problem problem_of(mask_fault fault, mask_batch const& masks, std::uint32_t row, char const* rows,
                        std::optional<image_of_mask> const& where) {
  if (row >= masks.entries.size()) return {"", describe(fault)};
  mask_entry const& entry = masks.entries[row];
  if (fault == mask_fault::invalid_form && entry.form == mask_form::invalid) return problem_of_invalid(masks, entry);
  if (fault == mask_fault::missing || fault == mask_fault::no_rings) {
    return {"", describe(fault) + count_missing(masks, rows)};
  }
  if (fault == mask_fault::too_few_points && are_points(masks, entry)) {
    return {"", describe_points(entry)};
  }
  if (fault == mask_fault::bad_size && where && takes_image_size(entry)) {
    return {"", describe_size(where->images, where->image) + "; polygons need the size of their image"};
  }
  return {"", describe(fault) + value_of_rle(masks, entry)};
}

[[noreturn]] void throw_problem(mask_batch const& masks, std::string const& row_place, std::string const& row_name,
                                mask_problem const& problem) {
  throw input_error(masks.source, fmt::format("{}.segmentation{}", row_place, problem.path),
                    fmt::format("{}: {}", row_name, problem.text));
}

}  // namespace

bool are_points(mask_batch const& masks, mask_entry const& entry) {
  if (entry.form != mask_form::polygons || entry.length < 3) return false;
  auto const first = masks.rings.begin() + static_cast<std::ptrdiff_t>(entry.begin);
  return std::all_of(first, first + entry.length, [](polygon_ring const& ring) { return ring.num_values == 2; });
}

std::string describe_points(mask_entry const& entry) {
  return fmt::format("expected a list of polygons [[x1, y1, x2, y2, ...]], got {} [x, y] pairs", entry.length);
}

bool takes_image_size(mask_entry const& entry) {
  return entry.form == mask_form::polygons || entry.form == mask_form::box;
}

void throw_detection_fault(mask_fault fault, mask_batch const& masks, std::uint32_t row,
                           std::optional<image_of_mask> const& where) {
  throw_problem(masks, fmt::format("[{}]", row), fmt::format("result {}", row + 1),
                problem_of(fault, masks, row, "results", where));
}

void throw_ground_truth_fault(mask_fault fault, mask_batch const& masks, std::uint32_t row, std::int64_t id,
                              std::optional<image_of_mask> const& where) {
  throw_problem(masks, fmt::format("annotations[{}]", row), fmt::format("annotation id {}", id),
                problem_of(fault, masks, row, "annotations", where));
}

void throw_resident_fault(mask_fault fault, char const* side, std::uint32_t row) {
  throw input_error(side, fmt::format("masks[{}]", row), describe(fault));
}

}  // namespace maskmetrics
