// The streaming evaluator, on arrays of any library that speaks DLPack.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <maskmetrics/evaluator.hpp>
#include <maskmetrics/memory.hpp>
#include <maskmetrics/stream.hpp>

#include "ext_arrays.hpp"
#include "ext_bindings.hpp"
#include "ext_call.hpp"
#include "ext_device_array.hpp"
#include "ext_objects.hpp"
#include "ext_result.hpp"
#include "ext_segmentation.hpp"
#include "ext_values.hpp"

namespace maskmetrics::python {

namespace {

/// The arrays and codes of one image, as Python handed them in, and what they are kept alive by.
class image {
public:
  image(std::int64_t id, std::uint32_t height, std::uint32_t width) {
    update_.image_id = id;
    update_.height = height;
    update_.width = width;
  }

  /// The other side's rows. Without a call, ground truth is that of the registered data set.
  void start_ground_truths(std::uint32_t count) {
    update_.ground_truths.emplace();
    update_.ground_truths->count = count;
  }
  void start_detections(std::uint32_t count) { update_.detections.count = count; }

  void set_column(std::string const& side, std::string const& name, device_array const& array) {
    std::uint32_t const count = side == "detections" ? update_.detections.count : update_.ground_truths->count;
    std::string const place = side + "." + name;
    number_column const column = array.column(name == "boxes" ? 4U : 1U, count, source(), place);
    keep(array);
    if (side == "detections") {
      image_detections& to = update_.detections;
      (name == "scores" ? to.scores : name == "labels" ? to.labels : name == "boxes" ? to.boxes : to.areas) = column;
    } else {
      image_ground_truths& to = *update_.ground_truths;
      (name == "labels"  ? to.labels
       : name == "boxes" ? to.boxes
       : name == "areas" ? to.areas
       : name == "crowd" ? to.crowd
                         : to.ignore) = column;
    }
  }

  void set_box_layout(std::string const& side, std::string const& layout) {
    box_layout const value = layout == "xyxy"     ? box_layout::xyxy
                             : layout == "cxcywh" ? box_layout::cxcywh
                                                  : box_layout::xywh;
    (side == "detections" ? update_.detections.layout : update_.ground_truths->layout) = value;
  }

  /// Pixels [N, H, W], or maps.
  void set_dense(std::string const& side, device_array const& array, float threshold, std::string const& paste_kind,
                 std::optional<device_array> const& boxes) {
    image_masks to;
    to.where = array.where();
    dense_masks masks = array.masks(threshold, source(), side + ".masks");
    if (paste_kind.empty() && (array.length(1) != update_.height || array.length(2) != update_.width)) {
      throw python_input_error(also_a::value_error, source(), side + ".masks",
                               "masks of " + std::to_string(array.length(1)) + " x " + std::to_string(array.length(2)) +
                                   " in an image of " + std::to_string(update_.height) + " x " +
                                   std::to_string(update_.width));
    }
    if (!paste_kind.empty()) masks.paste = paste_of(masks, array, paste_kind, boxes, side);
    to.source = masks;
    keep(array);
    assign(side, to);
  }

  void set_prototypes(std::string const& side, device_array const& prototypes, device_array const& coefficients,
                      float threshold, std::optional<device_array> const& boxes,
                      std::optional<device_array> const& crops) {
    prototype_masks masks;
    masks.maps.prototypes = prototypes.data();
    masks.maps.format = prototypes.masks(0, source(), side + ".masks.prototypes").format;
    prototypes.require_contiguous(source(), side + ".masks.prototypes");
    masks.maps.channels = prototypes.length(0);
    masks.maps.height = prototypes.length(1);
    masks.maps.width = prototypes.length(2);
    masks.maps.count = coefficients.length(0);
    masks.maps.coefficients =
        coefficients.floats(masks.maps.count, masks.maps.channels, source(), side + ".masks.coefficients");
    require_beside(prototypes, coefficients, side + ".masks.coefficients");
    if (boxes) {
      masks.boxes = boxes->floats(masks.maps.count, 4, source(), side + ".masks.boxes");
      require_beside(prototypes, *boxes, side + ".masks.boxes");
    }
    if (crops) {
      masks.maps.crops = crops->floats(masks.maps.count, 4, source(), side + ".masks.crops");
      require_beside(prototypes, *crops, side + ".masks.crops");
    }
    masks.threshold = threshold;
    for (device_array const* const array : {&prototypes, &coefficients}) keep(*array);
    if (boxes) keep(*boxes);
    if (crops) keep(*crops);
    image_masks to;
    to.where = prototypes.where();
    to.source = masks;
    assign(side, to);
  }

