// Any bytes as an image file: a size that masks may have, or an input_error.
#include <cstdint>
#include <cstdlib>

#include <ingest/image_header.hpp>
#include <maskmetrics/error.hpp>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* bytes, std::size_t size) {
  std::string const text(reinterpret_cast<char const*>(bytes), size);
  try {
    auto const [height, width] =
        maskmetrics::ingest::read_image_size(maskmetrics::ingest::byte_source::of("fuzz", text));
    if (height == 0 || width == 0 || std::uint64_t{height} * width > 0x7FFFFFFFU) std::abort();
  } catch (maskmetrics::input_error const& fault) {
    if (fault.source() != "fuzz") std::abort();
  }
  return 0;
}
