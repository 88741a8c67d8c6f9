// Evaluations: arrays, and what they are made of cell by cell.
#include <cctype>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <maskmetrics/cell_details.hpp>
#include <maskmetrics/error.hpp>
#include <maskmetrics/evaluate.hpp>
#include <maskmetrics/report.hpp>
#include <maskmetrics/summary.hpp>

#include "ext_arrays.hpp"
#include "ext_bindings.hpp"
#include "ext_call.hpp"
#include "ext_objects.hpp"
#include "ext_result.hpp"
#include "ext_values.hpp"

namespace maskmetrics::python {

namespace {

/// The row that a place names by "[N]", where it names one.
std::optional<std::size_t> row_of(std::string const& place) {
  std::size_t const open = place.find('[');
  if (open == std::string::npos || open + 1 >= place.size() ||
      std::isdigit(static_cast<unsigned char>(place[open + 1])) == 0)
    return {};
  return std::strtoull(place.c_str() + open + 1, nullptr, 10);
}

/// Rows that came from an index by id have no place of their own: messages name the id.
[[noreturn]] void throw_with_id(input_error const& fault, std::string const& id) {
  std::size_t const colon = fault.problem().find(": ");
  std::string const problem = colon == std::string::npos ? fault.problem() : fault.problem().substr(colon + 2);
  throw input_error(fault.source(), "anns[" + id + "]['segmentation']", problem);
}

/// Calls work(); what it throws about a row of tables without order is said of the row's id.
template <class Work>
auto with_ids(shared_dataset const& ground_truth, shared_detections const& results, Work&& work) {
  try {
    return work();
  } catch (input_error const& fault) {
    auto const row = row_of(fault.place());
    if (row && results.rows_have_no_order && fault.source() == results.data->source &&
        *row < results.data->ids.size()) {
      throw_with_id(fault, std::to_string(results.data->ids[*row]));
    }
    auto const& ids = ground_truth.data->annotations.ids;
    if (row && ground_truth.rows_have_no_order && fault.source() == ground_truth.data->source && *row < ids.size()) {
      throw_with_id(fault, ground_truth.ids ? describe(ground_truth.ids->keys[*row]) : std::to_string(ids[*row]));
    }
    throw;
  }
}

/// Blocks [A, T, n] of places within cells, as ids.
struct id_blocks {
  std::size_t num_areas;
  std::size_t num_thresholds;

  /// @param begin  of the cells' rows of the blocks' last axis
  /// @param target_begin  of the rows that the places count from
  /// @param id_of  id of a target row; 0 stands for none
  template <class IdOf>
  [[nodiscard]] std::vector<double> ids_of(std::vector<std::uint32_t> const& places,
                                           std::vector<std::uint32_t> const& begin,
                                           std::vector<std::uint32_t> const& target_begin, IdOf const& id_of) const {
    std::vector<double> ids(places.size());
    std::size_t i = 0;
    for (std::size_t c = 0; c + 1 < begin.size(); ++c) {
      std::size_t const end = std::size_t{begin[c + 1]} * num_areas * num_thresholds;
      for (; i < end; ++i) {
        if (places[i] != no_index) ids[i] = id_of(target_begin[c] + places[i]);
      }
    }
    return ids;
  }
};

/// An evaluation that keeps what it refers to.
class matched {
public:
  matched(shared_dataset ground_truth, shared_detections results, protocol how, std::string const& device, int threads,
          nb::object progress)
      : ground_truth_(std::move(ground_truth)),
        results_(std::move(results)),
        how_(std::move(how)),
        ctx_(make_context(device, threads)) {
    with_ids(ground_truth_, results_, [&] {
      matched_ = run_call(ctx_, std::move(progress), [&](context const& ctx) {
        // It outlives the call, and with it whoever watches the call.
        context lasting = ctx;
        auto const told = std::make_shared<progress_function>(ctx.progress);
        lasting.progress = [told](char const* stage, std::uint64_t done, std::uint64_t total) {
          if (*told) (*told)(stage, done, total);
        };
        auto run = std::make_unique<matched_evaluation>(lasting, *ground_truth_.data, *results_.data, how_);
        *told = nullptr;
        return run;
      });
      return 0;
    });
  }

  [[nodiscard]] result accumulate(std::vector<double> recall_thresholds) {
    nb::gil_scoped_release const released;
    std::scoped_lock const lock(mutex_);
    return result(matched_->accumulate(std::move(recall_thresholds)));
  }

  template <class Work>
  [[nodiscard]] auto details(Work const& work) const {
    return with_ids(ground_truth_, results_, [&] { return run_call(ctx_, nb::none(), work); });
  }

