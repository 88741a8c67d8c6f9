#include "core/mask_error.hpp"

#include <string>

#include <fmt/format.h>

#include <maskmetrics/error.hpp>

namespace maskmetrics {

namespace {

/// What stands in the file: the size and the start of the run-length code.
std::string value_of(mask_batch const& masks, std::uint32_t row) {
  constexpr std::size_t shown = 24;
  if (row >= masks.entries.size()) return {};
  mask_entry const& entry = masks.entries[row];
  if (entry.form == mask_form::counts) {
    return fmt::format(" (size [{}, {}], {} runs)", entry.height, entry.width, entry.length);
  }
  if (entry.form != mask_form::text && entry.form != mask_form::json_text) return {};
  std::string_view const text = masks.text_of(entry);
  return fmt::format(" (size [{}, {}], counts \"{}{}\")", entry.height, entry.width, text.substr(0, shown),
                     text.size() > shown ? "..." : "");
}

}  // namespace

void throw_detection_fault(mask_fault fault, mask_batch const& masks, std::uint32_t row) {
  throw input_error(masks.source, fmt::format("[{}].segmentation", row),
                    fmt::format("result {}: {}{}", row + 1, describe(fault), value_of(masks, row)));
}

void throw_ground_truth_fault(mask_fault fault, mask_batch const& masks, std::uint32_t row, std::int64_t id) {
  throw input_error(masks.source, fmt::format("annotations[{}].segmentation", row),
                    fmt::format("annotation id {}: {}{}", id, describe(fault), value_of(masks, row)));
}

void throw_resident_fault(mask_fault fault, char const* side, std::uint32_t row) {
  throw input_error(side, fmt::format("masks[{}]", row), describe(fault));
}

}  // namespace maskmetrics