  /// A list of run-length codes and polygons.
  void set_codes(std::string const& side, nb::handle segmentations) {
    sequence const all = elements_of(segmentations, source(), side + ".masks");
    mask_collector collector;
    for (std::size_t i = 0; i < all.size(); ++i) {
      try {
        collector.add_segmentation(all[i]);
      } catch (value_fault const& fault) {
        throw_at(fault, source(), side + ".masks[" + std::to_string(i) + "]");
      }
    }
    batches_.push_back(std::make_shared<mask_batch const>(collector.finish(source())));
    image_masks to;
    to.source = coded_masks{*batches_.back()};
    assign(side, to);
  }

  [[nodiscard]] image_update const& update() const { return update_; }
  /// Streams that have to be waited for before the image is read.
  [[nodiscard]] std::vector<stream_ref> const& made_on() const { return made_on_; }
  /// What must stay while the image is read.
  void keep_in(std::vector<std::shared_ptr<void const>>& all) const {
    all.insert(all.end(), kept_.begin(), kept_.end());
    all.insert(all.end(), batches_.begin(), batches_.end());
  }

private:
  [[nodiscard]] std::string source() const { return "image " + std::to_string(update_.image_id); }
  void keep(device_array const& array) {
    kept_.push_back(array.owner());
    if (array.made_on()) made_on_.push_back(*array.made_on());
  }
  /// The memory of maps is taken for that of all that belongs to them.
  void require_beside(device_array const& maps, device_array const& array, std::string const& place) const {
    if (array.where() == maps.where() || array.length(0) == 0) return;
    auto const name = [](device_array const& of) { return of.where() == memory_space::host ? "host" : "device"; };
    throw python_input_error(also_a::value_error, source(), place,
                             std::string("in ") + name(array) + " memory, and the maps are in " + name(maps) +
                                 " memory; both must be in one");
  }
  void assign(std::string const& side, image_masks const& masks) {
    (side == "detections" ? update_.detections.masks : update_.ground_truths->masks) = masks;
  }

  [[nodiscard]] paste paste_of(dense_masks const& masks, device_array const& maps, std::string const& kind,
                               std::optional<device_array> const& boxes, std::string const& side) {
    paste how;
    how.kind = kind == "torchvision"  ? paste_kind::box_padded
               : kind == "detectron2" ? paste_kind::box_grid
                                      : paste_kind::image;
    how.map_height = maps.length(1);
    how.map_width = maps.length(2);
    if (boxes) {
      how.boxes = boxes->floats(masks.count, 4, source(), side + ".masks.boxes");
      require_beside(maps, *boxes, side + ".masks.boxes");
      keep(*boxes);
    }
    return how;
  }

