// What an update's arrays must be, before anything is read of them.
#include <string_view>

#include <fmt/format.h>

#include <maskmetrics/error.hpp>
#include <maskmetrics/semantics/dense.hpp>

#include "core/image_size.hpp"
#include "engine/update_job.hpp"

namespace maskmetrics {

namespace {

/// Checks the arrays of one side of an image.
class side_check {
public:
  side_check(evaluator_core const& core, job_image const& image, std::string_view side, std::uint32_t count)
      : core_(core), image_(image), side_(side), count_(count) {}

  [[noreturn]] void fail(std::string_view what, std::string const& problem) const {
    throw input_error(image_.name(), fmt::format("{}.{}", side_, what), problem);
  }

  void column(std::string_view name, number_column const& values, bool needed) const {
    if (!values.present()) {
      if (needed && count_ != 0) fail(name, fmt::format("missing, and {} needs them", needs()));
      return;
    }
    check_place(name, values.where);
  }
  void whole_column(std::string_view name, number_column const& values, bool needed) const {
    column(name, values, needed);
    if (values.present() && !is_whole(values.type)) fail(name, "must be whole numbers");
  }

  void masks(image_masks const& masks, bool needed) const {
    if (std::holds_alternative<std::monostate>(masks.source)) {
      if (needed && count_ != 0) fail("masks", fmt::format("missing, and {} needs them", needs()));
      return;
    }
    if (!needed) return;  // not read
    check_place("masks", masks.where);
    std::uint64_t const num_pixels = std::uint64_t{image_.height} * image_.width;
    if (num_pixels > most_pixels) {
      fail("masks", fmt::format("{} x {} pixels are more than 2^31 - 1", image_.height, image_.width));
    }
    std::size_t const num_masks = mask_count(masks);
    if (num_masks != count_) fail("masks", fmt::format("{} masks for {} rows", num_masks, count_));
    if (count_ == 0 || num_pixels == 0) return;
    if (auto const* const dense = std::get_if<dense_masks>(&masks.source)) check_dense(*dense);
    if (auto const* const prototypes = std::get_if<prototype_masks>(&masks.source)) check_prototypes(*prototypes);
  }

private:
  static constexpr std::uint64_t most_pixels = 0x7FFFFFFFU;

  void check_dense(dense_masks const& masks) const {
    if (masks.data == nullptr) fail("masks", "have no data");
    if (masks.paste.kind == paste_kind::none) return;
    if (!semantics::is_floating(masks.format)) fail("masks", "only floating-point maps can be pasted");
    check_map("masks.paste", masks.paste.map_height, masks.paste.map_width);
    bool const needs_boxes = masks.paste.kind != paste_kind::image;
    if (needs_boxes && masks.paste.boxes == nullptr) fail("masks.paste.boxes", "missing, and the maps cover boxes");
  }
  void check_prototypes(prototype_masks const& masks) const {
    check_map("masks.maps", masks.maps.height, masks.maps.width);
    if (!semantics::is_floating(masks.maps.format)) fail("masks.maps.prototypes", "must be floating-point numbers");
    if (masks.maps.channels == 0) fail("masks.maps.channels", "0 channels make no mask");
    if (masks.maps.prototypes == nullptr) fail("masks.maps.prototypes", "missing");
    if (masks.maps.coefficients == nullptr) fail("masks.maps.coefficients", "missing");
  }
  void check_map(std::string_view what, std::uint32_t height, std::uint32_t width) const {
    constexpr std::uint32_t largest = 1U << 15U;
    bool const fits = height > 0 && width > 0 && height <= largest && width <= largest;
    if (!fits) fail(what, fmt::format("a map of {} x {} numbers cannot be pasted", height, width));
  }

  [[nodiscard]] static std::size_t mask_count(image_masks const& masks) {
    if (auto const* const dense = std::get_if<dense_masks>(&masks.source)) return dense->count;
    if (auto const* const prototypes = std::get_if<prototype_masks>(&masks.source)) return prototypes->maps.count;
    return std::get<coded_masks>(masks.source).codes.entries.size();
  }
  [[nodiscard]] std::string needs() const { return fmt::format("iou type {}", to_string(core_.how.iou)); }
  void check_place(std::string_view name, memory_space where) const {
    if (where == memory_space::host || core_.on_device()) return;
    throw device_error(
        fmt::format("{}: {}.{}: in device memory, and the evaluator works on the CPU", image_.name(), side_, name));
  }

  evaluator_core const& core_;
  job_image const& image_;
  std::string_view side_;
  std::uint32_t count_;
};

}  // namespace

void check_image(evaluator_core const& core, image_update const& image, job_image const& known) {
  bool const boxes = core.how.iou == iou_type::bbox;
  bool const labels = core.how.use_categories;
  image_detections const& found = image.detections;
  side_check const detections(core, known, "detections", found.count);
  detections.column("scores", found.scores, true);
  detections.whole_column("labels", found.labels, labels);
  detections.column("boxes", found.boxes, boxes);
  detections.column("areas", found.areas, false);
  detections.masks(found.masks, !boxes);
  bool const relative = core.how.area_unit == area_unit::relative;
  std::uint32_t const num_truths = image.ground_truths ? image.ground_truths->count : known.num_ground_truths;
  bool const has_areas = found.count != 0 || num_truths != 0;
  if (relative && has_areas && std::uint64_t{known.height} * known.width == 0) {
    throw input_error(known.name(), "height, width",
                      known.is_registered() ? describe_size(core.registered->all().images, known.registered_index) +
                                                  "; relative areas need the size of the image"
                                            : "relative areas need the image's size");
  }
  if (!image.ground_truths) return;
  image_ground_truths const& truth = *image.ground_truths;
  side_check const ground_truths(core, known, "ground_truths", truth.count);
  ground_truths.whole_column("labels", truth.labels, labels);
  ground_truths.column("boxes", truth.boxes, boxes);
  ground_truths.column("areas", truth.areas, false);
  ground_truths.column("crowd", truth.crowd, false);
  ground_truths.column("ignore", truth.ignore, false);
  ground_truths.masks(truth.masks, !boxes);
}

void find_registered(evaluator_core const& core, job_image& image) {
  if (!core.registered) {
    throw input_error(image.name(), "ground_truths", "missing, and no data set is registered to look them up");
  }
  image_table const& images = core.registered->all().images;
  std::uint32_t const index = images.find(image.id);
  if (index == no_index) throw input_error(image.name(), "image_id", "the registered data set has no such image");
  image.registered_index = index;
  std::uint32_t const height = images.heights[index];
  std::uint32_t const width = images.widths[index];
  if (image.height == 0 && image.width == 0) {
    image.height = height;
    image.width = width;
  }
  bool const same = height == image.height && width == image.width;
  if (!same && height != 0 && width != 0) {
    throw input_error(
        image.name(), "height, width",
        fmt::format("{} x {}, and the image is registered with {} x {}", image.height, image.width, height, width));
  }
}

}  // namespace maskmetrics
