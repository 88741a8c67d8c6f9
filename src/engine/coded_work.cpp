// Updates whose masks are codes.
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <maskmetrics/error.hpp>
#include <maskmetrics/geometry.hpp>

#include "core/mask_error.hpp"
#include "engine/mask_codes.hpp"
#include "engine/overlaps.hpp"
#include "engine/update_job.hpp"

namespace maskmetrics {

namespace {

/// The masks of one side of an update, moved together.
struct joined_codes {
  mask_batch batch;
  std::string text;

  void own_text() {
    auto owned = std::make_shared<std::string const>(std::move(text));
    batch.text = *owned;
    batch.text_owner = std::move(owned);
  }
};

void join_detections(std::vector<job_image> const& images, ordered_updates const& updates, joined_codes& to) {
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (images[i].num_detections == 0) continue;
    mask_columns const& codes = std::get<coded_masks>(updates[i]->detections.masks.source).codes;
    for (std::uint32_t row = 0; row < images[i].num_detections; ++row) append_code(codes, row, to.batch, to.text);
  }
  to.own_text();
}

void join_ground_truths(evaluator_core const& core, std::vector<job_image> const& images,
                        ordered_updates const& updates, joined_codes& to) {
  for (std::size_t i = 0; i < images.size(); ++i) {
    job_image const& image = images[i];
    if (image.is_registered()) {
      mask_columns const codes = core.registered->all().annotations.masks;
      for (std::uint32_t const row : core.registered->rows(image.registered_index)) {
        append_code(codes, row, to.batch, to.text);
      }
    } else if (image.num_ground_truths != 0) {
      mask_columns const& codes = std::get<coded_masks>(updates[i]->ground_truths->masks.source).codes;
      for (std::uint32_t row = 0; row < image.num_ground_truths; ++row) append_code(codes, row, to.batch, to.text);
    }
  }
  to.own_text();
}

/// All codes on the host, compared on the CPU.
class coded_work final : public overlap_work {
public:
  coded_work(evaluator_core const& core, std::vector<job_image> const& images, ordered_updates const& updates)
      : core_(core), images_(images) {
    join_detections(images, updates, detections_);
    join_ground_truths(core, images, updates, ground_truths_);
  }

  [[nodiscard]] bool knows_areas() const override { return false; }

  [[nodiscard]] std::vector<double> detection_areas() override {
    std::vector<double> areas;
    for (job_image const& image : images_) {
      for (std::uint32_t i = 0; i < image.num_detections; ++i) {
        areas.push_back(decoded(detections_, image, image.first_detection + i).area_px);
      }
    }
    return areas;
  }

  [[nodiscard]] double ground_truth_area(std::uint32_t row) override {
    return decoded(ground_truths_, image_of_ground_truth(row), row).area_px;
  }

  [[nodiscard]] kept_pairs find_pairs(evaluation_cells& cells) override {
    pairwise_input in = pairs_input(core_, cells);
    std::vector<std::uint32_t> heights;
    std::vector<std::uint32_t> widths;
    for (job_image const& image : images_) {
      heights.push_back(image.height);
      widths.push_back(image.width);
    }
    in.image_heights = {heights.data(), heights.size()};
    in.image_widths = {widths.data(), widths.size()};
    resident_masks const found{detections_.batch,
                               {cells.detection_rows.data(), cells.detection_rows.size()},
                               in.image_heights,
                               in.image_widths};
    resident_masks const truth{ground_truths_.batch,
                               {cells.ground_truth_rows.data(), cells.ground_truth_rows.size()},
                               in.image_heights,
                               in.image_widths};
    in.resident_detections = &found;
    in.resident_ground_truths = &truth;
    pairwise_measures measures;
    if (cells.detection_areas.empty()) {
      cells.detection_areas.resize(cells.scores.size());
      measures.detection_areas = {cells.detection_areas.data(), cells.detection_areas.size()};
    }
    context ctx = core_.ctx;
    ctx.device = {device_kind::cpu, 0};
    try {
      return to_kept_pairs(cpu_backend().pairwise(ctx, in, measures));
    } catch (input_error const&) {
      name_fault();
      throw;
    }
  }

private:
  [[nodiscard]] job_image const& image_of_ground_truth(std::uint32_t row) const {
    std::size_t i = images_.size() - 1;
    while (images_[i].first_ground_truth > row) --i;
    return images_[i];
  }

