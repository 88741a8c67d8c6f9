#include "ingest/assemble_dataset.hpp"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <tbb/enumerable_thread_specific.h>

#include <fmt/format.h>

#include <maskmetrics/error.hpp>
#include <maskmetrics/geometry.hpp>
#include <maskmetrics/semantics/federated.hpp>
#include <maskmetrics/semantics/iou.hpp>

#include "core/mask_error.hpp"
#include "core/parallel.hpp"
#include "ingest/annotation_ids.hpp"
#include "ingest/array_reader.hpp"
#include "ingest/box_settling.hpp"
#include "ingest/detection_warnings.hpp"
#include "ingest/federated_lists.hpp"
#include "ingest/id_index.hpp"
#include "ingest/mask_checks.hpp"

namespace maskmetrics::ingest {

namespace {

/// Rows in ascending order of their ids, of equal ids the last row only.
/// Equal ids are a warning in strict parity, else an error.
std::vector<std::uint32_t> order_by_id(std::vector<std::int64_t> const& ids, char const* array, char const* code,
                                       dataset& data, parity mode) {
  std::vector<std::uint32_t> order(ids.size());
  std::iota(order.begin(), order.end(), 0U);
  auto const by_id = [&](std::uint32_t a, std::uint32_t b) { return ids[a] < ids[b]; };
  if (!std::is_sorted(order.begin(), order.end(), by_id)) std::stable_sort(order.begin(), order.end(), by_id);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    std::uint32_t const row = order[i];
    bool const repeated = i + 1 < order.size() && ids[order[i + 1]] == ids[row];
    if (!repeated) {
      order[kept++] = row;
      continue;
    }
    std::string const place = element_place(array, order[i + 1], ".id");
    if (mode == parity::corrected) {
      throw input_error(data.source, place,
                        fmt::format("id {} is that of {} too", ids[row], element_place(array, row)));
    }
    add_warning(data.warnings, code, 1,
                fmt::format("ids that are there more than once, the last one counts; e.g. {} of {}: {}", place,
                            data.source, ids[row]));
  }
  order.resize(kept);
  return order;
}

/// Names of files without folders and endings, where every image has one of its own; else nothing.
/// @param order  the rows that count
std::vector<std::string> names_of(std::vector<std::string> const& file_names, std::vector<std::uint32_t> const& order) {
  if (file_names.empty()) return {};
  std::vector<std::string> names;
  for (std::uint32_t const row : order) names.push_back(std::filesystem::path(file_names[row]).stem().string());
  std::vector<std::string> sorted = names;
  std::sort(sorted.begin(), sorted.end());
  bool const complete = !sorted.empty() && !sorted.front().empty();
  bool const unique = std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end();
  return complete && unique ? names : std::vector<std::string>();
}

/// Sizes that are not usable are none, which matters only where something needs them.
/// @param order  the rows that count
void note_sizes(image_columns const& rows, std::vector<std::uint32_t> const& order, dataset& data, parity mode) {
  if (rows.odd_sizes.empty()) return;
  row_note const& first = rows.odd_sizes.front();
  std::string const place = element_place("images", first.row, first.path);
  if (mode == parity::corrected) {
    throw input_error(
        data.source, place,
        fmt::format("expected an integer from 0 to 2^32 - 1, got {} (id {})", first.text, rows.ids[first.row]));
  }
  std::map<std::uint64_t, std::string> found;  // by row
  for (row_note const& note : rows.odd_sizes) {
    std::string& text = found[note.row];
    text += fmt::format("{} \"{}\" {}", text.empty() ? "" : " and", note.path.substr(1), note.text);
  }
  for (std::uint32_t image = 0; image < order.size(); ++image) {
    auto const at = found.find(order[image]);
    if (at == found.end()) continue;
    data.images.size_notes.push_back({image, fmt::format("image {} has{}", rows.ids[order[image]], at->second)});
  }
  warn_of_sizes(data, found.size(), fmt::format("{} of {}", place, data.source), first.text);
}

/// Categories must be there where the images list some.
void build_images(image_columns&& rows, reading_notes const& notes, dataset& data, ingest_options const& options) {
  std::vector<std::uint32_t> const order = order_by_id(rows.ids, "images", "duplicate_image_id", data, options.parity);
  for (std::uint32_t const row : order) {
    data.images.ids.push_back(rows.ids[row]);
    data.images.heights.push_back(rows.heights[row]);
    data.images.widths.push_back(rows.widths[row]);
  }
  if (options.rules == rule_set::voc) data.images.names = names_of(rows.file_names, order);
  note_sizes(rows, order, data, options.parity);
  if (options.image_sizes != nullptr) {
    std::vector<std::string> names;
    for (std::uint32_t const row : order) names.push_back(rows.file_names.empty() ? "" : rows.file_names[row]);
    add_sizes(*options.image_sizes, names, data.images);
  }
  if (options.rules == rule_set::lvis) {
    data.images.negatives = build_category_lists(rows.negatives, order, "neg_category_ids", data);
    data.images.not_exhaustive = build_category_lists(rows.not_exhaustive, order, "not_exhaustive_category_ids", data);
  }
  if (notes.num_with_unread_lists != 0) {
    add_warning(data.warnings, "category_lists_not_read", notes.num_with_unread_lists,
                fmt::format("images of {} list categories as LVIS does; only the rules of LVIS read that "
                            "(--protocol lvis)",
                            data.source));
  }
}

void build_categories(category_columns&& rows, reading_notes const& notes, dataset& data, parity mode) {
  for (std::uint32_t const row : order_by_id(rows.ids, "categories", "duplicate_category_id", data, mode)) {
    data.categories.ids.push_back(rows.ids[row]);
    data.categories.names.push_back(std::move(rows.names[row]));
    if (!rows.frequencies.empty()) data.categories.frequencies.push_back(rows.frequencies[row]);
  }
  if (notes.num_counted != 0) {
    add_warning(data.warnings, "frequency_from_image_count", notes.num_counted,
                fmt::format("categories of {} have no \"frequency\", which is told from \"image_count\" instead: rare "
                            "up to {}, common up to {}",
                            data.source, semantics::most_images_of_rare, semantics::most_images_of_common));
  }
}

/// Warns of, or refuses, annotations that share an id. All of them stay.
void check_annotation_ids(std::vector<std::int64_t> const& ids, dataset& data, parity mode) {
  bool const ascending = std::adjacent_find(ids.begin(), ids.end(), std::greater_equal<>()) == ids.end();
  if (ascending) return;
  std::vector<std::int64_t> sorted = ids;
  std::sort(sorted.begin(), sorted.end());
  auto const repeated = std::adjacent_find(sorted.begin(), sorted.end());
  if (repeated == sorted.end()) return;
  auto const first = std::find(ids.begin(), ids.end(), *repeated);
  auto const second = std::find(first + 1, ids.end(), *repeated);
  std::string const place = element_place("annotations", static_cast<std::uint64_t>(second - ids.begin()), ".id");
  std::string const other = element_place("annotations", static_cast<std::uint64_t>(first - ids.begin()));
  if (mode == parity::corrected) {
    throw input_error(data.source, place, fmt::format("id {} is that of {} too", *repeated, other));
  }
  auto const distinct = static_cast<std::uint64_t>(std::unique(sorted.begin(), sorted.end()) - sorted.begin());
  add_warning(data.warnings, "duplicate_annotation_id", ids.size() - distinct,
              fmt::format("annotations that share an id, the reference evaluates the last one instead of each; e.g. {} "
                          "of {}: {}, as {}",
                          place, data.source, *repeated, other));
}

/// Replaces ids by indices, in parallel.
std::vector<std::uint32_t> find_all(std::vector<std::int64_t> const& ids, std::vector<row_note> const& odd,
                                    std::vector<std::int64_t> const& known) {
  id_index const index(known);
  std::vector<std::uint32_t> indices(ids.size());
  parallel_ranges(ids.size(), 4096, [&](index_range const& range) {
    for (std::size_t row = range.begin(); row < range.end(); ++row) indices[row] = index.find(ids[row]);
  });
  for (row_note const& note : odd) indices[note.row] = no_index;
  return indices;
}

void warn_of_unknown(std::vector<std::uint32_t> const& indices, std::vector<std::int64_t> const& ids,
                     std::vector<row_note> const& odd, char const* field, char const* code, dataset& data) {
  auto const count = std::count(indices.begin(), indices.end(), no_index);
  if (count == 0) return;
  auto const row = static_cast<std::size_t>(std::find(indices.begin(), indices.end(), no_index) - indices.begin());
  bool const is_odd = !odd.empty() && odd.front().row == row;
  add_warning(data.warnings, code, static_cast<std::uint64_t>(count),
              fmt::format("annotations that are never evaluated; the first is {} of {}: {} {}",
                          element_place("annotations", row), data.source, field,
                          is_odd ? odd.front().text : fmt::format("{}", ids[row])));
}

bool is_evaluated(annotation_table const& annotations, std::size_t row) {
  return annotations.image_indices[row] != no_index && annotations.category_indices[row] != no_index;
}

/// The first error of an annotation that is evaluated.
void throw_first_fault(std::vector<row_note> const& faults, dataset const& data) {
  auto const first = std::find_if(faults.begin(), faults.end(),
                                  [&](row_note const& each) { return is_evaluated(data.annotations, each.row); });
  if (first == faults.end()) return;
  throw input_error(data.source, element_place("annotations", first->row, first->path), first->text);
}

/// What an error adds where a COCO evaluation was given LVIS' file.
std::string protocol_hint(dataset const& data) {
  bool const has_lists = std::any_of(data.warnings.begin(), data.warnings.end(),
                                     [](warning const& w) { return w.code == "category_lists_not_read"; });
  return has_lists ? "; the images list categories as LVIS does, is this for --protocol lvis?" : "";
}

/// Gives every annotation a crowd flag. pycocotools needs it of each one that it evaluates, lvis-api never reads it.
void settle_crowd_flags(dataset& data, ingest_options const& options) {
  annotation_table& annotations = data.annotations;
  bool const needed = options.rules == rule_set::coco && options.parity == parity::strict;
  std::uint64_t num_crowds = 0;
  for (std::size_t row = 0; row < annotations.size(); ++row) {
    num_crowds += annotations.crowd[row] == 1 ? 1U : 0U;
    if (annotations.crowd[row] != crowd_not_given) continue;
    if (needed && is_evaluated(annotations, row)) {
      throw input_error(data.source, element_place("annotations", row),
                        fmt::format("has no \"iscrowd\" (id {}), which the reference needs; corrected parity "
                                    "(--parity corrected) takes it for 0{}",
                                    annotations.ids[row], protocol_hint(data)));
    }
    annotations.crowd[row] = 0;
  }
  if (!options.crowd_counts && num_crowds != 0) {
    add_warning(
        data.warnings, "crowd_not_read", num_crowds,
        fmt::format("annotations of {} have \"iscrowd\", which LVIS' rules do not know: they count as any other",
                    data.source));
  }
}

/// Measures the areas of some annotations: of their masks, or of their boxes where masks are not asked for.
void measure_areas(std::vector<std::uint32_t> const& rows, dataset& data, ingest_options const& options) {
  annotation_table& annotations = data.annotations;
  std::vector<mask_fault> faults(rows.size(), mask_fault::none);
  tbb::enumerable_thread_specific<std::pair<mask_decoder, mask_intervals>> decoders;
  parallel_ranges(rows.size(), 256, [&](index_range const& range) {
    auto& [decoder, mask] = decoders.local();
    for (std::size_t i = range.begin(); i < range.end(); ++i) {
      std::uint32_t const row = rows[i];
      bool const has_mask = options.masks && annotations.masks.entries[row].form != mask_form::none;
      if (!has_mask && !annotations.boxes.empty()) {
        annotations.areas_px[row] = semantics::box_area(annotations.boxes[row], options.box_convention);
        continue;
      }
      std::uint32_t const image = annotations.image_indices[row];
      faults[i] =
          decoder.decode(annotations.masks, row, data.images.heights[image], data.images.widths[image], nullptr, mask);
      annotations.areas_px[row] = mask.area_px;
    }
  });
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (faults[i] == mask_fault::none) continue;
    throw_ground_truth_fault(faults[i], annotations.masks, rows[i], annotations.ids[rows[i]],
                             image_of_mask{data.images, annotations.image_indices[rows[i]]});
  }
}

