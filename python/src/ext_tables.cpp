// Curves from evalImgs: lists of dictionaries that a caller may have put together from several evaluations.
#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <maskmetrics/error.hpp>
#include <maskmetrics/outcomes.hpp>

#include "ext_arrays.hpp"
#include "ext_bindings.hpp"
#include "ext_call.hpp"
#include "ext_values.hpp"

namespace maskmetrics::python {

namespace {

/// An array of one or two dimensions, converted where it has not the type wanted.
template <class T>
class matrix {
public:
  matrix(nb::handle value, char const* dtype, int num_dimensions) {
    nb::object const array = nb::module_::import_("numpy").attr("asarray")(value, dtype);
    if (PyObject_GetBuffer(array.ptr(), &view_, PyBUF_STRIDES) != 0) throw nb::python_error();
    held_ = true;
    if (view_.ndim != num_dimensions) {
      int const found = view_.ndim;
      release();
      throw value_fault{also_a::value_error, "",
                        "expected " + std::to_string(num_dimensions) + " dimension(s), found " + std::to_string(found)};
    }
  }
  matrix(matrix const&) = delete;
  matrix& operator=(matrix const&) = delete;
  ~matrix() { release(); }

  [[nodiscard]] std::size_t size(int axis) const { return static_cast<std::size_t>(view_.shape[axis]); }
  [[nodiscard]] T at(std::size_t row) const { return read(static_cast<Py_ssize_t>(row) * view_.strides[0]); }
  [[nodiscard]] T at(std::size_t row, std::size_t column) const {
    return read(static_cast<Py_ssize_t>(row) * view_.strides[0] + static_cast<Py_ssize_t>(column) * view_.strides[1]);
  }

private:
  [[nodiscard]] T read(Py_ssize_t offset) const {
    T value;
    std::memcpy(&value, static_cast<char const*>(view_.buf) + offset, sizeof value);
    return value;
  }
  void release() {
    if (held_) PyBuffer_Release(&view_);
    held_ = false;
  }

  Py_buffer view_{};
  bool held_ = false;
};

/// The names that COCO's and LVIS' tables use.
struct table_keys {
  nb::str scores;
  nb::str matches;
  nb::str ignored;
  nb::str ground_truth_ignored;
};

/// Collects the outcomes of tables; every (category, area range) becomes a category of its own.
class outcome_collector {
public:
  outcome_collector(table_keys const& names, std::size_t num_thresholds, std::size_t deepest)
      : names_(names), deepest_(deepest) {
    table_.num_thresholds = num_thresholds;
    table_.num_area_ranges = 1;
    words_ = outcome_words(num_thresholds);
  }

  void start_group() { table_.num_ground_truths.push_back(0); }
  void end_group() { table_.category_begin.push_back(static_cast<std::uint32_t>(table_.scores.size())); }

  void add(nb::handle table) {
    matrix<std::int64_t> const ignored_truth(get(table, names_.ground_truth_ignored.ptr()), "int64", 1);
    for (std::size_t g = 0; g < ignored_truth.size(0); ++g) {
      table_.num_ground_truths.back() += ignored_truth.at(g) == 0 ? 1U : 0U;
    }
    nb::object const listed = get(table, names_.scores.ptr());
    sequence const scores(listed, {names_.scores.ptr()});
    std::size_t const count = std::min(scores.size(), deepest_);
    if (count == 0) return;
    matrix<double> const matches(get(table, names_.matches.ptr()), "float64", 2);
    matrix<bool> const ignored(get(table, names_.ignored.ptr()), "bool", 2);
    require_shape(matches, scores.size(), names_.matches);
    require_shape(ignored, scores.size(), names_.ignored);
    for (std::size_t d = 0; d < count; ++d) {
      table_.scores.push_back(to_double(scores[d], row_path{names_.scores.ptr()}.at(d)));
      table_.ranks_in_cell.push_back(static_cast<std::uint32_t>(d));
      add_outcomes(matches, ignored, d);
    }
  }