  image_update update_;
  std::vector<std::shared_ptr<void const>> kept_;
  std::vector<stream_ref> made_on_;
  std::vector<std::shared_ptr<mask_batch const>> batches_;
};

/// Memory from a framework's allocator: Python callables allocate(bytes, stream) -> pointer, deallocate(pointer).
class python_memory {
public:
  python_memory(nb::callable allocate, nb::callable deallocate)
      : allocate_(std::move(allocate)), deallocate_(std::move(deallocate)) {
    memory_ = callback_memory(
        [this](std::size_t bytes, stream_ref stream) -> void* {
          nb::gil_scoped_acquire const gil;
          try {
            auto const handle = reinterpret_cast<std::uintptr_t>(stream.handle());
            return reinterpret_cast<void*>(nb::cast<std::uintptr_t>(allocate_(bytes, handle)));
          } catch (nb::python_error const&) {
            return nullptr;  // as an allocator that has nothing left
          }
        },
        [this](void* pointer, std::size_t /*bytes*/, stream_ref /*stream*/) {
          nb::gil_scoped_acquire const gil;
          try {
            deallocate_(reinterpret_cast<std::uintptr_t>(pointer));
          } catch (nb::python_error& failure) {
            failure.discard_as_unraisable("maskmetrics: returning device memory");
          }
        });
  }
  [[nodiscard]] memory_resource* get() const { return memory_.get(); }

private:
  nb::callable allocate_;
  nb::callable deallocate_;
  std::unique_ptr<memory_resource> memory_;
};

/// An evaluator that is asked by one thread at a time, and waits without the GIL.
class py_evaluator {
  template <class Work>
  auto exclusively(Work const& work) {
    nb::gil_scoped_release const released;
    std::scoped_lock const lock(mutex_);
    return work(*evaluator_);
  }

public:
  py_evaluator(protocol const& how, std::optional<shared_dataset> const& ground_truth,
               std::vector<std::pair<std::int64_t, std::string>> const& categories, std::size_t queue_length,
               bool all_pairs, std::string const& device, int threads, nb::object allocate, nb::object deallocate) {
    context ctx = make_context(device, threads);
    if (!allocate.is_none()) {
      memory_ = std::make_unique<python_memory>(nb::cast<nb::callable>(allocate), nb::cast<nb::callable>(deallocate));
      ctx.memory = memory_->get();
    }
    evaluator_options options;
    for (auto const& [id, name] : categories) options.categories.push_back({id, name});
    options.queue_length = queue_length;
    options.all_pairs = all_pairs;
    evaluator_ = ground_truth ? std::make_unique<evaluator>(ctx, how, ground_truth->data, options)
                              : std::make_unique<evaluator>(ctx, how, options);
  }
  ~py_evaluator() {
    // Its thread may be waiting for the GIL, to let go of arrays.
    nb::gil_scoped_release const released;
    evaluator_.reset();
  }
  py_evaluator(py_evaluator const&) = delete;
  py_evaluator& operator=(py_evaluator const&) = delete;

  /// @param stream  handle; 0: CUDA's default stream, as Python's libraries mean it. To the library no stream would be
  ///                one of its own, which does not wait for the default one
  void update(std::vector<image const*> const& images, std::uintptr_t stream) {
    stream_ref const on = stream == 0 ? default_stream() : stream_ref(reinterpret_cast<void*>(stream));
    std::vector<stream_ref> others;
    std::vector<image_update> updates;
    auto kept = std::make_shared<std::vector<std::shared_ptr<void const>>>();
    for (image const* const one : images) {
      updates.push_back(one->update());
      one->keep_in(*kept);
      for (stream_ref const other : one->made_on()) {
        if (other != on && std::find(others.begin(), others.end(), other) == others.end()) others.push_back(other);
      }
    }
    exclusively([&](evaluator& self) {
      if (self.device().kind == device_kind::cuda) {
        for (stream_ref const other : others) order_streams(self.device().ordinal, other, on);
      }
      self.update({updates.data(), updates.size()}, on, kept);
    });
  }

  void flush() {
    exclusively([](evaluator& self) { self.flush(); });
  }
  [[nodiscard]] result compute() {
    return result(exclusively([](evaluator& self) { return self.compute(); }));
  }
  void reset() {
    exclusively([](evaluator& self) { self.reset(); });
  }
  [[nodiscard]] evaluator_state state() {
    return exclusively([](evaluator& self) { return self.state(); });
  }
  void merge(evaluator_state const& other) {
    exclusively([&](evaluator& self) { self.merge(other); });
  }

  [[nodiscard]] nb::dict overlaps() {
    kept_overlaps found = exclusively([](evaluator& self) { return self.overlaps(); });
    nb::dict out;
    out["image_ids"] = to_numpy(std::move(found.image_ids));
    out["category_ids"] = to_numpy(std::move(found.category_ids));
    out["detection_begin"] = to_numpy(std::move(found.detection_begin));
    out["ground_truth_begin"] = to_numpy(std::move(found.ground_truth_begin));
    out["begin"] = to_numpy(std::move(found.begin));
    out["ious"] = to_numpy(std::move(found.ious));
    return out;
  }

