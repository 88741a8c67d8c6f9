#include <maskmetrics/geometry.hpp>

#include <utility>

#include <maskmetrics/error.hpp>

#include "cpu/interval_decoder.hpp"
#include "cpu/rle_text_writer.hpp"

namespace maskmetrics {

namespace {

void copy_mask(decoded_mask const& from, mask_intervals& to) {
  to.height = from.height;
  to.width = from.width;
  to.area_px = from.area_px;
  to.bounds = bounds_of(from);
  to.has_empty_runs = from.has_empty_runs;
  to.intervals.assign(from.intervals.begin(), from.intervals.end());
}

}  // namespace

char const* describe(mask_fault fault) noexcept {
  switch (fault) {
    case mask_fault::none:
      return "no fault";
    case mask_fault::missing:
      return "no segmentation";
    case mask_fault::invalid_form:
      return "segmentation is neither a list of polygons nor an RLE with size and counts";
    case mask_fault::bad_character:
      return "RLE counts hold a character outside '0' to 'o'";
    case mask_fault::truncated:
      return "RLE counts end within a number";
    case mask_fault::overlong:
      return "RLE counts hold a number of more than 7 characters";
    case mask_fault::count_out_of_range:
      return "a run is negative or above 2^32 - 1";
    case mask_fault::sum_mismatch:
      return "runs do not sum to height x width";
    case mask_fault::bad_size:
      return "height and width must be at least 1 and their product below 2^31";
    case mask_fault::no_rings:
      return "the list of polygons is empty";
    case mask_fault::too_few_points:
      return "polygon has fewer than three points";
    case mask_fault::coordinate:
      return "polygon coordinate is not finite or beyond 1e8 pixels";
    case mask_fault::outside:
      return "the mask's codes do not lie in the columns that are said to hold them";
  }
  return "unknown fault";
}

struct mask_decoder::scratch {
  interval_decoder decoder;
};

mask_decoder::mask_decoder() : scratch_(new scratch) {}

mask_decoder::~mask_decoder() {
  delete scratch_;
}

mask_decoder::mask_decoder(mask_decoder&& other) noexcept : scratch_(std::exchange(other.scratch_, nullptr)) {}

mask_decoder& mask_decoder::operator=(mask_decoder&& other) noexcept {
  std::swap(scratch_, other.scratch_);
  return *this;
}

mask_fault mask_decoder::decode(mask_columns const& batch, std::size_t row, std::uint32_t image_height,
                                std::uint32_t image_width, box const* bounds, mask_intervals& out) {
  decoded_mask mask;
  mask_fault const fault = scratch_->decoder.decode(batch, row, image_height, image_width, bounds, mask);
  if (fault == mask_fault::none) copy_mask(mask, out);
  return fault;
}

std::string encode_text(mask_intervals const& mask) {
  rle_text_writer text;
  std::uint64_t position = 0;
  for (std::size_t i = 0; i < mask.intervals.size();) {
    interval run = mask.intervals[i++];
    // Runs of length zero leave empty and touching intervals, which pixels do not know.
    while (i < mask.intervals.size() && mask.intervals[i].begin == run.end) run.end = mask.intervals[i++].end;
    if (run.begin == run.end) continue;
    text.add(static_cast<std::uint32_t>(run.begin - position));
    text.add(run.end - run.begin);
    position = run.end;
  }
  std::uint64_t const num_pixels = std::uint64_t{mask.height} * mask.width;
  if (position < num_pixels || text.num_runs() == 0) text.add(static_cast<std::uint32_t>(num_pixels - position));
  return text.take();
}

mask_intervals rasterize(std::vector<std::vector<double>> const& rings, std::uint32_t height, std::uint32_t width) {
  interval_decoder decoder;
  auto const check = [](mask_fault fault) {
    if (fault != mask_fault::none) throw input_error("polygons", "", describe(fault));
  };
  if (rings.empty()) check(mask_fault::no_rings);
  if (rings.front().size() <= 4) check(mask_fault::too_few_points);
  check(decoder.begin_polygon(height, width));
  for (auto const& ring : rings) check(decoder.add_ring(ring.data(), ring.size() / 2));
  decoded_mask mask;
  decoder.finish_polygon(mask);
  mask_intervals out;
  copy_mask(mask, out);
  return out;
}

}  // namespace maskmetrics
