// Updates whose masks are pixels.
#include <deque>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <maskmetrics/error.hpp>
#include <maskmetrics/semantics/boundary.hpp>
#include <maskmetrics/semantics/iou.hpp>
#include <maskmetrics/semantics/matching.hpp>

#include "engine/mask_codes.hpp"
#include "engine/update_job.hpp"

namespace maskmetrics {

namespace {

/// Bytes that strided masks span, from the first byte on.
struct memory_span {
  std::int64_t first;  // from dense_masks::data on
  std::int64_t size;
};

memory_span span_of(dense_masks const& masks, std::uint32_t height, std::uint32_t width) {
  bool const bits = masks.format == pixel_format::bits;
  std::int64_t low = 0;
  std::int64_t high = bits ? (std::int64_t{width} + 7) / 8 : std::int64_t{semantics::bytes_per_pixel(masks.format)};
  auto const extend = [&](std::int64_t stride, std::uint32_t count) {
    std::int64_t const reach = stride * (std::int64_t{count} - 1);
    (reach < 0 ? low : high) += reach;
  };
  extend(masks.mask_stride, masks.count);
  extend(masks.row_stride, height);
  if (!bits) extend(masks.column_stride, width);
  return {low, high - low};
}

/// Maps that are still to be made, on the CPU.
struct waiting_maps {
  prototype_maps source;
  std::vector<float> numbers;
};

/// What the stage finds: one array after another in one stretch of memory, so that one copy brings all of it. Boxes are
/// not asked for.
struct counts_layout {
  dense_sizes sizes;
  bool has_boundaries = false;

  [[nodiscard]] std::size_t one_kind() const {
    return sizes.num_pairs + sizes.num_detections + sizes.num_ground_truths;
  }
  [[nodiscard]] std::size_t total() const { return one_kind() * (has_boundaries ? 2 : 1); }

  [[nodiscard]] dense_output in(std::uint32_t* memory) const {
    dense_output out;
    auto const take = [&](std::size_t count) {
      view<std::uint32_t> const part{memory, count};
      memory += count;
      return part;
    };
    out.intersections_px = take(sizes.num_pairs);
    out.detection_areas_px = take(sizes.num_detections);
    out.ground_truth_areas_px = take(sizes.num_ground_truths);
    if (!has_boundaries) return out;
    out.boundary_intersections_px = take(sizes.num_pairs);
    out.detection_boundary_areas_px = take(sizes.num_detections);
    out.ground_truth_boundary_areas_px = take(sizes.num_ground_truths);
    return out;
  }
};

class dense_work final : public overlap_work {
public:
  dense_work(evaluator_core const& core, std::vector<job_image> const& images, ordered_updates const& updates,
             execution* place)
      : core_(core), images_(images), place_(place) {
    if (core.how.iou == iou_type::boundary) {
      boundaries_ = {core.how.boundary_dilation_ratio, core.lowest_iou};
    }
    for (std::size_t i = 0; i < images.size(); ++i) add_image(images[i], *updates[i]);
    layout_ = {sizes_of({dense_.data(), dense_.size()}), boundaries_.wanted()};
    counts_.resize(layout_.total());
    found_ = layout_.in(counts_.data());
    std::size_t first_pair = 0;
    for (dense_image const& image : dense_) {
      first_pairs_.push_back(first_pair);
      first_pair += std::size_t{image.detections.count} * image.ground_truths.count;
    }
    if (place_ != nullptr) queue();
  }

  void run() override {
    if (place_ != nullptr) return;
    for (waiting_maps& maps : waiting_) {
      core_.chosen.stages->combine_prototypes(core_.ctx, maps.source, {maps.numbers.data(), maps.numbers.size()});
    }
    label_images();
    core_.chosen.stages->dense_overlaps(core_.ctx, {dense_.data(), dense_.size()}, boundaries_, found_);
    rendered_.clear();
    waiting_.clear();
  }

  [[nodiscard]] bool knows_areas() const override { return true; }
  [[nodiscard]] std::vector<double> detection_areas() override {
    return {found_.detection_areas_px.begin(), found_.detection_areas_px.end()};
  }
  [[nodiscard]] double ground_truth_area(std::uint32_t row) override { return found_.ground_truth_areas_px[row]; }

