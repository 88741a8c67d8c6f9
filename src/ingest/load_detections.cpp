#include <optional>
#include <utility>

#include <fmt/format.h>

#include <maskmetrics/error.hpp>
#include <maskmetrics/geometry.hpp>
#include <maskmetrics/ingest.hpp>
#include <maskmetrics/semantics/iou.hpp>

#include "core/mask_error.hpp"
#include "ingest/array_reader.hpp"
#include "ingest/box_settling.hpp"
#include "ingest/detection_rows.hpp"
#include "ingest/detection_warnings.hpp"
#include "ingest/file_kind.hpp"
#include "ingest/load_voc.hpp"
#include "ingest/mask_checks.hpp"
#include "ingest/readers.hpp"

namespace maskmetrics {

namespace ingest {

namespace {

/// What the first result has.
struct first_result {
  bool has_caption = false;
  bool has_box = false;  ///< not an empty array
  bool has_mask = false;
  bool has_keypoints = false;
};

first_result look_at(ondemand::object element) {
  first_result first;
  for (auto each : element) {
    auto field = take<ondemand::field>(each);
    std::string_view const key = key_of(field);
    if (key == "caption") first.has_caption = true;
    if (key == "segmentation") first.has_mask = true;
    if (key == "keypoints") first.has_keypoints = true;
    if (key != "bbox") continue;
    ondemand::array numbers;
    bool const is_array = field.value().get_array().get(numbers) == simdjson::SUCCESS;
    first.has_box = !is_array || !take<bool>(numbers.is_empty());
  }
  return first;
}

/// Position of the '[' that the file begins with.
std::size_t find_array(byte_source const& source) {
  std::string_view const text = source.text();
  std::size_t const open = skip_to_content(text);
  if (open < text.size() && text[open] == '[') return open;
  constexpr char const* expected = "expected an array of results, got ";
  std::string const kind = describe_wrong_file(text, file_role::results);
  if (!kind.empty()) throw input_error(source.name(), fmt::format("byte {}", open), expected + kind);
  if (open < text.size() && text[open] == '{') {
    throw input_error(source.name(), fmt::format("byte {}", open), std::string(expected) + "an object");
  }
  throw syntax_error(source, open, expected + character_at(text, open));
}

/// Looks at the first result; nothing where there is none, or none that can be understood: reading it tells why.
std::optional<first_result> look_at_first(byte_source const& source, std::size_t open) {
  std::string_view const text = source.text();
  std::optional<first_result> first;
  try {
    std::size_t const begin = skip_space(text, open + 1);
    part_parser parser;
    parser.read(source, {begin, value_end(text, begin)},
                [&](ondemand::object element, text_position const&) { first = look_at(element); });
  } catch (json_fault const&) {
  } catch (parser_fault const&) {
  } catch (element_fault const&) {
  }
  return first;
}

result_plan make_plan(byte_source const& source, std::optional<first_result> const& first,
                      ingest_options const& options) {
  bool const knows_all_kinds = options.rules == rule_set::coco;
  result_plan plan{result_kind::boxes,
                   options.boxes,
                   options.masks,
                   options.parity,
                   options.box_convention,
                   options.rules,
                   knows_all_kinds && !options.boxes,
                   options.result_boxes.layout};
  if (!first) return plan;
  std::string const place = element_place("", 0);
  // lvis-api and VOCdevkit do not look at captions and points.
  if (first->has_caption && knows_all_kinds)
    throw input_error(source.name(), place, "captions cannot be evaluated here");
  if (first->has_box) {
    // Results without masks stand for their boxes, so the boxes must be there.
    // So they must be where their areas depend on more than their numbers.
    plan.boxes = plan.boxes || !first->has_mask || !options.result_boxes.is_plain();
  } else if (first->has_mask) {
    plan.kind = result_kind::masks;
    plan.masks = true;
  } else if (first->has_keypoints && knows_all_kinds) {
    if (!options.boxes) {
      throw input_error(source.name(), place,
                        "has \"keypoints\" and no \"segmentation\"; boxes around them can be evaluated (--iou bbox)");
    }
    plan.kind = result_kind::keypoints;
  } else {
    throw input_error(source.name(), place, "has neither \"bbox\" nor \"segmentation\"");
  }
  return plan;
}

void expect_end(byte_source const& source, std::size_t at) {
  std::size_t const rest = skip_space(source.text(), at);
  if (rest == source.size()) return;
  throw syntax_error(source, rest, "expected the end of the file, found " + character_at(source.text(), rest));
}

/// Boxes of all results where some have their own: the others have the tight boxes of their masks.
void complete_boxes(detections& results, dataset const& ground_truth, box_convention convention,
                    std::vector<std::uint64_t> const& own_box_rows) {
  mask_decoder decoder;
  mask_intervals mask;
  auto own = own_box_rows.begin();
  for (std::size_t row = 0; row < results.size(); ++row) {
    if (own != own_box_rows.end() && *own == row) {
      ++own;
      continue;
    }
    std::uint32_t const image = results.image_indices[row];
    mask_fault const fault = decoder.decode(results.masks, row, ground_truth.images.heights[image],
                                            ground_truth.images.widths[image], nullptr, mask);
    if (fault != mask_fault::none) {
      throw_detection_fault(fault, results.masks, static_cast<std::uint32_t>(row),
                            image_of_mask{ground_truth.images, image});
    }
    results.boxes[row] = semantics::measured_box(mask.bounds, convention);
  }
}

detections read_with(context const& ctx, byte_source const& source, dataset const& ground_truth,
                     ingest_options const& options, result_plan const& plan, std::size_t open, std::size_t part_bytes) {
  known_ids const known{id_index(ground_truth.images.ids), id_index(ground_truth.categories.ids)};
  detection_rows rows(plan, known);
  array_reader<detection_rows> reader(ctx, source, {"reading results", "", part_bytes}, rows);
  expect_end(source, reader.read(open));
  if (rows.num_box_masks() > 0 && !plan.boxes) {
    // The first result has a mask of its own, a later one stands for its box.
    result_plan with_boxes = plan;
    with_boxes.boxes = true;
    return read_with(ctx, source, ground_truth, options, with_boxes, open, part_bytes);
  }
  detections results;
  results.source = source.name();
  add_result_warnings(results, rows.size(), rows.unknown_categories(), rows.non_finite());
  results.image_indices = std::move(rows.image_indices);
  results.category_indices = std::move(rows.category_indices);
  results.scores = std::move(rows.scores);
  results.areas_px = std::move(rows.areas_px);
  results.masks = std::move(rows.masks);
  results.masks.source = source.name();
  if (plan.masks) {
    results.masks.text = source.text();
    results.masks.text_owner = source.owner();
    results.masks.release_text = source.releaser();
    check_masks(results.masks, results.image_indices, ground_truth.images, plan.parity, "", results.warnings);
  }
  bool const has_own_boxes = plan.boxes && !rows.rows_with_own_box().empty();
  if (plan.kind != result_kind::masks || has_own_boxes) results.boxes = std::move(rows.boxes);
  ingest_options settled = options;
  if (plan.kind == result_kind::keypoints) settled.result_boxes = {};  // those of the points are in pixels
  settle_results(results, ground_truth.images, settled, rows.rows_with_own_box());
  if (plan.kind != result_kind::masks) {
    if (!settled.result_boxes.is_plain()) measure_boxes(results, plan.box_convention);
  } else if (has_own_boxes) {
    complete_boxes(results, ground_truth, plan.box_convention, rows.rows_with_own_box());
  }
  return results;
}

}  // namespace

detections read_detections(context const& ctx, byte_source const& source, dataset const& ground_truth,
                           ingest_options const& options, std::size_t part_bytes) {
  std::size_t const open = find_array(source);
  try {
    result_plan const plan = make_plan(source, look_at_first(source, open), options);
    return read_with(ctx, source, ground_truth, options, plan, open, part_bytes);
  } catch (input_error const& error) {
    rethrow_with_kind(error, source, file_role::results);
  }
}

}  // namespace ingest

detections load_detections(context const& ctx, std::filesystem::path const& file, dataset const& ground_truth,
                           ingest_options const& options) {
  if (options.rules == rule_set::voc && ingest::is_voc_results(file)) {
    return ingest::read_voc_detections(ctx, file, ground_truth, options);
  }
  return ingest::read_detections(ctx, ingest::byte_source::open(file), ground_truth, options);
}

detections load_detections(context const& ctx, text_file const& file, dataset const& ground_truth,
                           ingest_options const& options) {
  return ingest::read_detections(ctx, ingest::byte_source::of(file), ground_truth, options);
}

}  // namespace maskmetrics
