/// @file
/// "segmentation" of Python dictionaries, in all its forms, to a batch of masks.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include <nanobind/nanobind.h>

#include <maskmetrics/mask_batch.hpp>

#include "ext_errors.hpp"

namespace maskmetrics::python {

/// Collects masks; their text is copied, so that nothing refers to Python objects afterwards.
class mask_collector {
public:
  /// An RLE whose counts are text, as pycocotools' mask functions take it.
  /// @throws value_fault
  void add_code(nb::handle code);
  /// An RLE with a list of counts.
  void add_counts(nb::handle code);
  /// Polygons, or an RLE of either kind, as pycocotools `COCO.annToRLE` takes them.
  void add_segmentation(nb::handle segmentation);
  /// The mask of a row, which may lack one. A fault is one of the row.
  void add_of_row(nb::handle row);
  /// No mask: see mask_form::none.
  void add_none() { batch_.entries.push_back({}); }

  /// The batch owns its text; the collector is done.
  [[nodiscard]] mask_batch finish(std::string source);

private:
  void add_text(nb::handle counts, mask_entry& entry);
  void add_runs(nb::handle counts, mask_entry& entry);
  void add_polygons(nb::handle rings);
  void append_ring(nb::handle ring, std::size_t i);
  void read_size(nb::handle code, mask_entry& entry) const;

  mask_batch batch_;
  std::string text_;
};

}  // namespace maskmetrics::python
