// Text, data sets, detections: read, looked at, passed on.
#include <filesystem>
#include <string>
#include <utility>

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <maskmetrics/ingest.hpp>

#include "ext_arrays.hpp"
#include "ext_bindings.hpp"
#include "ext_call.hpp"
#include "ext_objects.hpp"
#include "ext_reading.hpp"

namespace maskmetrics::python {

namespace {

text_file read_text(std::filesystem::path const& file) {
  nb::gil_scoped_release const released;
  return text_file::read(file);
}

std::string wrong_file(nb::bytes const& bytes, bool results) {
  return describe_wrong_file({bytes.c_str(), bytes.size()}, results ? file_role::results : file_role::ground_truth);
}

nb::bytes bytes_of(text_file const& file) {
  return nb::bytes(file.text().data(), file.text().size());
}

shared_dataset read_dataset(text_file const& file, protocol const& how, bool boxes, bool masks, int threads,
                            box_reading const& reading) {
  ingest_options options = reading.options_for(how);
  options.boxes = boxes;
  options.masks = masks;
  dataset data = run_call(make_context("cpu", threads), nb::none(),
                          [&](context const& ctx) { return load_dataset(ctx, file, options); });
  return {std::make_shared<dataset const>(std::move(data))};
}

shared_detections read_detections(text_file const& file, shared_dataset const& ground_truth, protocol const& how,
                                  bool boxes, bool masks, int threads, box_reading const& reading) {
  ingest_options options = reading.options_for(how);
  options.boxes = boxes;
  options.masks = masks;
  detections data = run_call(make_context("cpu", threads), nb::none(), [&](context const& ctx) {
    return load_detections(ctx, file, *ground_truth.data, options);
  });
  return {std::make_shared<detections const>(std::move(data))};
}

/// The file itself is mapped, so it must not change while the data set lives.
shared_dataset map_dataset(std::filesystem::path const& file, protocol const& how, int threads, nb::object progress,
                           box_reading const& reading) {
  dataset data = run_call(make_context("cpu", threads), std::move(progress),
                          [&](context const& ctx) { return load_dataset(ctx, file, reading.options_for(how)); });
  return {std::make_shared<dataset const>(std::move(data))};
}

shared_detections map_detections(std::filesystem::path const& file, shared_dataset const& ground_truth,
                                 protocol const& how, int threads, nb::object progress, box_reading const& reading) {
  detections data = run_call(make_context("cpu", threads), std::move(progress), [&](context const& ctx) {
    return load_detections(ctx, file, *ground_truth.data, reading.options_for(how));
  });
  return {std::make_shared<detections const>(std::move(data))};
}

shared_dataset dataset_of_tables(column<std::int64_t> const& image_ids, column<std::uint32_t> const& heights,
                                 column<std::uint32_t> const& widths, column<std::int64_t> const& category_ids) {
  dataset data;
  data.images.ids = to_vector(image_ids);
  data.images.heights = to_vector(heights);
  data.images.widths = to_vector(widths);
  data.categories.ids = to_vector(category_ids);
  data.categories.names.resize(data.categories.ids.size());
  return {std::make_shared<dataset const>(std::move(data))};
}

template <class T>
nb::object tuples_of(std::vector<warning> const& warnings, T&& out) {
  for (warning const& each : warnings) out.append(nb::make_tuple(each.code, each.count, each.message));
  return std::forward<T>(out);
}

void bind_text(nb::module_& module) {
  nb::class_<text_file>(module, "Text", "A file's text, in memory; gzip and zstd are unpacked.")
      .def_static("read", &read_text, nb::arg("file"))
      .def_static("of", &text_file::of, nb::arg("name"), nb::arg("text"))
      .def_prop_ro("name", &text_file::name)
      .def("to_bytes", &bytes_of)
      .def("__len__", [](text_file const& file) { return file.text().size(); });
}

void bind_dataset(nb::module_& module) {
  nb::class_<shared_dataset>(module, "Dataset", "Ground truth as columns.")
      .def_static("read", &read_dataset, nb::arg("text"), nb::arg("protocol"), nb::arg("boxes"), nb::arg("masks"),
                  nb::arg("threads") = 0, nb::arg("reading") = box_reading())
      .def_static("map", &map_dataset, nb::arg("file"), nb::arg("protocol"), nb::arg("threads") = 0,
                  nb::arg("progress") = nb::none(), nb::arg("reading") = box_reading(),
                  "Of a file that stays as it is.")
      .def_static("of_tables", &dataset_of_tables, nb::arg("image_ids"), nb::arg("heights"), nb::arg("widths"),
                  nb::arg("category_ids"), "Without annotations; ids ascend.")
      .def_prop_ro(
          "image_ids", [](shared_dataset const& self) { return to_numpy(self.data->images.ids); },
          nb::rv_policy::automatic, "[I] ascending")
      .def_prop_ro(
          "category_ids", [](shared_dataset const& self) { return to_numpy(self.data->categories.ids); },
          "[K] ascending", nb::rv_policy::automatic)
      .def_prop_ro("category_names", [](shared_dataset const& self) { return self.data->categories.names; })
      .def_prop_ro(
          "frequencies",
          [](shared_dataset const& self) {
            std::string letters;
            for (category_frequency const each : self.data->categories.frequencies) {
              letters += "rcf"[static_cast<std::size_t>(each)];
            }
            return letters;
          },
          "LVIS: a letter a category, r, c or f")
      .def_prop_ro(
          "annotation_ids", [](shared_dataset const& self) { return to_numpy(self.data->annotations.ids); },
          nb::rv_policy::automatic, "[G]")
      .def_prop_ro("num_annotations", [](shared_dataset const& self) { return self.data->annotations.size(); })
      .def_prop_ro("warnings", [](shared_dataset const& self) { return tuples_of(self.data->warnings, nb::list()); });
}

void bind_detections(nb::module_& module) {
  nb::class_<shared_detections>(module, "Detections", "Detections as columns.")
      .def_static("read", &read_detections, nb::arg("text"), nb::arg("ground_truth"), nb::arg("protocol"),
                  nb::arg("boxes"), nb::arg("masks"), nb::arg("threads") = 0, nb::arg("reading") = box_reading())
      .def_static("map", &map_detections, nb::arg("file"), nb::arg("ground_truth"), nb::arg("protocol"),
                  nb::arg("threads") = 0, nb::arg("progress") = nb::none(), nb::arg("reading") = box_reading(),
                  "Of a file that stays as it is.")
      .def(
          "with_other_tables",
          [](shared_detections const& self, column<std::uint32_t> const& images,
             column<std::uint32_t> const& categories) {
            return shared_detections{std::make_shared<detections const>(
                with_other_tables(*self.data, to_vector(images), to_vector(categories)))};
          },
          nb::arg("images"), nb::arg("categories"),
          "The same for another data set: its index for each of the old ones, 2^32 - 1 for none.")
      .def_prop_ro(
          "image_indices", [](shared_detections const& self) { return to_numpy(self.data->image_indices); },
          nb::rv_policy::automatic, "[D]")
      .def_prop_ro(
          "category_indices", [](shared_detections const& self) { return to_numpy(self.data->category_indices); },
          "[D]", nb::rv_policy::automatic)
      .def_prop_ro(
          "scores", [](shared_detections const& self) { return to_numpy(self.data->scores); }, nb::rv_policy::automatic,
          "[D]")
      .def_prop_ro(
          "ids",
          [](shared_detections const& self) {
            std::vector<std::int64_t> ids = self.data->ids;
            for (std::size_t row = ids.size(); row < self.data->size(); ++row) {
              ids.push_back(static_cast<std::int64_t>(row) + 1);
            }
            return to_numpy(std::move(ids));
          },
          "[D]", nb::rv_policy::automatic)
      .def_prop_ro("warnings", [](shared_detections const& self) { return tuples_of(self.data->warnings, nb::list()); })
      .def("__len__", [](shared_detections const& self) { return self.data->size(); });
}

}  // namespace

detections with_other_tables(detections from, std::vector<std::uint32_t> const& images,
                             std::vector<std::uint32_t> const& categories) {
  auto const move = [](std::vector<std::uint32_t> const& to, std::uint32_t& index) {
    if (index != no_index) index = index < to.size() ? to[index] : no_index;
  };
  for (std::uint32_t& image : from.image_indices) move(images, image);
  for (std::uint32_t& category : from.category_indices) move(categories, category);
  return from;
}

void bind_data(nb::module_& module) {
  module.def("describe_wrong_file", &wrong_file, nb::arg("bytes"), nb::arg("results"),
             "What a file that cannot be read in its role seems to be; empty where nothing is known.");
  bind_text(module);
  bind_dataset(module);
  bind_detections(module);
}

}  // namespace maskmetrics::python
