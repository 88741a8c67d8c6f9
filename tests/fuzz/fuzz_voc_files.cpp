// Any bytes as an annotation file of Pascal VOC, XML and text: objects whose boxes are upright and finite, or an
// input_error that names a line.
#include <cmath>
#include <cstdint>
#include <cstdlib>

#include <ingest/voc_annotations.hpp>
#include <maskmetrics/error.hpp>
#include <maskmetrics/semantics/box_layout.hpp>

namespace {

void check(maskmetrics::ingest::voc_image const& image, maskmetrics::box_layout layout) {
  if (std::uint64_t{image.height} * image.width > 0x7FFFFFFFU) std::abort();
  for (auto const& object : image.objects) {
    auto const& [x, y, width, height] = maskmetrics::semantics::box_of(object.numbers, layout);
    if (object.class_name.empty() || !std::isfinite(x) || !std::isfinite(y)) std::abort();
    if (!(width >= 0 && height >= 0)) std::abort();
  }
}

template <class Read>
void attempt(std::string const& text, maskmetrics::box_layout layout, Read const& read) {
  try {
    check(read(maskmetrics::ingest::byte_source::of("fuzz", text)), layout);
  } catch (maskmetrics::input_error const& fault) {
    if (fault.place().find("line ") != 0) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* bytes, std::size_t size) {
  std::string const text(reinterpret_cast<char const*>(bytes), size);
  attempt(text, maskmetrics::box_layout::xyxy, [](maskmetrics::ingest::byte_source const& source) {
    return maskmetrics::ingest::read_voc_xml(source, maskmetrics::parity::strict);
  });
  for (auto const layout :
       {maskmetrics::box_layout::xywh, maskmetrics::box_layout::xyxy, maskmetrics::box_layout::cxcywh}) {
    attempt(text, layout, [&](maskmetrics::ingest::byte_source const& source) {
      return maskmetrics::ingest::read_voc_text(source, layout);
    });
  }
  return 0;
}
