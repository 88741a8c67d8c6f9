#include <maskmetrics/rle.hpp>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <numeric>
#include <utility>

#include <fmt/format.h>
#include <tbb/enumerable_thread_specific.h>

#include <maskmetrics/error.hpp>
#include <maskmetrics/semantics/iou.hpp>
#include <maskmetrics/semantics/runs.hpp>

#include "core/parallel.hpp"
#include "cpu/interval_decoder.hpp"
#include "cpu/rle_text_writer.hpp"

namespace maskmetrics {

namespace {

/// Bytes or runs below which a call works alone: starting threads would take longer, and a process that forked has
/// none.
constexpr std::uint64_t least_parallel_work = std::uint64_t{1} << 18U;

/// Calls body(i) for every i in [0, count), on many threads where the work is worth it.
template <class Body>
void for_each_of(context const& ctx, std::size_t count, std::uint64_t work, Body const& body) {
  if (count < 2 || work < least_parallel_work) {
    for (std::size_t i = 0; i < count; ++i) body(i);
    return;
  }
  constexpr std::size_t most_parts = 256;
  in_arena(ctx, [&] {
    parallel_ranges(count, count / most_parts + 1, [&](index_range const& range) {
      for (std::size_t i = range.begin(); i < range.end(); ++i) body(i);
    });
  });
}

std::uint64_t total_runs(view<rle const> masks) {
  return std::accumulate(masks.begin(), masks.end(), std::uint64_t{0},
                         [](std::uint64_t sum, rle const& mask) { return sum + mask.counts.size(); });
}

input_error fault_at(std::string const& source, std::size_t row, std::string const& problem) {
  return {source, fmt::format("[{}]", row), problem};
}

void require_no_fault(std::vector<mask_fault> const& faults, std::string const& source) {
  auto const bad = std::find_if(faults.begin(), faults.end(), [](mask_fault f) { return f != mask_fault::none; });
  if (bad == faults.end()) return;
  throw fault_at(source, static_cast<std::size_t>(bad - faults.begin()), describe(*bad));
}

bool covers(rle const& mask, std::uint64_t num_pixels) {
  return std::accumulate(mask.counts.begin(), mask.counts.end(), std::uint64_t{0}) == num_pixels;
}

void require_cover(rle const& mask, std::uint64_t num_pixels, std::string const& source, std::size_t row) {
  if (covers(mask, num_pixels)) return;
  throw fault_at(source, row,
                 fmt::format("{} (size [{}, {}], {} runs, {} pixels expected)", describe(mask_fault::sum_mismatch),
                             mask.height, mask.width, mask.counts.size(), num_pixels));
}

/// The end of the bytes equal to @p value from @p begin on.
std::size_t end_of_run(std::uint8_t const* bytes, std::size_t begin, std::size_t end, std::uint8_t value) {
  constexpr std::uint64_t every_byte = 0x0101010101010101U;
  constexpr std::size_t words = 8;
  std::uint64_t const wanted = every_byte * value;
  std::uint64_t block[words];
  while (begin + sizeof block <= end) {
    std::memcpy(block, bytes + begin, sizeof block);
    std::uint64_t other = 0;
    for (std::uint64_t const word : block) other |= word ^ wanted;
    if (other != 0) break;
    begin += sizeof block;
  }
  while (begin + sizeof wanted <= end) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes + begin, sizeof word);
    if constexpr (std::endian::native == std::endian::big) break;
    if (word != wanted) return begin + static_cast<std::size_t>(std::countr_zero(word ^ wanted)) / 8;
    begin += sizeof word;
  }
  while (begin < end && bytes[begin] == value) ++begin;
  return begin;
}

void encode_one(std::uint8_t const* pixels, std::size_t num_pixels, std::vector<std::uint32_t>& counts) {
  std::uint8_t value = 0;
  std::size_t begin = 0;
  for (;;) {
    std::size_t const end = end_of_run(pixels, begin, num_pixels, value);
    counts.push_back(static_cast<std::uint32_t>(end - begin));
    if (end == num_pixels) return;
    value = pixels[end];
    begin = end;
  }
}

void decode_one(rle const& mask, std::uint8_t* pixels) {
  std::uint8_t value = 0;
  for (std::uint32_t const count : mask.counts) {
    std::memset(pixels, value, count);
    pixels += count;
    value = value == 0 ? 1 : 0;
  }
}

rle merge_two(rle const& a, rle const& b, bool intersect) {
  rle merged{a.height, a.width, {}};
  auto const emit = [&](std::uint32_t run) { merged.counts.push_back(run); };
  semantics::run_merger<decltype(emit)> merger{emit, intersect};
  view<std::uint32_t const> const runs_a{a.counts.data(), a.counts.size()};
  view<std::uint32_t const> const runs_b{b.counts.data(), b.counts.size()};
  semantics::walk_runs(runs_a, runs_b, merger);
  merger.finish();
  return merged;
}