  [[nodiscard]] std::string device() const { return to_string(evaluator_->device()); }
  [[nodiscard]] protocol const& how() const { return evaluator_->protocol(); }

private:
  std::mutex mutex_;
  std::unique_ptr<python_memory> memory_;
  std::unique_ptr<evaluator> evaluator_;
};

nb::bytes bytes_of_state(evaluator_state const& state) {
  std::string const bytes = state.serialize();
  return nb::bytes(bytes.data(), bytes.size());
}

evaluator_state state_of(nb::bytes const& bytes, std::string const& source) {
  return evaluator_state::deserialize({bytes.c_str(), bytes.size()}, source);
}

}  // namespace

void bind_evaluator(nb::module_& module) {
  bind_device_array(module);
  nb::class_<image>(module, "Image", "One image of an update.")
      .def(nb::init<std::int64_t, std::uint32_t, std::uint32_t>(), nb::arg("image_id"), nb::arg("height") = 0,
           nb::arg("width") = 0)
      .def("start_detections", &image::start_detections, nb::arg("count"))
      .def("start_ground_truths", &image::start_ground_truths, nb::arg("count"))
      .def("set_column", &image::set_column, nb::arg("side"), nb::arg("name"), nb::arg("array"))
      .def("set_box_layout", &image::set_box_layout, nb::arg("side"), nb::arg("layout"))
      .def("set_dense", &image::set_dense, nb::arg("side"), nb::arg("masks"), nb::arg("threshold") = 0.F,
           nb::arg("paste") = "", nb::arg("boxes") = nb::none())
      .def("set_prototypes", &image::set_prototypes, nb::arg("side"), nb::arg("prototypes"), nb::arg("coefficients"),
           nb::arg("threshold") = 0.F, nb::arg("boxes") = nb::none(), nb::arg("crops") = nb::none())
      .def("set_codes", &image::set_codes, nb::arg("side"), nb::arg("segmentations"));
  nb::class_<evaluator_state>(module, "State", "What an evaluator has kept.")
      .def_static("from_bytes", &state_of, nb::arg("data"), nb::arg("source") = "state")
      .def("to_bytes", &bytes_of_state)
      .def("renumbered", &evaluator_state::renumbered, nb::arg("first"), nb::arg("step"))
      .def(
          "only",
          [](evaluator_state const& self, std::vector<std::int64_t> const& ids) {
            return self.only({ids.data(), ids.size()});
          },
          nb::arg("ids"))
      .def_prop_ro("num_images", &evaluator_state::num_images)
      .def_prop_ro(
          "image_ids", [](evaluator_state const& self) { return to_numpy(self.image_ids()); }, nb::rv_policy::automatic)
      .def_prop_ro("num_detections", &evaluator_state::num_detections)
      .def_prop_ro("num_ground_truths", &evaluator_state::num_ground_truths)
      .def_prop_ro("num_pairs", &evaluator_state::num_pairs)
      .def_prop_ro("num_bytes", &evaluator_state::num_bytes);
  nb::class_<py_evaluator>(module, "Evaluator", "A streaming evaluation; see evaluator.hpp.")
      .def(nb::init<protocol const&, std::optional<shared_dataset> const&,
                    std::vector<std::pair<std::int64_t, std::string>> const&, std::size_t, bool, std::string const&,
                    int, nb::object, nb::object>(),
           nb::arg("protocol"), nb::arg("ground_truth").none(), nb::arg("categories"), nb::arg("queue_length") = 0,
           nb::arg("all_pairs") = false, nb::arg("device") = "auto", nb::arg("threads") = 0,
           nb::arg("allocate") = nb::none(), nb::arg("deallocate") = nb::none())
      .def("update", &py_evaluator::update, nb::arg("images"), nb::arg("stream") = 0)
      .def("flush", &py_evaluator::flush)
      .def("compute", &py_evaluator::compute)
      .def("reset", &py_evaluator::reset)
      .def("state", &py_evaluator::state)
      .def("merge", &py_evaluator::merge, nb::arg("state"))
      .def("overlaps", &py_evaluator::overlaps)
      .def_prop_ro("device", &py_evaluator::device)
      .def_prop_ro("protocol", &py_evaluator::how);
}

}  // namespace maskmetrics::python
