// Any bytes as a run-length string, plain and as it stands in JSON: a fault, or intervals that add up and encode to a
// string that decodes to the same.
#include <cstdint>
#include <cstdlib>

#include <maskmetrics/geometry.hpp>

namespace {

void check(maskmetrics::mask_intervals const& mask) {
  std::uint64_t area = 0;
  std::uint32_t end = 0;
  for (auto const& run : mask.intervals) {
    if (run.begin < end || run.end < run.begin) std::abort();
    end = run.end;
    area += run.end - run.begin;
  }
  if (end > mask.height * mask.width || area != mask.area_px) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* bytes, std::size_t size) {
  if (size < 2) return 0;
  static maskmetrics::mask_decoder decoder;
  maskmetrics::mask_batch batch;
  batch.text = {reinterpret_cast<char const*>(bytes) + 2, size - 2};
  auto const length = static_cast<std::uint32_t>(size - 2);
  for (auto const form : {maskmetrics::mask_form::text, maskmetrics::mask_form::json_text}) {
    batch.entries = {{0, length, bytes[0], bytes[1], form}};
    maskmetrics::mask_intervals mask;
    if (decoder.decode(batch, 0, 0, 0, nullptr, mask) != maskmetrics::mask_fault::none) continue;
    check(mask);
    std::string const again = maskmetrics::encode_text(mask);
    maskmetrics::mask_batch second;
    second.text = again;
    second.entries = {{0, static_cast<std::uint32_t>(again.size()), bytes[0], bytes[1], maskmetrics::mask_form::text}};
    maskmetrics::mask_intervals same;
    if (decoder.decode(second, 0, 0, 0, nullptr, same) != maskmetrics::mask_fault::none) std::abort();
    if (same.area_px != mask.area_px) std::abort();
  }
  return 0;
}