mask_fault rasterize(interval_decoder& decoder, view<double const> coordinates, std::uint32_t height,
                     std::uint32_t width, rle& code) {
  mask_fault fault = decoder.begin_polygon(height, width);
  if (fault == mask_fault::none) fault = decoder.add_ring(coordinates.data(), coordinates.size() / 2);
  if (fault != mask_fault::none) return fault;
  decoded_mask mask;
  decoder.finish_polygon(mask);
  code = {height, width, {}};
  std::uint32_t position = 0;
  for (interval const run : mask.intervals) {
    code.counts.push_back(run.begin - position);
    code.counts.push_back(run.end - run.begin);
    position = run.end;
  }
  if (position < code.num_pixels()) code.counts.push_back(static_cast<std::uint32_t>(code.num_pixels()) - position);
  return mask_fault::none;
}

/// What overlaps of one mask need.
struct measured_mask {
  semantics::mask_measures measures{};
  std::vector<interval> intervals;
};

measured_mask measure(rle const& mask, interval_decoder& decoder) {
  measured_mask found;
  // A mask without pixels overlaps nothing.
  if (mask.num_pixels() == 0) return found;
  decoded_mask decoded;
  mask_entry entry;
  entry.height = mask.height;
  entry.width = mask.width;
  mask_fault const fault = decoder.decode_counts({mask.counts.data(), mask.counts.size()}, entry, decoded);
  if (fault != mask_fault::none) throw input_error("", "", describe(fault));
  found.measures = {bounds_of(decoded), mask.height, mask.width, decoded.area_px, decoded.has_empty_runs};
  found.intervals.assign(decoded.intervals.begin(), decoded.intervals.end());
  return found;
}

std::vector<measured_mask> measure_all(context const& ctx, view<rle const> masks, std::string const& source) {
  std::vector<measured_mask> found(masks.size());
  for (std::size_t i = 0; i < masks.size(); ++i) require_cover(masks[i], masks[i].num_pixels(), source, i);
  tbb::enumerable_thread_specific<interval_decoder> decoders;
  for_each_of(ctx, masks.size(), total_runs(masks), [&](std::size_t i) {
    try {
      found[i] = measure(masks[i], decoders.local());
    } catch (input_error const& e) {
      throw fault_at(source, i, e.problem());
    }
  });
  return found;
}

double iou_of(rle const& d, measured_mask const& d_measured, rle const& g, measured_mask const& g_measured,
              bool crowd) {
  constexpr double everything = -std::numeric_limits<double>::infinity();
  semantics::mask_pair const pair =
      semantics::look_at_pair(d_measured.measures, g_measured.measures, crowd, everything);
  if (pair.work == semantics::mask_pair_work::intersect) {
    std::uint32_t const shared = semantics::intersection_px({d_measured.intervals.data(), d_measured.intervals.size()},
                                                            {g_measured.intervals.data(), g_measured.intervals.size()});
    return semantics::mask_iou(shared, d_measured.measures.area_px, g_measured.measures.area_px, crowd);
  }
  if (pair.work == semantics::mask_pair_work::merge) {
    semantics::merged_counts const counts =
        semantics::merge_runs({d.counts.data(), d.counts.size()}, {g.counts.data(), g.counts.size()});
    return semantics::merged_iou(counts.intersection_px, counts.union_px, d_measured.measures.area_px, crowd);
  }
  return pair.iou;
}

}  // namespace

mask_fault read_rle(mask_batch const& batch, std::size_t row, rle& out) {
  mask_fault const fault = interval_decoder::read_runs(batch, row, out.counts);
  if (fault != mask_fault::none) return fault;
  out.height = batch.entries[row].height;
  out.width = batch.entries[row].width;
  return mask_fault::none;
}

std::vector<rle> read_rles(context const& ctx, mask_batch const& batch) {
  std::vector<rle> masks(batch.entries.size());
  std::vector<mask_fault> faults(masks.size());
  std::uint64_t const work = batch.text.size() + batch.counts.size();
  for_each_of(ctx, masks.size(), work, [&](std::size_t row) { faults[row] = read_rle(batch, row, masks[row]); });
  require_no_fault(faults, batch.source);
  return masks;
}

std::string encode_text(rle const& mask) {
  rle_text_writer text;
  for (std::uint32_t const run : mask.counts) text.add(run);
  return text.take();
}

std::vector<rle> encode_pixels(context const& ctx, view<std::uint8_t const> pixels, std::size_t count,
                               std::uint32_t height, std::uint32_t width) {
  std::vector<rle> masks(count, rle{height, width, {}});
  std::size_t const num_pixels = std::size_t{height} * width;
  for_each_of(ctx, count, pixels.size(),
              [&](std::size_t i) { encode_one(pixels.data() + i * num_pixels, num_pixels, masks[i].counts); });
  return masks;
}

