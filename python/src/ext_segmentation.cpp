#include "ext_segmentation.hpp"

#include <limits>
#include <utility>

#include "ext_values.hpp"

namespace maskmetrics::python {

namespace {

bool is_text(nb::handle value) {
  return PyUnicode_Check(value.ptr()) || PyBytes_Check(value.ptr());
}

std::uint32_t length_of(std::size_t size) {
  if (size > std::numeric_limits<std::uint32_t>::max()) {
    throw value_fault{also_a::value_error, "", "has more than 2^32 - 1 elements"};
  }
  return static_cast<std::uint32_t>(size);
}

bool holds_pairs(nb::handle ring) {
  if (!PyList_Check(ring.ptr()) && !PyTuple_Check(ring.ptr())) return false;
  sequence const points(ring, {});
  return points.size() > 0 && (PyList_Check(points[0].ptr()) || PyTuple_Check(points[0].ptr()));
}

}  // namespace

void mask_collector::add_code(nb::handle code) {
  mask_entry entry;
  nb::object const counts = get(code, keys().counts);
  if (!is_text(counts)) {
    throw value_fault{also_a::type_error, row_path{keys().counts}.text(),
                      "expected a string or bytes, got " + describe(counts)};
  }
  add_text(counts, entry);
  read_size(code, entry);
  batch_.entries.push_back(entry);
}

void mask_collector::add_counts(nb::handle code) {
  mask_entry entry;
  add_runs(get(code, keys().counts), entry);
  read_size(code, entry);
  batch_.entries.push_back(entry);
}

void mask_collector::add_segmentation(nb::handle segmentation) {
  bool const is_list = PyList_Check(segmentation.ptr()) || PyTuple_Check(segmentation.ptr());
  if (is_list || nb::hasattr(segmentation, "tolist")) return add_polygons(segmentation);
  if (!PyMapping_Check(segmentation.ptr()) || is_text(segmentation)) {
    throw value_fault{also_a::type_error, "",
                      "expected a list of polygons [[x1, y1, x2, y2, ...]] or an RLE with 'size' and 'counts', got " +
                          describe(segmentation)};
  }
  if (is_text(get(segmentation, keys().counts))) return add_code(segmentation);
  add_counts(segmentation);
}

void mask_collector::add_of_row(nb::handle row) {
  nb::object const segmentation = find(row, keys().segmentation);
  if (!segmentation.is_valid()) return add_none();
  try {
    add_segmentation(segmentation);
  } catch (value_fault const& fault) {
    throw value_fault{fault.kind, row_path{keys().segmentation}.text() + fault.path, fault.problem};
  }
}

mask_batch mask_collector::finish(std::string source) {
  auto const kept = std::make_shared<std::string const>(std::move(text_));
  batch_.text = *kept;
  batch_.text_owner = kept;
  batch_.source = std::move(source);
  return std::move(batch_);
}

void mask_collector::add_text(nb::handle counts, mask_entry& entry) {
  Py_ssize_t length = 0;
  char const* bytes = nullptr;
  if (PyUnicode_Check(counts.ptr())) {
    bytes = PyUnicode_AsUTF8AndSize(counts.ptr(), &length);
    if (bytes == nullptr) {
      PyErr_Clear();  // a surrogate alone, which UTF-8 has not
      throw value_fault{also_a::value_error, row_path{keys().counts}.text(),
                        "expected the text of RLE counts, got " + describe(counts)};
    }
  } else {
    bytes = PyBytes_AS_STRING(counts.ptr());
    length = PyBytes_GET_SIZE(counts.ptr());
  }
  entry.begin = text_.size();
  entry.length = length_of(static_cast<std::size_t>(length));
  entry.form = mask_form::text;
  text_.append(bytes, static_cast<std::size_t>(length));
}

void mask_collector::add_runs(nb::handle counts, mask_entry& entry) {
  row_path const path{keys().counts};
  sequence const runs(counts, path);
  entry.begin = batch_.counts.size();
  entry.length = length_of(runs.size());
  entry.form = mask_form::counts;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    batch_.counts.push_back(to_uint32(runs[i], path));
  }
}

void mask_collector::add_polygons(nb::handle rings) {
  sequence const all(rings, {});
  mask_entry entry;
  entry.begin = batch_.rings.size();
  entry.length = length_of(all.size());
  entry.form = mask_form::polygons;
  if (all.size() > 0) {
    nb::object const first = without_tensor(all[0]);
    if (PyNumber_Check(first.ptr()) && !PySequence_Check(first.ptr())) {
      throw value_fault{also_a::type_error, "",
                        "expected a list of polygons [[x1, y1, x2, y2, ...]], got a flat list of " +
                            std::to_string(all.size()) + " numbers"};
    }
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::size_t const begin = batch_.coordinates.size();
    append_ring(all[i], i);
    batch_.rings.push_back({begin, length_of(batch_.coordinates.size() - begin)});
  }
  batch_.entries.push_back(entry);
}

void mask_collector::append_ring(nb::handle ring, std::size_t i) {
  try {
    append_numbers(ring, {}, batch_.coordinates);
  } catch (value_fault const& fault) {
    if (holds_pairs(ring)) {
      throw value_fault{fault.kind, "",
                        "expected a list of polygons [[x1, y1, x2, y2, ...]], got polygons of [x, y] pairs"};
    }
    throw value_fault{fault.kind, row_path{}.at(i).text() + fault.path, fault.problem};
  }
}

void mask_collector::read_size(nb::handle code, mask_entry& entry) const {
  row_path const path{keys().size};
  sequence const sides(get(code, keys().size), path);
  if (sides.size() < 2) {
    throw value_fault{also_a::index_error, path.text(),
                      "expected height and width, got " + std::to_string(sides.size()) + " number(s)"};
  }
  entry.height = to_uint32(sides[0], path);
  entry.width = to_uint32(sides[1], path);
}

}  // namespace maskmetrics::python