/// Gives every annotation an area. The references need it of each one that they evaluate; VOCdevkit knows none.
void settle_missing_areas(dataset& data, ingest_options const& options) {
  annotation_table& annotations = data.annotations;
  std::vector<std::uint32_t> missing;
  for (std::uint32_t row = 0; row < annotations.size(); ++row) {
    if (annotations.areas_px[row] != area_not_given) continue;
    annotations.areas_px[row] = 0;
    if (is_evaluated(annotations, row)) missing.push_back(row);
  }
  if (missing.empty()) return;
  std::string const first = element_place("annotations", missing.front());
  char const* const measured = options.masks ? "mask" : "box";
  if (options.rules != rule_set::voc && options.parity == parity::strict) {
    throw input_error(data.source, first,
                      fmt::format("has no \"area\" (id {}), which the reference needs; corrected parity (--parity "
                                  "corrected) takes that of the {}{}",
                                  annotations.ids[missing.front()], measured, protocol_hint(data)));
  }
  measure_areas(missing, data, options);
  add_warning(data.warnings, "area_measured", missing.size(),
              fmt::format("annotations have no \"area\", so that of the {} is taken; the first is {} of {}", measured,
                          first, data.source));
}

void warn_of_ignore_flags(dataset& data) {
  annotation_table const& annotations = data.annotations;
  std::uint64_t count = 0;
  std::size_t first = 0;
  for (std::size_t row = 0; row < annotations.size(); ++row) {
    if (annotations.ignore[row] == 0 || annotations.crowd[row] != 0) continue;
    if (count++ == 0) first = row;
  }
  if (count == 0) return;
  add_warning(
      data.warnings, "user_ignore_overwritten", count,
      fmt::format("the reference overwrites \"ignore\" with \"iscrowd\"; the first annotation whose flag is lost "
                  "is {} of {}",
                  element_place("annotations", first), data.source));
}