  /// @throws input_error naming the image and the mask in it
  [[nodiscard]] mask_intervals const& decoded(joined_codes const& side, job_image const& image, std::uint32_t row) {
    mask_fault const fault = decoder_.decode(side.batch, row, image.height, image.width, nullptr, mask_);
    if (fault == mask_fault::none) return mask_;
    bool const is_detection = &side == &detections_;
    std::uint32_t const in_image = row - (is_detection ? image.first_detection : image.first_ground_truth);
    if (!is_detection && image.is_registered()) {
      annotation_table const& annotations = core_.registered->all().annotations;
      std::uint32_t const at = core_.registered->rows(image.registered_index)[in_image];
      throw_ground_truth_fault(fault, annotations.masks, at, annotations.ids[at],
                               image_of_mask{core_.registered->all().images, image.registered_index});
    }
    bool const lacks_size = fault == mask_fault::bad_size && takes_image_size(side.batch.entries[row]);
    throw input_error(
        image.name(), fmt::format("{}.masks[{}]", is_detection ? "detections" : "ground_truths", in_image),
        lacks_size ? fmt::format("polygons need the size of their image, expected at most 2^31 - 1 pixels, got {} x {}",
                                 image.height, image.width)
                   : describe(fault));
  }

  /// The stage knows rows of the update only.
  void name_fault() {
    for (job_image const& image : images_) {
      for (std::uint32_t i = 0; i < image.num_ground_truths; ++i) {
        static_cast<void>(decoded(ground_truths_, image, image.first_ground_truth + i));
      }
      for (std::uint32_t i = 0; i < image.num_detections; ++i) {
        static_cast<void>(decoded(detections_, image, image.first_detection + i));
      }
    }
  }

  evaluator_core const& core_;
  std::vector<job_image> const& images_;
  joined_codes detections_;
  joined_codes ground_truths_;
  mask_decoder decoder_;
  mask_intervals mask_;
};

/// One side of an image whose codes may be on the device.
struct placed_side {
  joined_codes joined;      // codes of the host
  resident_masks resident;  // codes of the device
  bool is_resident = false;
};

/// Codes of one image, compared on the device.
class resident_work final : public overlap_work {
public:
  resident_work(evaluator_core const& core, job_image const& image, image_update const& update, execution& place)
      : core_(core), image_(image), where_(place, false), place_(place) {
    heights_ = {image.height};
    widths_ = {image.width};
    ordered_updates const updates = {&update};
    std::vector<job_image> const images = {image};
    detections_.is_resident = is_on_device(update.detections.masks);
    if (detections_.is_resident) {
      detections_.resident = resident(update.detections.masks);
    } else {
      join_detections(images, updates, detections_.joined);
    }
    ground_truths_.is_resident = update.ground_truths && is_on_device(update.ground_truths->masks);
    if (ground_truths_.is_resident) {
      ground_truths_.resident = resident(update.ground_truths->masks);
    } else {
      join_ground_truths(core, images, updates, ground_truths_.joined);
    }
  }

  [[nodiscard]] bool knows_areas() const override { return false; }
  [[nodiscard]] std::vector<double> detection_areas() override { return areas_of(detections_, image_.num_detections); }
  [[nodiscard]] double ground_truth_area(std::uint32_t row) override {
    if (ground_truth_areas_.empty()) ground_truth_areas_ = areas_of(ground_truths_, image_.num_ground_truths);
    return ground_truth_areas_[row - image_.first_ground_truth];
  }

  [[nodiscard]] kept_pairs find_pairs(evaluation_cells& cells) override {
    std::vector<double> areas;
    kept_pairs pairs = find_pairs(cells, detections_, ground_truths_, areas);
    if (cells.detection_areas.empty()) cells.detection_areas = std::move(areas);
    return pairs;
  }

private:
  [[nodiscard]] static bool is_on_device(image_masks const& masks) {
    return masks.where == memory_space::device && std::holds_alternative<coded_masks>(masks.source);
  }
  [[nodiscard]] resident_masks resident(image_masks const& masks) {
    resident_masks side;
    side.codes = std::get<coded_masks>(masks.source).codes;
    side.image_heights = where_.place(heights_);
    side.image_widths = where_.place(widths_);
    return side;
  }

