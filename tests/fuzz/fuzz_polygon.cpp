// Any floats as polygon points: a typed error, or intervals within the image.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <maskmetrics/error.hpp>
#include <maskmetrics/geometry.hpp>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* bytes, std::size_t size) {
  std::vector<double> ring;
  for (std::size_t at = 0; at + sizeof(float) <= size && ring.size() < 64; at += sizeof(float)) {
    float value = 0;
    std::memcpy(&value, bytes + at, sizeof value);
    ring.push_back(static_cast<double>(value));
  }
  constexpr std::uint32_t height = 60;
  constexpr std::uint32_t width = 80;
  try {
    maskmetrics::mask_intervals const mask = maskmetrics::rasterize({ring}, height, width);
    std::uint64_t area = 0;
    for (auto const& run : mask.intervals) {
      if (run.end < run.begin || run.end > height * width) std::abort();
      area += run.end - run.begin;
    }
    if (area != mask.area_px) std::abort();
  } catch (maskmetrics::input_error const&) {
  }
  return 0;
}
