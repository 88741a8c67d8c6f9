// maskmetrics.mask: what pycocotools._mask does, on lists. python/maskmetrics/mask.py takes single objects apart.
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>

#include <maskmetrics/memory.hpp>
#include <maskmetrics/rle.hpp>
#include <maskmetrics/semantics/polygon.hpp>
#include <maskmetrics/semantics/runs.hpp>

#include "ext_arrays.hpp"
#include "ext_bindings.hpp"
#include "ext_segmentation.hpp"
#include "ext_values.hpp"

namespace maskmetrics::python {

namespace {

constexpr char const* codes_name = "rleObjs";

template <class T>
view<T const> as_view(std::vector<T> const& values) {
  return {values.data(), values.size()};
}

std::string row_name(std::size_t row) {
  return "[" + std::to_string(row) + "]";
}

/// The codes of a list of dictionaries.
mask_batch collect_codes(nb::handle objects, char const* name) {
  sequence const all = elements_of(objects, name, "");
  mask_collector collector;
  for (std::size_t i = 0; i < all.size(); ++i) {
    try {
      collector.add_code(all[i]);
    } catch (value_fault const& fault) {
      throw_at(fault, name, row_name(i));
    }
  }
  return collector.finish(name);
}

std::vector<rle> read_codes(nb::handle objects, char const* name) {
  mask_batch const batch = collect_codes(objects, name);
  nb::gil_scoped_release const released;
  return read_rles({}, batch);
}

nb::dict to_dict(rle const& mask) {
  std::string const text = encode_text(mask);
  nb::list size;
  size.append(mask.height);
  size.append(mask.width);
  nb::dict code;
  code[nb::handle(keys().size)] = size;
  code[nb::handle(keys().counts)] = nb::bytes(text.data(), text.size());
  return code;
}

nb::list to_list(std::vector<rle> const& masks) {
  nb::list codes;
  for (rle const& mask : masks) codes.append(to_dict(mask));
  return codes;
}

[[noreturn]] void throw_mask_size(std::size_t height, std::size_t width) {
  throw python_input_error(
      also_a::value_error, "mask", "",
      "expected fewer than 2^31 pixels, found " + std::to_string(height) + " x " + std::to_string(width));
}

nb::list encode(nb::ndarray<std::uint8_t const, nb::ndim<3>, nb::f_contig, nb::device::cpu> const& masks) {
  std::size_t const height = masks.shape(0);
  std::size_t const width = masks.shape(1);
  std::size_t const count = masks.shape(2);
  if (height * width > 0x7FFFFFFFU || height > 0x7FFFFFFFU || width > 0x7FFFFFFFU) throw_mask_size(height, width);
  std::vector<rle> codes;
  {
    nb::gil_scoped_release const released;
    codes = encode_pixels({}, {masks.data(), height * width * count}, count, static_cast<std::uint32_t>(height),
                          static_cast<std::uint32_t>(width));
  }
  return to_list(codes);
}

nb::ndarray<nb::numpy, std::uint8_t, nb::f_contig> decode(nb::handle objects) {
  std::vector<rle> const masks = read_codes(objects, codes_name);
  if (masks.empty()) throw python_input_error(also_a::index_error, codes_name, "", "no mask to take the size from");
  std::size_t const height = masks[0].height;
  std::size_t const width = masks[0].width;
  // Runs that do not cover the size are found before anything of that size is allocated.
  if (height * width > 0x7FFFFFFFU) throw_mask_size(height, width);
  auto pixels = std::make_unique<buffer<std::uint8_t>>(height * width * masks.size());
  {
    nb::gil_scoped_release const released;
    decode_pixels({}, as_view(masks), pixels->all(), codes_name);
  }
  std::uint8_t* const data = pixels->data();
  nb::capsule const owner(pixels.release(),
                          [](void* pointer) noexcept { delete static_cast<buffer<std::uint8_t>*>(pointer); });
  return nb::ndarray<nb::numpy, std::uint8_t, nb::f_contig>(
      data, {height, width, masks.size()}, owner,
      {1, static_cast<std::int64_t>(height), static_cast<std::int64_t>(height * width)});
}

/// Areas [count] and tight boxes [count, 4].
nb::tuple measure(nb::handle objects) {
  mask_batch const batch = collect_codes(objects, codes_name);
  std::vector<std::uint32_t> areas(batch.entries.size());
  std::vector<box> bounds(areas.size());
  std::vector<double> boxes;
  {
    nb::gil_scoped_release const released;
    measure_rles({}, batch, {areas.data(), areas.size()}, {bounds.data(), bounds.size()});
    boxes.reserve(4 * bounds.size());
    for (box const& each : bounds) boxes.insert(boxes.end(), {each.x, each.y, each.width, each.height});
  }
  std::size_t const count = areas.size();
  return nb::make_tuple(to_numpy(std::move(areas)), to_numpy(std::move(boxes), {count, 4}));
}

nb::dict merge_codes(nb::handle objects, bool intersect) {
  std::vector<rle> const masks = read_codes(objects, codes_name);
  rle merged;
  {
    nb::gil_scoped_release const released;
    merged = merge(as_view(masks), intersect, codes_name);
  }
  return to_dict(merged);
}

using iou_array = nb::ndarray<nb::numpy, double, nb::f_contig>;

/// [D, G] in Fortran order, as [G, D] lies in memory.
iou_array to_ious(std::vector<double> values, std::size_t num_detections, std::size_t num_ground_truths) {
  auto kept = std::make_unique<std::vector<double>>(std::move(values));
  double* const data = kept->data();
  nb::capsule const owner(kept.release(),
                          [](void* pointer) noexcept { delete static_cast<std::vector<double>*>(pointer); });
  return iou_array(data, {num_detections, num_ground_truths}, owner, {1, static_cast<std::int64_t>(num_detections)});
}

using crowd_flags = column<std::uint8_t>;

iou_array iou_of_codes(nb::handle detections, nb::handle ground_truths, crowd_flags const& crowd) {
  std::vector<rle> const d = read_codes(detections, "dt");
  std::vector<rle> const g = read_codes(ground_truths, "gt");
  std::vector<double> ious(d.size() * g.size());
  {
    nb::gil_scoped_release const released;
    rle_ious({}, as_view(d), as_view(g), {crowd.data(), crowd.size()}, {ious.data(), ious.size()}, "");
  }
  return to_ious(std::move(ious), d.size(), g.size());
}

using box_array = nb::ndarray<double const, nb::shape<-1, 4>, nb::c_contig, nb::device::cpu>;

std::vector<box> to_boxes(box_array const& values) {
  std::vector<box> boxes(values.shape(0));
  double const* at = values.data();
  for (box& one : boxes) {
    one = {at[0], at[1], at[2], at[3]};
    at += 4;
  }
  return boxes;
}

iou_array iou_of_boxes(box_array const& detections, box_array const& ground_truths, crowd_flags const& crowd) {
  std::vector<box> const d = to_boxes(detections);
  std::vector<box> const g = to_boxes(ground_truths);
  std::vector<double> ious(d.size() * g.size());
  {
    nb::gil_scoped_release const released;
    box_ious({}, as_view(d), as_view(g), {crowd.data(), crowd.size()}, {ious.data(), ious.size()});
  }
  return to_ious(std::move(ious), d.size(), g.size());
}

std::vector<rle> rasterize_all(std::vector<std::vector<double>> const& rings, std::uint32_t height,
                               std::uint32_t width) {
  nb::gil_scoped_release const released;
  return rasterize_rings({}, rings, height, width, "pyobj");
}

nb::list from_boxes(box_array const& values, std::uint32_t height, std::uint32_t width) {
  std::vector<std::vector<double>> rings;
  for (box const& bounds : to_boxes(values)) {
    semantics::box_ring const ring(bounds);
    rings.emplace_back(std::begin(ring.coordinates), std::end(ring.coordinates));
  }
  return to_list(rasterize_all(rings, height, width));
}

nb::list from_polygons(nb::handle polygons, std::uint32_t height, std::uint32_t width) {
  sequence const all = elements_of(polygons, "pyobj", "");
  std::vector<std::vector<double>> rings(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    try {
      append_numbers(all[i], {}, rings[i]);
    } catch (value_fault const& fault) {
      throw_at(fault, "pyobj", row_name(i));
    }
  }
  return to_list(rasterize_all(rings, height, width));
}

nb::list from_counts(nb::handle objects) {
  sequence const all = elements_of(objects, "pyobj", "");
  mask_collector collector;
  for (std::size_t i = 0; i < all.size(); ++i) {
    try {
      collector.add_counts(all[i]);
    } catch (value_fault const& fault) {
      throw_at(fault, "pyobj", row_name(i));
    }
  }
  return to_list(read_rles({}, collector.finish("pyobj")));
}

}  // namespace

void bind_mask(nb::module_& module) {
  module.def("encode", &encode, nb::arg("masks"), "Codes of masks [height, width, count] in Fortran order.");
  module.def("decode", &decode, nb::arg("codes"), "Masks [height, width, count] in Fortran order, uint8.");
  module.def("measure", &measure, nb::arg("codes"),
             "Foreground pixels [count], uint32, and tight boxes [count, 4]: x, y, width, height.");
  module.def("merge", &merge_codes, nb::arg("codes"), nb::arg("intersect"), "Union or intersection.");
  module.def("iou_of_codes", &iou_of_codes, nb::arg("dt"), nb::arg("gt"), nb::arg("iscrowd"),
             "IoU [D, G] of run-length codes.");
  module.def("iou_of_boxes", &iou_of_boxes, nb::arg("dt"), nb::arg("gt"), nb::arg("iscrowd"), "IoU [D, G] of boxes.");
  module.def("from_boxes", &from_boxes, nb::arg("boxes"), nb::arg("height"), nb::arg("width"),
             "Codes of boxes [count, 4].");
  module.def("from_polygons", &from_polygons, nb::arg("polygons"), nb::arg("height"), nb::arg("width"),
             "Codes of polygons, one each.");
  module.def("from_counts", &from_counts, nb::arg("codes"), "Compressed codes of uncompressed ones.");
}

}  // namespace maskmetrics::python
