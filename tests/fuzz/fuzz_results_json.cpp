// Any bytes as results: columns or an input_error, and the same in parts as in a whole.
#include <bit>

#include <ingest/readers.hpp>

#include "fuzz/json_check.hpp"

namespace {

maskmetrics::dataset const& ground_truth() {
  static maskmetrics::dataset const data = [] {
    auto const source = maskmetrics::ingest::byte_source::of(
        "gt", R"({"images": [{"id": 1, "height": 9, "width": 8}], "categories": [{"id": 2}], "annotations": []})");
    return maskmetrics::ingest::read_dataset({}, source, {});
  }();
  return data;
}

std::uint64_t digest_of(maskmetrics::detections const& results) {
  maskmetrics::testing::digest all;
  for (std::size_t row = 0; row < results.size(); ++row) {
    all.add(results.image_indices[row]);
    all.add(results.category_indices[row]);
    all.add(std::bit_cast<std::uint64_t>(results.scores[row]));
    if (!results.areas_px.empty()) all.add(std::bit_cast<std::uint64_t>(results.areas_px[row]));
    if (!results.boxes.empty()) all.add(std::bit_cast<std::uint64_t>(results.boxes[row].height));
    if (results.masks.entries.empty()) continue;
    auto const& mask = results.masks.entries[row];
    all.add(mask.begin + mask.length + static_cast<std::uint64_t>(mask.form));
    if (mask.form == maskmetrics::mask_form::json_text) all.add(results.masks.text_of(mask).size());
  }
  return all.value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* bytes, std::size_t size) {
  std::string_view const text(reinterpret_cast<char const*>(bytes), size);
  maskmetrics::context ctx;
  ctx.threads = 1;
  auto const source = maskmetrics::ingest::byte_source::of("fuzz", std::string(text));
  using maskmetrics::parity;
  for (maskmetrics::ingest_options const& options : {maskmetrics::ingest_options{true, false, parity::strict},
                                                     {false, true, parity::strict},
                                                     {true, true, parity::corrected}}) {
    maskmetrics::testing::check_reader(text, [&](std::size_t part_bytes) {
      return digest_of(maskmetrics::ingest::read_detections(ctx, source, ground_truth(), options, part_bytes));
    });
  }
  return 0;
}