  [[nodiscard]] kept_pairs find_pairs(evaluation_cells& cells) override {
    kept_pairs pairs;
    double const lowest = core_.lowest_iou;
    for (std::size_t c = 0; c < cells.images.size(); ++c) {
      std::uint32_t const image = cells.images[c];
      std::uint32_t const g_begin = cells.ground_truth_begin[c];
      std::uint32_t const g_end = cells.ground_truth_begin[c + 1];
      for (std::uint32_t d = cells.detection_begin[c]; d < cells.detection_begin[c + 1]; ++d) {
        std::size_t const before = pairs.ious.size();
        for (std::uint32_t g = g_begin; g < g_end; ++g) {
          bool const crowd = (cells.ground_truth_flags[g] & ground_truth_crowd) != 0;
          double const iou = iou_of(image, cells.detection_rows[d], cells.ground_truth_rows[g], crowd, lowest);
          if (!semantics::suffices(iou, lowest)) continue;
          pairs.ground_truths.push_back(g - g_begin);
          pairs.ious.push_back(iou);
        }
        pairs.num_pairs.push_back(static_cast<std::uint32_t>(pairs.ious.size() - before));
      }
    }
    return pairs;
  }

private:
  void add_image(job_image const& image, image_update const& update) {
    dense_image to;
    to.height = image.height;
    to.width = image.width;
    to.detections = side(image, update.detections.masks, "detections", image.num_detections);
    if (image.is_registered()) {
      to.ground_truths = rendered(render_registered(*core_.registered, image), image, image.num_ground_truths);
    } else {
      to.ground_truths = side(image, update.ground_truths->masks, "ground_truths", image.num_ground_truths);
    }
    add_device_labels(update, to);
    dense_.push_back(to);
  }

  /// Masks where the stage reads them.
  [[nodiscard]] dense_masks side(job_image const& image, image_masks const& masks, char const* name,
                                 std::uint32_t count) {
    if (count == 0) return {};
    if (auto const* const codes = std::get_if<coded_masks>(&masks.source)) {
      if (masks.where == memory_space::device) {
        throw input_error(image.name(), std::string(name) + ".masks",
                          "codes in device memory cannot be compared with pixels; give them in host memory");
      }
      return rendered(render_codes(codes->codes, image, name), image, count);
    }
    bool const here = place_ == nullptr || masks.where == memory_space::device;
    if (auto const* const prototypes = std::get_if<prototype_masks>(&masks.source)) return combined(*prototypes, here);
    dense_masks const& dense = std::get<dense_masks>(masks.source);
    return here ? dense : uploaded(dense, image.height, image.width);
  }

  /// Maps of prototypes, made at once on a device, and in run() on the CPU.
  [[nodiscard]] dense_masks combined(prototype_masks const& masks, bool here) {
    prototype_maps maps = masks.maps;
    std::size_t const map_size = std::size_t{maps.height} * maps.width;
    std::size_t const numbers = map_size * maps.count;
    dense_masks made =
        contiguous_masks(nullptr, maps.count, maps.height, maps.width, pixel_format::float32, masks.threshold);
    made.paste = {paste_kind::image, maps.height, maps.width, masks.boxes};
    if (place_ == nullptr) {
      waiting_.push_back({maps, std::vector<float>(numbers)});
      made.data = waiting_.back().numbers.data();
      return made;
    }
    if (!here) {
      std::size_t const bytes = map_size * maps.channels * semantics::bytes_per_pixel(maps.format);
      maps.prototypes = copied_in(static_cast<unsigned char const*>(maps.prototypes), bytes);
      maps.coefficients = copied_in(maps.coefficients, std::size_t{maps.count} * maps.channels);
      maps.crops = copied_in(maps.crops, 4 * std::size_t{maps.count});
      made.paste.boxes = copied_in(masks.boxes, 4 * std::size_t{maps.count});
    }
    auto* const there = reinterpret_cast<float*>(device_room(numbers * sizeof(float)));
    core_.chosen.stages->combine_prototypes(place_->ctx(), maps, {there, numbers});
    made.data = there;
    return made;
  }

  [[nodiscard]] dense_masks rendered(std::vector<unsigned char> bits, job_image const& image, std::uint32_t count) {
    rendered_.push_back(std::move(bits));
    dense_masks const masks =
        contiguous_masks(rendered_.back().data(), count, image.height, image.width, pixel_format::bits);
    return place_ == nullptr || count == 0 ? masks : uploaded(masks, image.height, image.width);
  }

  [[nodiscard]] dense_masks uploaded(dense_masks const& masks, std::uint32_t height, std::uint32_t width) {
    if (std::uint64_t{height} * width == 0) return masks;
    bool const is_pasted = masks.paste.kind != paste_kind::none;
    memory_span const span =
        is_pasted ? span_of(masks, masks.paste.map_height, masks.paste.map_width) : span_of(masks, height, width);
    dense_masks moved = masks;
    auto const* const first = static_cast<unsigned char const*>(masks.data) + span.first;
    moved.data = copied_in(first, static_cast<std::size_t>(span.size)) - span.first;
    moved.paste.boxes = copied_in(masks.paste.boxes, 4 * std::size_t{masks.count});
    return moved;
  }

