// Any bytes as a ground truth: columns or an input_error, and the same in parts as in a whole.
#include <bit>

#include <ingest/readers.hpp>

#include "fuzz/json_check.hpp"

namespace {

std::uint64_t digest_of(maskmetrics::dataset const& data) {
  maskmetrics::testing::digest all;
  auto const& rows = data.annotations;
  for (auto const id : data.images.ids) all.add(static_cast<std::uint64_t>(id));
  for (auto const& name : data.categories.names) all.add(name.size());
  for (std::size_t row = 0; row < rows.size(); ++row) {
    all.add(static_cast<std::uint64_t>(rows.ids[row]));
    all.add(rows.image_indices[row]);
    all.add(rows.category_indices[row]);
    all.add(std::bit_cast<std::uint64_t>(rows.areas_px[row]));
    all.add(std::bit_cast<std::uint64_t>(rows.boxes[row].x));
    all.add(rows.crowd[row]);
    auto const& mask = rows.masks.entries[row];
    all.add(mask.begin + mask.length + static_cast<std::uint64_t>(mask.form));
    if (mask.form == maskmetrics::mask_form::json_text) all.add(rows.masks.text_of(mask).size());
  }
  return all.value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* bytes, std::size_t size) {
  std::string_view const text(reinterpret_cast<char const*>(bytes), size);
  maskmetrics::context ctx;
  ctx.threads = 1;
  for (auto const mode : {maskmetrics::parity::strict, maskmetrics::parity::corrected}) {
    auto const source = maskmetrics::ingest::byte_source::of("fuzz", std::string(text));
    maskmetrics::testing::check_reader(text, [&](std::size_t part_bytes) {
      return digest_of(maskmetrics::ingest::read_dataset(ctx, source, {true, true, mode}, part_bytes));
    });
  }
  return 0;
}