  [[nodiscard]] outcome_table const& table() const { return table_; }

private:
  template <class T>
  void require_shape(matrix<T> const& array, std::size_t num_detections, nb::str const& name) const {
    if (array.size(0) == table_.num_thresholds && array.size(1) == num_detections) return;
    throw value_fault{also_a::index_error, row_path{name.ptr()}.text(),
                      "expected shape [" + std::to_string(table_.num_thresholds) + ", " +
                          std::to_string(num_detections) + "], found [" + std::to_string(array.size(0)) + ", " +
                          std::to_string(array.size(1)) + "]"};
  }

  void add_outcomes(matrix<double> const& matches, matrix<bool> const& ignored, std::size_t d) {
    std::size_t const first = table_.outcomes.size();
    table_.outcomes.resize(first + words_);
    for (std::size_t t = 0; t < table_.num_thresholds; ++t) {
      outcome_word const bit = outcome_word{1} << (t % thresholds_per_outcome);
      outcome_word& word = table_.outcomes[first + t / thresholds_per_outcome];
      if (ignored.at(t, d)) {
        word |= bit << thresholds_per_outcome;
      } else if (matches.at(t, d) != 0) {
        word |= bit;
      }
    }
  }

  table_keys const& names_;
  std::size_t deepest_;
  std::size_t words_ = 0;
  outcome_table table_;
};

using index_list = std::vector<std::size_t>;

/// @param stride_k, stride_a  how far apart the tables of two categories, and of two area ranges, stand
nb::tuple accumulate_tables(nb::handle tables, nb::tuple const& names, index_list const& categories,
                            index_list const& areas, index_list const& images, std::size_t stride_k,
                            std::size_t stride_a, std::size_t num_thresholds,
                            std::vector<double> const& recall_thresholds, std::vector<std::uint32_t> const& max_dets) {
  sequence const all = elements_of(tables, "evalImgs", "");
  table_keys const keys_of_tables{nb::str(names[0]), nb::str(names[1]), nb::str(names[2]), nb::str(names[3])};
  std::uint32_t const deepest = max_dets.empty() ? 0 : *std::max_element(max_dets.begin(), max_dets.end());
  outcome_collector collector(keys_of_tables, num_thresholds, deepest);
  for (std::size_t const k : categories) {
    for (std::size_t const a : areas) {
      collector.start_group();
      for (std::size_t const i : images) {
        std::size_t const place = k * stride_k + a * stride_a + i;
        if (place >= all.size()) {
          throw python_input_error(also_a::index_error, "evalImgs", "[" + std::to_string(place) + "]",
                                   "there are only " + std::to_string(all.size()) + " tables");
        }
        if (all[place].is_none()) continue;
        try {
          collector.add(all[place]);
        } catch (value_fault const& fault) {
          throw_at(fault, "evalImgs", "[" + std::to_string(place) + "]");
        }
      }
      collector.end_group();
    }
  }
  curves found;
  {
    nb::gil_scoped_release const released;
    found = accumulate_outcomes(make_context("cpu", 0), collector.table(), recall_thresholds, max_dets);
  }
  std::size_t const groups = categories.size() * areas.size();
  std::size_t const t = num_thresholds;
  std::size_t const r = recall_thresholds.size();
  std::size_t const m = max_dets.size();
  return nb::make_tuple(
      to_numpy(std::move(found.precision), {t, r, categories.size(), areas.size(), m}),
      to_numpy(std::move(found.recall), {t, categories.size(), areas.size(), m}),
      to_numpy(std::move(found.scores), {t, r, groups == 0 ? 0 : categories.size(), areas.size(), m}));
}

}  // namespace

void bind_tables(nb::module_& module) {
  module.def("accumulate_tables", &accumulate_tables, nb::arg("tables"), nb::arg("names"), nb::arg("categories"),
             nb::arg("areas"), nb::arg("images"), nb::arg("stride_k"), nb::arg("stride_a"), nb::arg("num_thresholds"),
             nb::arg("recall_thresholds"), nb::arg("max_dets"),
             "Precision [T, R, K, A, M], recall [T, K, A, M] and scores of evalImgs.");
}

}  // namespace maskmetrics::python