  /// Device memory until the work is queued.
  [[nodiscard]] unsigned char* device_room(std::size_t bytes) {
    device_bytes_.emplace_back(bytes, *place_->ctx().memory, place_->ctx().stream);
    return device_bytes_.back().data();
  }
  template <class T>
  [[nodiscard]] T const* copied_in(T const* from, std::size_t count) {
    if (from == nullptr || count == 0) return nullptr;
    unsigned char* const there = device_room(count * sizeof(T));
    place_->copy_in(there, from, count * sizeof(T));
    return reinterpret_cast<T const*>(there);
  }

  /// Labels that the device has let it pass over pairs of two categories.
  void add_device_labels(image_update const& update, dense_image& image) const {
    if (place_ == nullptr || !core_.how.use_categories || !update.ground_truths) return;
    auto const on_device = [](number_column const& labels) {
      return labels.present() && labels.where == memory_space::device && labels.type == number_type::int64;
    };
    number_column const& found = update.detections.labels;
    number_column const& truth = update.ground_truths->labels;
    if (!on_device(found) || !on_device(truth)) return;
    image.detection_labels = static_cast<std::int64_t const*>(found.data);
    image.ground_truth_labels = static_cast<std::int64_t const*>(truth.data);
  }

  /// The same on the CPU, where all labels are known. Registered ground truth stands by category then by row.
  void label_images() {
    if (!core_.how.use_categories) return;
    for (std::size_t i = 0; i < images_.size(); ++i) {
      job_image const& image = images_[i];
      if (image.num_detections == 0 || image.num_ground_truths == 0) continue;
      std::vector<std::int64_t> found;
      std::vector<std::int64_t> truth;
      for (std::uint32_t d = 0; d < image.num_detections; ++d) found.push_back(image.detection_labels.whole(d));
      if (image.is_registered()) {
        dataset const& registered = core_.registered->all();
        for (std::uint32_t const row : core_.registered->rows(image.registered_index)) {
          truth.push_back(registered.categories.ids[registered.annotations.category_indices[row]]);
        }
      } else {
        for (std::uint32_t g = 0; g < image.num_ground_truths; ++g) truth.push_back(image.ground_truth_labels.whole(g));
      }
      labels_.push_back(std::move(found));
      dense_[i].detection_labels = labels_.back().data();
      labels_.push_back(std::move(truth));
      dense_[i].ground_truth_labels = labels_.back().data();
    }
  }

  /// Queues the stage and the way back of what it finds. Device memory goes back in the order of the stream.
  void queue() {
    buffer<std::uint32_t> const there(counts_.size(), *place_->ctx().memory, place_->ctx().stream);
    core_.chosen.stages->dense_overlaps(place_->ctx(), {dense_.data(), dense_.size()}, boundaries_,
                                        layout_.in(there.data()));
    if (!counts_.empty()) place_->copy_out(counts_.data(), there.data(), counts_.size() * sizeof(counts_[0]));
    device_bytes_.clear();
    rendered_.clear();
  }

  [[nodiscard]] double iou_of(std::uint32_t image, std::uint32_t d, std::uint32_t g, bool crowd, double lowest) const {
    job_image const& of = images_[image];
    std::size_t const pair =
        first_pairs_[image] + std::size_t{d - of.first_detection} * of.num_ground_truths + (g - of.first_ground_truth);
    double const iou = semantics::mask_iou(found_.intersections_px[pair], found_.detection_areas_px[d],
                                           found_.ground_truth_areas_px[g], crowd);
    if (!boundaries_.wanted() || !semantics::needs_boundary(iou, crowd, lowest)) return iou;
    return semantics::joined_iou(
        iou, semantics::mask_iou(found_.boundary_intersections_px[pair], found_.detection_boundary_areas_px[d],
                                 found_.ground_truth_boundary_areas_px[g], false));
  }

  evaluator_core const& core_;
  std::vector<job_image> const& images_;
  execution* place_;
  dense_boundaries boundaries_;
  std::vector<dense_image> dense_;
  std::vector<std::vector<unsigned char>> rendered_;
  std::deque<waiting_maps> waiting_;  // where dense_ points to
  std::vector<std::vector<std::int64_t>> labels_;
  std::vector<buffer<unsigned char>> device_bytes_;
  std::vector<std::size_t> first_pairs_;  // [images]
  counts_layout layout_;
  std::vector<std::uint32_t> counts_;
  dense_output found_;  // in counts_
};

}  // namespace

std::unique_ptr<overlap_work> make_dense_work(evaluator_core const& core, std::vector<job_image> const& images,
                                              ordered_updates const& updates, execution* place) {
  return std::make_unique<dense_work>(core, images, updates, place);
}

}  // namespace maskmetrics