  [[nodiscard]] nb::dict overlaps() const {
    cell_overlaps found =
        details([&](context const& ctx) { return compare_cells(ctx, *ground_truth_.data, *results_.data, how_); });
    std::vector<double> transposed(found.ious.size());
    for (std::size_t c = 0; c < found.cells.categories.size(); ++c) {
      std::size_t const num_d = found.cells.detection_begin[c + 1] - found.cells.detection_begin[c];
      std::size_t const num_g = found.cells.ground_truth_begin[c + 1] - found.cells.ground_truth_begin[c];
      for (std::size_t d = 0; d < num_d; ++d) {
        for (std::size_t g = 0; g < num_g; ++g) {
          transposed[found.begin[c] + g * num_d + d] = found.ious[found.begin[c] + d * num_g + g];
        }
      }
    }
    nb::dict out = to_dict(std::move(found.cells));
    out["begin"] = to_numpy(std::move(found.begin));
    out["ious"] = to_numpy(std::move(transposed));
    return out;
  }

  /// @param detection_ids  by row of the results
  [[nodiscard]] nb::dict matches(column<std::int64_t> const& detection_ids) const {
    if (detection_ids.size() != results_.data->size()) {
      throw input_error(
          "detection_ids", "",
          "expected " + std::to_string(results_.data->size()) + " ids, found " + std::to_string(detection_ids.size()));
    }
    cell_matches found =
        details([&](context const& ctx) { return match_cells(ctx, *ground_truth_.data, *results_.data, how_); });
    cell_table const& cells = found.cells;
    std::vector<std::int64_t> const& truth_ids = ground_truth_.data->annotations.ids;
    id_blocks const blocks{found.num_area_ranges, found.num_thresholds};
    nb::dict out;
    out["detection_matches"] = to_numpy(
        blocks.ids_of(found.detection_matches, cells.detection_begin, cells.ground_truth_begin, [&](std::uint32_t g) {
          std::uint32_t const row = cells.ground_truth_rows[g];
          return ground_truth_.ids ? ground_truth_.ids->values[row] : static_cast<double>(truth_ids[row]);
        }));
    out["ground_truth_matches"] = to_numpy(blocks.ids_of(
        found.ground_truth_matches, cells.ground_truth_begin, cells.detection_begin,
        [&](std::uint32_t d) { return static_cast<double>(detection_ids.data()[cells.detection_rows[d]]); }));
    std::vector<std::uint32_t> rows;
    rows.reserve(found.ground_truth_order.size());
    for (std::size_t c = 0; c + 1 < cells.ground_truth_begin.size(); ++c) {
      std::size_t const first = cells.ground_truth_begin[c];
      std::size_t const end = std::size_t{cells.ground_truth_begin[c + 1]} * found.num_area_ranges;
      for (std::size_t i = first * found.num_area_ranges; i < end; ++i) {
        rows.push_back(cells.ground_truth_rows[first + found.ground_truth_order[i]]);
      }
    }
    out["ground_truth_ids"] = ids_of_rows(rows);
    out["ground_truth_ignored"] = to_numpy(std::move(found.ground_truth_ignored));
    out["detection_ignored"] = to_numpy(std::move(found.detection_ignored));
    nb::dict const table = to_dict(std::move(found.cells));
    out.update(table);
    return out;
  }

private:
  /// An array, or a list where ids are not all integers of 64 bits.
  [[nodiscard]] nb::object ids_of_rows(std::vector<std::uint32_t> const& rows) const {
    if (ground_truth_.ids) {
      nb::list keys;
      for (std::uint32_t const row : rows) keys.append(ground_truth_.ids->keys[row]);
      return keys;
    }
    std::vector<std::int64_t> ids;
    ids.reserve(rows.size());
    for (std::uint32_t const row : rows) ids.push_back(ground_truth_.data->annotations.ids[row]);
    return nb::cast(to_numpy(std::move(ids)));
  }

  static nb::dict to_dict(cell_table&& cells) {
    nb::dict out;
    out["categories"] = to_numpy(std::move(cells.categories));
    out["images"] = to_numpy(std::move(cells.images));
    out["detection_begin"] = to_numpy(std::move(cells.detection_begin));
    out["ground_truth_begin"] = to_numpy(std::move(cells.ground_truth_begin));
    out["detection_rows"] = to_numpy(std::move(cells.detection_rows));
    out["ground_truth_rows"] = to_numpy(std::move(cells.ground_truth_rows));
    return out;
  }

