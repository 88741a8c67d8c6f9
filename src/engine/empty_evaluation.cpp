#include "engine/empty_evaluation.hpp"

#include <algorithm>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <maskmetrics/pairwise.hpp>

namespace maskmetrics {

namespace {

constexpr char const* nothing_to_find = "there is nothing to find, so that every AP and AR is -1";

/// "ignored" in the terms of the rules.
char const* ignored_name(rule_set rules, bool of_one) {
  switch (rules) {
    case rule_set::coco:
      return of_one ? "a crowd or ignored" : "crowds or ignored";
    case rule_set::lvis:
      return "ignored";
    case rule_set::voc:
      return "difficult or ignored";
  }
  return "ignored";
}

/// "1 image", "2 images".
std::string counted(std::uint64_t count, char const* one, char const* many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

/// " (annotations of other images: 2, of other categories: 3)"; empty where there are none.
std::string reasons_of(left_out_rows const& rows, rule_set rules) {
  if (rows.total == 0) return {};
  std::vector<std::string> reasons;
  if (rows.of_other_images != 0) reasons.push_back(fmt::format("of other images: {}", rows.of_other_images));
  if (rows.of_other_categories != 0) {
    reasons.push_back(fmt::format("of other categories: {}", rows.of_other_categories));
  }
  if (rows.by_rules() != 0 && rules == rule_set::lvis) {
    reasons.push_back(fmt::format("without a positive, finite area: {}", rows.by_rules()));
  }
  return fmt::format(" (annotations {})", fmt::join(reasons, ", "));
}

void explain_no_annotations(evaluation_cells const& cells, left_out_rows const& annotations, evaluation& result) {
  protocol const& how = result.protocol;
  if (cells.num_images == 0) {
    bool const asked = how.image_ids && !how.image_ids->empty();
    std::uint64_t const num_asked = asked ? how.image_ids->size() : 0;
    std::string const reason =
        asked ? fmt::format("none of {} is known", counted(num_asked, "given image id", "given image ids"))
              : std::string("there are none");
    add_warning(result.warnings, "no_images_evaluated", std::max<std::uint64_t>(num_asked, 1),
                fmt::format("no image is evaluated, {}: {}", reason, nothing_to_find));
    return;
  }
  std::string const categories =
      how.use_categories ? counted(cells.category_ids.size(), "category", "categories") : std::string("all categories");
  add_warning(result.warnings, "no_annotations_evaluated", std::max<std::uint64_t>(annotations.total, 1),
              fmt::format("the ground truth has no annotations of the {} and {} that are evaluated{}: {}",
                          counted(cells.num_images, "image", "images"), categories, reasons_of(annotations, how.rules),
                          nothing_to_find));
}

void explain_no_ground_truth(evaluation_cells const& cells, left_out_rows const& annotations, evaluation& result) {
  std::vector<std::uint8_t> const& flags = cells.ground_truth_flags;
  if (flags.empty()) return explain_no_annotations(cells, annotations, result);
  auto const num_ignored = static_cast<std::size_t>(
      std::count_if(flags.begin(), flags.end(), [](std::uint8_t flag) { return (flag & ground_truth_ignore) != 0; }));
  char const* const ignored = ignored_name(result.protocol.rules, flags.size() == 1);
  if (num_ignored == flags.size()) {
    add_warning(result.warnings, "all_annotations_ignored", num_ignored,
                num_ignored == 1 ? fmt::format("the only annotation is {}: {}", ignored, nothing_to_find)
                                 : fmt::format("all {} annotations are {}: {}", num_ignored, ignored, nothing_to_find));
    return;
  }
  std::string const reason =
      num_ignored == 0 ? fmt::format("all annotations ({}) have areas outside of every area range", flags.size())
                       : fmt::format("no annotation counts ({}: {}, outside of every area range: {})", ignored,
                                     num_ignored, flags.size() - num_ignored);
  add_warning(result.warnings, "no_annotations_in_area_ranges", flags.size(),
              fmt::format("{}: {}", reason, nothing_to_find));
}

void explain_no_detections(left_out_rows const& results, evaluation& result) {
  std::vector<std::string> reasons;
  if (results.of_other_images != 0) {
    reasons.push_back(fmt::format("of images that are not evaluated: {}", results.of_other_images));
  }
  if (results.of_other_categories != 0) {
    reasons.push_back(fmt::format("of categories that are unknown or not evaluated: {}", results.of_other_categories));
  }
  if (results.by_rules() != 0 && result.protocol.rules == rule_set::lvis) {
    reasons.push_back(
        fmt::format("of categories that their image neither has annotations of nor lists in "
                    "neg_category_ids, or without an area: {}",
                    results.by_rules()));
  }
  std::string const all = results.total == 1 ? std::string("the only result is not evaluated")
                                             : fmt::format("none of {} results is evaluated", results.total);
  add_warning(result.warnings, "no_detections_evaluated", results.total,
              fmt::format("{} ({})", all, fmt::join(reasons, ", ")));
}

}  // namespace

left_out_rows count_left_out(std::vector<std::uint32_t> const& image_indices,
                             std::vector<std::uint32_t> const& category_indices, axis_maps const& maps) {
  left_out_rows rows;
  rows.total = image_indices.size();
  for (std::size_t row = 0; row < image_indices.size(); ++row) {
    if (maps.image(image_indices[row]) == no_index) {
      ++rows.of_other_images;
    } else if (maps.category(category_indices[row]) == no_index) {
      ++rows.of_other_categories;
    }
  }
  return rows;
}

void explain_empty(evaluation_cells const& cells, left_out_rows const& annotations, left_out_rows const& results,
                   evaluation& result) {
  auto const& counts = result.num_ground_truths;
  bool const any = std::any_of(counts.begin(), counts.end(), [](std::uint64_t count) { return count != 0; });
  if (!any) return explain_no_ground_truth(cells, annotations, result);
  if (results.total != 0) explain_no_detections(results, result);
}

}  // namespace maskmetrics