  /// Areas of all masks of a side: those of detections in a cell without ground truth.
  [[nodiscard]] std::vector<double> areas_of(placed_side& side, std::uint32_t count) {
    evaluation_cells all;
    all.categories = {0};
    all.images = {0};
    all.detection_begin = {0, count};
    all.ground_truth_begin = {0, 0};
    all.flags = {0};
    all.detection_rows = all_rows(count);
    all.scores.resize(count);
    std::vector<double> areas;
    placed_side none;
    static_cast<void>(find_pairs(all, side, none, areas));
    return areas;
  }

  [[nodiscard]] kept_pairs find_pairs(evaluation_cells const& cells, placed_side& found, placed_side& truth,
                                      std::vector<double>& areas) {
    pairwise_input in = pairs_input(core_, cells);
    in.cells = place_index(cells, where_);
    in.ground_truth_flags = where_.place(cells.ground_truth_flags);
    in.image_heights = {heights_.data(), 1};
    in.image_widths = {widths_.data(), 1};
    in.detection_masks = &found.joined.batch;
    in.ground_truth_masks = &truth.joined.batch;
    in.detection_rows = {cells.detection_rows.data(), cells.detection_rows.size()};
    in.ground_truth_rows = {cells.ground_truth_rows.data(), cells.ground_truth_rows.size()};
    std::vector<std::int64_t> const no_ids(image_.num_ground_truths);
    in.ground_truth_ids = {no_ids.data(), no_ids.size()};
    if (found.is_resident) {
      found.resident.rows = where_.place(cells.detection_rows);
      in.resident_detections = &found.resident;
    }
    if (truth.is_resident) {
      truth.resident.rows = where_.place(cells.ground_truth_rows);
      in.resident_ground_truths = &truth.resident;
    }
    view<double> const areas_there = where_.make<double>(cells.scores.size());
    try {
      pair_list const pairs = core_.chosen.stages->pairwise(place_.ctx(), in, {areas_there});
      kept_pairs here = fetched(pairs);
      areas.resize(cells.scores.size());
      where_.fetch<double>(areas_there, areas.data());
      place_.synchronize();
      return here;
    } catch (input_error const& fault) {
      throw input_error(image_.name(), fault.source() + "." + fault.place(), fault.problem());
    }
  }

  [[nodiscard]] kept_pairs fetched(pair_list const& pairs) const {
    std::vector<std::uint64_t> begin(pairs.begin.size());
    kept_pairs here;
    here.ground_truths.resize(pairs.ground_truths.size());
    here.ious.resize(pairs.ious.size());
    where_.fetch<std::uint64_t>(pairs.begin.all(), begin.data());
    where_.fetch<std::uint32_t>(pairs.ground_truths.all(), here.ground_truths.data());
    where_.fetch<double>(pairs.ious.all(), here.ious.data());
    place_.synchronize();
    for (std::size_t d = 0; d + 1 < begin.size(); ++d) {
      here.num_pairs.push_back(static_cast<std::uint32_t>(begin[d + 1] - begin[d]));
    }
    return here;
  }

  evaluator_core const& core_;
  job_image const& image_;
  workspace where_;
  execution& place_;
  std::vector<std::uint32_t> heights_;
  std::vector<std::uint32_t> widths_;
  placed_side detections_;
  placed_side ground_truths_;
  std::vector<double> ground_truth_areas_;
};

}  // namespace

std::unique_ptr<overlap_work> make_coded_work(evaluator_core const& core, std::vector<job_image> const& images,
                                              ordered_updates const& updates) {
  return std::make_unique<coded_work>(core, images, updates);
}

std::unique_ptr<overlap_work> make_resident_work(evaluator_core const& core, job_image const& image,
                                                 image_update const& update, execution& place) {
  return std::make_unique<resident_work>(core, image, update, place);
}

}  // namespace maskmetrics