  shared_dataset ground_truth_;
  shared_detections results_;
  protocol how_;
  context ctx_;
  std::mutex mutex_;  // one thread at a time may accumulate
  std::unique_ptr<matched_evaluation> matched_;
};

result evaluate_at_once(shared_dataset const& ground_truth, shared_detections const& results, protocol const& how,
                        std::string const& device, int threads, nb::object progress) {
  return with_ids(ground_truth, results, [&] {
    return result(run_call(make_context(device, threads), std::move(progress),
                           [&](context const& ctx) { return evaluate(ctx, *ground_truth.data, *results.data, how); }));
  });
}

nb::list warnings_of(std::vector<warning> const& warnings) {
  nb::list out;
  for (warning const& each : warnings) out.append(nb::make_tuple(each.code, each.count, each.message));
  return out;
}

nb::dict summary_of(result const& self) {
  summary const numbers = summarize(self.get());
  nb::list metrics;
  for (metric const& each : numbers.metrics) metrics.append(nb::make_tuple(each.name, each.value));
  nb::dict out;
  out["metrics"] = metrics;
  out["text"] = format_summary(numbers);
  out["warnings"] = warnings_of(numbers.warnings);
  return out;
}

nb::list categories_of(result const& self) {
  nb::list rows;
  for (category_metrics const& each : summarize_categories(self.get())) {
    nb::dict row;
    row["id"] = each.id;
    row["name"] = each.name;
    row["ap"] = each.ap;
    row["ap50"] = each.ap50;
    row["ap75"] = each.ap75;
    row["ar"] = each.ar;
    row["num_ground_truths"] = each.num_ground_truths;
    row["num_detections"] = each.num_detections;
    rows.append(row);
  }
  return rows;
}

nb::dict timings_of(result const& self) {
  nb::dict out;
  for (stage_time const& each : self.get().timings) out[each.stage.c_str()] = each.seconds;
  return out;
}

/// Numbers by category and at every cap, where the protocol has no summary.
summary tables_of(evaluation const& found) {
  summary numbers;
  numbers.categories = summarize_categories(found);
  numbers.recall_curve = summarize_recall_curve(found);
  return numbers;
}

std::string json_of(result const& self) {
  evaluation const& found = self.get();
  return format_json(found, can_summarize(found.protocol) ? summarize(found) : tables_of(found));
}

}  // namespace

void bind_evaluate(nb::module_& module) {
  nb::class_<result>(module, "Result", "Arrays and facts of an evaluation.")
      .def_prop_ro("precision", &result::precision, nb::rv_policy::automatic, "[T, R, K, A, M]")
      .def_prop_ro("recall", &result::recall, nb::rv_policy::automatic, "[T, K, A, M]")
      .def_prop_ro("scores", &result::scores, nb::rv_policy::automatic, "[T, R, K, A, M]; R is 0 under LVIS' rules")
      .def_prop_ro("recall_curve", &result::recall_curve, nb::rv_policy::automatic, "[T, K, A, N]")
      .def_prop_ro("protocol", [](result const& self) { return self.get().protocol; })
      .def_prop_ro(
          "category_ids", [](result const& self) { return to_numpy(self.get().category_ids); },
          nb::rv_policy::automatic, "[K]")
      .def_prop_ro(
          "category_names", [](result const& self) { return self.get().category_names; }, "[K]")
      .def_prop_ro(
          "num_ground_truths",
          [](result const& self) {
            return to_numpy(self.get().num_ground_truths,
                            {self.get().shape.num_categories, self.get().shape.num_area_ranges});
          },
          "[K, A] not ignored", nb::rv_policy::automatic)
      .def_prop_ro(
          "num_detections", [](result const& self) { return to_numpy(self.get().num_detections); },
          nb::rv_policy::automatic, "[K]")
      .def_prop_ro("num_images", [](result const& self) { return self.get().num_images; })
      .def_prop_ro("warnings", [](result const& self) { return warnings_of(self.get().warnings); })
      .def_prop_ro("timings", &timings_of, "Seconds by stage")
      .def_prop_ro("device", [](result const& self) { return to_string(self.get().device); })
      .def("can_summarize", [](result const& self) { return can_summarize(self.get().protocol); })
      .def("summarize", &summary_of, "Metrics by name, printed text, warnings.")
      .def("summarize_categories", &categories_of, "A dictionary a category.")
      .def(
          "format_categories", [](result const& self) { return format_categories(tables_of(self.get())); },
          "A table of the categories, as text.")
      .def("to_json", &json_of, "What the command's --output writes.");
  module.def("evaluate", &evaluate_at_once, nb::arg("ground_truth"), nb::arg("results"), nb::arg("protocol"),
             nb::arg("device") = "auto", nb::arg("threads") = 0, nb::arg("progress") = nb::none(),
             "One call from columns to arrays.");
  nb::class_<matched>(module, "MatchedEvaluation", "An evaluation that stops after matching.")
      .def(nb::init<shared_dataset, shared_detections, protocol, std::string const&, int, nb::object>(),
           nb::arg("ground_truth"), nb::arg("results"), nb::arg("protocol"), nb::arg("device") = "auto",
           nb::arg("threads") = 0, nb::arg("progress") = nb::none())
      .def("accumulate", &matched::accumulate, nb::arg("recall_thresholds"))
      .def("overlaps", &matched::overlaps, "Every overlap, of a cell [G, D]; see cell_details.hpp.")
      .def("matches", &matched::matches, nb::arg("detection_ids"), "Every match, by ids; see cell_details.hpp.");
}

}  // namespace maskmetrics::python
