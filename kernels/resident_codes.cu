// Resident codes: masks whose codes are on the device already, as what geometry.cu and polygon.cu read.
//
// In: mask entries with text, counts and rings, rows [M] in cell order, sizes of images. Out: room that each mask
// decodes to [M]; mask codes of a chunk.
//
// Mapping: one thread = one mask. Run-length codes take a few steps; a polygon as many as it has points, which are
// checked here. No shared memory, no barrier; one atomicMin a faulty mask. Work: O(M log C) + O(points).
#include <maskmetrics/semantics/polygon.hpp>
#include <maskmetrics/semantics/runs.hpp>

#include "common/search.cuh"
#include "mask_side.cuh"

namespace maskmetrics::MASKMETRICS_KERNELS {

namespace {

struct resident_policy {
  static constexpr unsigned threads = 128;
};

/// A mask's code without its place in the intervals. @return what is wrong with it, as far as can be told here
[[nodiscard]] __device__ mask_fault code_of(resident_codes const& codes, std::uint32_t place, mask_code& code) {
  if (!codes.others_begin.empty()) {
    std::size_t const cell = group_of(codes.cell_begin, place);
    if (codes.others_begin[cell] == codes.others_begin[cell + 1]) return mask_fault::none;  // stays empty
  }
  mask_columns const& columns = codes.masks.codes;
  std::uint32_t const row = codes.masks.rows[place];
  if (row >= columns.entries.size()) return mask_fault::missing;
  mask_entry const& entry = columns.entries[row];
  if (!columns.hold(entry)) return mask_fault::outside;
  code.begin = entry.begin;
  code.length = entry.length;
  code.form = entry.form;
  switch (entry.form) {
    case mask_form::text:
    case mask_form::counts:
      code.height = entry.height;
      code.width = entry.width;
      return semantics::valid_mask_size(code.height, code.width) ? mask_fault::none : mask_fault::bad_size;
    case mask_form::polygons:
      break;
    case mask_form::none:
      return mask_fault::missing;
    default:
      return mask_fault::invalid_form;
  }
  if (entry.length == 0) return mask_fault::no_rings;
  // The reference looks at the first ring alone to tell polygons from boxes, so later ones may be anything.
  if (columns.rings[entry.begin].num_values <= 4) return mask_fault::too_few_points;
  std::uint32_t const image = codes.cell_images[group_of(codes.cell_begin, place)];
  if (image >= codes.masks.image_heights.size()) return mask_fault::bad_size;
  code.height = codes.masks.image_heights[image];
  code.width = codes.masks.image_widths[image];
  return semantics::valid_mask_size(code.height, code.width) ? mask_fault::none : mask_fault::bad_size;
}

/// Room for the intervals of a polygon. @param fault  set where a coordinate is none, or there is no room
[[nodiscard]] __device__ std::uint32_t room_of_polygon(mask_columns const& columns, mask_code const& code,
                                                       mask_fault& fault) {
  std::uint64_t room = 0;
  for (std::uint32_t r = 0; r < code.length; ++r) {
    polygon_ring const& ring = columns.rings[code.begin + r];
    double const* const values = columns.coordinates.data() + ring.begin;
    std::uint32_t const num_points = ring.num_values / 2;
    for (std::uint32_t i = 0; i < 2 * num_points; ++i) {
      if (!semantics::valid_polygon_coordinate(values[i])) fault = mask_fault::coordinate;
    }
    if (fault != mask_fault::none) return 0;
    std::uint64_t crossings = 0;
    int before = num_points == 0 ? 0 : semantics::polygon_grid_point(values[2 * (num_points - 1)]);
    for (std::uint32_t i = 0; i < num_points; ++i) {
      int const x = semantics::polygon_grid_point(values[2 * i]);
      crossings += semantics::most_polygon_crossings(before, x, code.width);
      before = x;
    }
    room += interval_room_of_ring(crossings);
  }
  if (room > ~std::uint32_t{0}) fault = mask_fault::coordinate;  // rings that cross more columns than any image has
  return static_cast<std::uint32_t>(room);
}

__global__ void __launch_bounds__(resident_policy::threads)
    measure(resident_codes codes, view<std::uint32_t> rooms, std::uint64_t* fault_word) {
  std::size_t const place = std::size_t{blockIdx.x} * resident_policy::threads + threadIdx.x;
  if (place >= rooms.size()) return;
  mask_code code;
  mask_fault fault = code_of(codes, static_cast<std::uint32_t>(place), code);
  std::uint32_t room = 0;
  if (fault == mask_fault::none) {
    room = code.form == mask_form::polygons ? room_of_polygon(codes.masks.codes, code, fault)
                                            : static_cast<std::uint32_t>(interval_room_of_runs(code.length));
  }
  rooms[place] = fault == mask_fault::none ? room : 0;
  if (fault != mask_fault::none) {
    atomicMin(atomic_word(fault_word), std::uint64_t{place} << 8U | static_cast<std::uint64_t>(fault));
  }
}

__global__ void __launch_bounds__(resident_policy::threads)
    gather(resident_codes codes, std::uint32_t first, view<std::uint64_t const> interval_begin, view<mask_code> out) {
  std::size_t const m = std::size_t{blockIdx.x} * resident_policy::threads + threadIdx.x;
  if (m >= out.size()) return;
  auto const place = static_cast<std::uint32_t>(first + m);
  mask_code code;
  // Faults were found when the codes were measured.
  static_cast<void>(code_of(codes, place, code));
  code.interval_begin = interval_begin[place] - interval_begin[first];
  out[m] = code;
}

}  // namespace

void measure_codes(resident_codes const& codes, view<std::uint32_t> rooms, std::uint64_t* fault, stream_ref stream) {
  constexpr unsigned threads = resident_policy::threads;
  launch(&measure, ceil_div(rooms.size(), threads), threads, 0, stream, codes, rooms, fault);
}

void gather_codes(resident_codes const& codes, std::uint32_t first, view<std::uint64_t const> interval_begin,
                  view<mask_code> out, stream_ref stream) {
  constexpr unsigned threads = resident_policy::threads;
  launch(&gather, ceil_div(out.size(), threads), threads, 0, stream, codes, first, interval_begin, out);
}

}  // namespace maskmetrics::MASKMETRICS_KERNELS