void decode_pixels(context const& ctx, view<rle const> masks, view<std::uint8_t> pixels, std::string const& source) {
  if (masks.empty()) return;
  std::uint64_t const num_pixels = masks[0].num_pixels();
  for (std::size_t i = 0; i < masks.size(); ++i) require_cover(masks[i], num_pixels, source, i);
  for_each_of(ctx, masks.size(), pixels.size(),
              [&](std::size_t i) { decode_one(masks[i], pixels.data() + i * num_pixels); });
}

rle merge(view<rle const> masks, bool intersect, std::string const& source) {
  if (masks.empty()) return {};
  rle merged = masks[0];
  for (std::size_t i = 1; i < masks.size(); ++i) {
    if (masks[i].height != merged.height || masks[i].width != merged.width) return {};
    // A walk that ended early leaves a code that covers its size no more.
    require_cover(merged, merged.num_pixels(), source, i - 1);
    require_cover(masks[i], merged.num_pixels(), source, i);
    if (merged.counts.empty() || masks[i].counts.empty()) return {merged.height, merged.width, {}};
    merged = merge_two(merged, masks[i], intersect);
  }
  return merged;
}

std::uint32_t area_px(rle const& mask) {
  std::uint32_t area = 0;
  for (std::size_t run = 1; run < mask.counts.size(); run += 2) area += mask.counts[run];
  return area;
}

box bounds_of(rle const& mask, std::string const& source) {
  semantics::bounds_of_runs bounds(mask.height, mask.width);
  std::uint32_t position = 0;
  for (std::size_t run = 0; run < mask.counts.size(); ++run) {
    std::uint32_t const begin = position;
    position += mask.counts[run];
    if (run % 2 == 0) continue;
    if (mask.height == 0) throw input_error(source, "", "runs in a mask of height 0");
    bounds.take(begin, position, mask.height);
  }
  return bounds.bounds();
}

void measure_rles(context const& ctx, mask_batch const& batch, view<std::uint32_t> areas, view<box> bounds) {
  std::vector<mask_fault> faults(batch.entries.size());
  tbb::enumerable_thread_specific<rle> codes;
  for_each_of(ctx, batch.entries.size(), batch.text.size() + batch.counts.size(), [&](std::size_t row) {
    rle& code = codes.local();
    faults[row] = read_rle(batch, row, code);
    if (faults[row] != mask_fault::none) return;
    areas[row] = area_px(code);
    if (code.height == 0 && code.counts.size() > 1) {
      faults[row] = mask_fault::bad_size;
    } else {
      bounds[row] = bounds_of(code, batch.source);
    }
  });
  require_no_fault(faults, batch.source);
}

rle rasterize_ring(view<double const> coordinates, std::uint32_t height, std::uint32_t width,
                   std::string const& source) {
  interval_decoder decoder;
  rle code;
  mask_fault const fault = rasterize(decoder, coordinates, height, width, code);
  if (fault != mask_fault::none) throw input_error(source, "", describe(fault));
  return code;
}

std::vector<rle> rasterize_rings(context const& ctx, std::vector<std::vector<double>> const& rings,
                                 std::uint32_t height, std::uint32_t width, std::string const& source) {
  std::vector<rle> codes(rings.size());
  std::vector<mask_fault> faults(rings.size());
  tbb::enumerable_thread_specific<interval_decoder> decoders;
  for_each_of(ctx, rings.size(), std::uint64_t{width} * rings.size() * 16, [&](std::size_t i) {
    faults[i] = rasterize(decoders.local(), {rings[i].data(), rings[i].size()}, height, width, codes[i]);
  });
  require_no_fault(faults, source);
  return codes;
}

void rle_ious(context const& ctx, view<rle const> detections, view<rle const> ground_truths,
              view<std::uint8_t const> crowd, view<double> ious, std::string const& source) {
  std::vector<measured_mask> const d_measured = measure_all(ctx, detections, source + "dt");
  std::vector<measured_mask> const g_measured = measure_all(ctx, ground_truths, source + "gt");
  std::uint64_t const work =
      total_runs(detections) * ground_truths.size() + total_runs(ground_truths) * detections.size();
  for_each_of(ctx, ground_truths.size(), work, [&](std::size_t g) {
    for (std::size_t d = 0; d < detections.size(); ++d) {
      ious[g * detections.size() + d] =
          iou_of(detections[d], d_measured[d], ground_truths[g], g_measured[g], crowd[g] != 0);
    }
  });
}

void box_ious(context const& ctx, view<box const> detections, view<box const> ground_truths,
              view<std::uint8_t const> crowd, view<double> ious) {
  for_each_of(ctx, ground_truths.size(), 16 * detections.size() * ground_truths.size(), [&](std::size_t g) {
    for (std::size_t d = 0; d < detections.size(); ++d) {
      ious[g * detections.size() + d] = semantics::box_iou(detections[d], ground_truths[g], crowd[g] != 0);
    }
  });
}

}  // namespace maskmetrics