/// Boxes and areas in pixels.
void settle_annotations(dataset& data, ingest_options const& options) {
  annotation_table& annotations = data.annotations;
  box_side side{options.ground_truth_boxes, false, false, false, true, data.source, {}};
  side.place_of = [&](std::size_t row) { return row_place{data.source, element_place("annotations", row, ".bbox")}; };
  settle_boxes(side, annotations.boxes, annotations.image_indices, data.images, data.warnings);
  if (side.format.is_relative()) {
    settle_areas(side, annotations.areas_px, annotations.image_indices, data.images);
  }
}

void build_annotations(annotation_columns&& rows, reading_notes const& notes, dataset& data,
                       ingest_options const& options) {
  tally const& non_finite = notes.non_finite;
  add_warning(data.warnings, "non_finite_value", non_finite.count,
              fmt::format("numbers that are not finite; the first is {} of {}",
                          element_place("annotations", non_finite.row, non_finite.what), data.source));
  if (!rows.odd_difficult.empty()) {
    row_note const& first = rows.odd_difficult.front();
    warn_of_difficult(data, rows.odd_difficult.size(), element_place("annotations", first.row, first.path), first.text);
  }
  if (options.rules != rule_set::voc) {
    number_odd_ids(rows, data, options.parity);
    check_annotation_ids(rows.ids, data, options.parity);
  }
  annotation_table& annotations = data.annotations;
  annotations.image_indices = find_all(rows.image_ids, rows.odd_image_ids, data.images.ids);
  warn_of_unknown(annotations.image_indices, rows.image_ids, rows.odd_image_ids, "image_id",
                  "annotation_of_unknown_image", data);
  annotations.category_indices = find_all(rows.category_ids, rows.odd_category_ids, data.categories.ids);
  warn_of_unknown(annotations.category_indices, rows.category_ids, rows.odd_category_ids, "category_id",
                  "annotation_of_unknown_category", data);
  throw_first_fault(rows.faults, data);
  annotations.ids = std::move(rows.ids);
  annotations.areas_px = std::move(rows.areas_px);
  annotations.boxes = std::move(rows.boxes);
  annotations.crowd = std::move(rows.crowd);
  annotations.ignore = std::move(rows.ignore);
  annotations.masks = std::move(rows.masks);
  annotations.masks.source = data.source;
  settle_annotations(data, options);
  if (options.masks) {
    check_masks(annotations.masks, annotations.image_indices, data.images, options.parity, "annotations",
                data.warnings);
  }
  settle_missing_areas(data, options);
  settle_crowd_flags(data, options);
  if (options.parity == parity::strict && !options.ignore_counts) warn_of_ignore_flags(data);
}

}  // namespace

dataset assemble_dataset(context const& ctx, ground_truth_columns columns, reading_notes notes,
                         ingest_options const& options) {
  dataset data;
  data.source = std::move(columns.source);
  data.warnings = std::move(notes.warnings);
  in_arena(ctx, [&] {
    build_categories(std::move(columns.categories), notes, data, options.parity);
    build_images(std::move(columns.images), notes, data, options);
    build_annotations(std::move(columns.annotations), notes, data, options);
    if (options.rules == rule_set::lvis) warn_of_contradictions(data);
  });
  return data;
}

}  // namespace maskmetrics::ingest
