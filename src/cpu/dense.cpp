#include <maskmetrics/dense.hpp>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <tbb/enumerable_thread_specific.h>

#include <maskmetrics/semantics/boundary.hpp>
#include <maskmetrics/semantics/iou.hpp>

#include "core/parallel.hpp"
#include "cpu/boundary.hpp"
#include "cpu/pixel_words.hpp"
#include "cpu/stages.hpp"

namespace maskmetrics::cpu {

namespace {

/// Where an image's results start.
struct image_offsets {
  std::size_t pair = 0;
  std::size_t detection = 0;
  std::size_t ground_truth = 0;
};

/// Masks whose columns lie side by side in memory, as NumPy keeps what COCO's codes decode to.
[[nodiscard]] bool lies_by_columns(dense_masks const& masks) {
  if (masks.count == 0) return true;
  if (masks.format == pixel_format::bits || masks.paste.kind != paste_kind::none) return false;
  std::int64_t const pixel = semantics::bytes_per_pixel(masks.format);
  return masks.row_stride == pixel && masks.column_stride != pixel;
}

[[nodiscard]] dense_image turned(dense_image image) {
  std::swap(image.height, image.width);
  for (dense_masks* const masks : {&image.detections, &image.ground_truths}) {
    std::swap(masks->row_stride, masks->column_stride);
  }
  return image;
}

/// A boundary with its words.
struct owned_boundary {
  packed_boundary boundary;
  std::vector<std::uint64_t> words;
};

/// What a thread keeps from mask to mask.
struct scratch {
  packed_mask detection;
  boundary_packer packer{fastest_bit_word_loops()};
  std::vector<std::uint64_t> boundary_words;
};

/// One image at a time: its ground truth is packed once, then each detection meets all of it. An image whose masks lie
/// by columns is turned, so that rows are read here too: counts of pixels stay, and boxes are turned back.
class image_overlaps {
public:
  image_overlaps(dense_image const& image, image_offsets const& at, dense_boundaries const& boundaries,
                 dense_output const& out)
      : is_turned_(lies_by_columns(image.detections) && lies_by_columns(image.ground_truths)),
        image_(is_turned_ ? turned(image) : image),
        at_(at),
        boundaries_(boundaries),
        out_(out),
        reach_px_(boundaries.wanted()
                      ? semantics::boundary_reach_px(image.height, image.width, boundaries.dilation_ratio)
                      : 0),
        ground_truths_(image.ground_truths.count),
        ground_truth_boundaries_(boundaries.wanted() ? image.ground_truths.count : 0) {}

  void pack_ground_truth(std::uint32_t g, scratch& own) {
    packed_mask& mask = ground_truths_[g];
    mask.pack(image_.ground_truths, g, image_.height, image_.width);
    out_.ground_truth_areas_px[at_.ground_truth + g] = mask.area_px();
    if (!out_.ground_truth_boxes.empty()) out_.ground_truth_boxes[at_.ground_truth + g] = upright(mask.bounds());
    if (!boundaries_.wanted()) return;
    owned_boundary& boundary = ground_truth_boundaries_[g];
    if (mask.area_px() != 0) boundary.boundary = own.packer.pack(mask, reach_px_, boundary.words);
    out_.ground_truth_boundary_areas_px[at_.ground_truth + g] = boundary.boundary.area_px;
  }

  /// After all ground truth.
  void overlap_detection(std::uint32_t d, scratch& own) const {
    packed_mask& mask = own.detection;
    mask.pack(image_.detections, d, image_.height, image_.width);
    out_.detection_areas_px[at_.detection + d] = mask.area_px();
    if (!out_.detection_boxes.empty()) out_.detection_boxes[at_.detection + d] = upright(mask.bounds());
    std::optional<packed_boundary> boundary;
    for (std::uint32_t g = 0; g < ground_truths_.size(); ++g) {
      std::size_t const pair = at_.pair + std::size_t{d} * ground_truths_.size() + g;
      bool const counts = is_pair(d, g);
      std::uint32_t const common = counts ? mask.common_px(ground_truths_[g]) : 0;
      out_.intersections_px[pair] = common;
      if (!boundaries_.wanted()) continue;
      out_.boundary_intersections_px[pair] = 0;
      double const iou = semantics::mask_iou(common, mask.area_px(), ground_truths_[g].area_px(), false);
      if (!counts || !semantics::needs_boundary(iou, false, boundaries_.lowest_iou_threshold)) continue;
      if (!boundary) {
        own.boundary_words.clear();
        boundary = own.packer.pack(mask, reach_px_, own.boundary_words);
      }
      owned_boundary const& other = ground_truth_boundaries_[g];
      out_.boundary_intersections_px[pair] =
          own.packer.common_px(*boundary, own.boundary_words, other.boundary, other.words);
    }
    if (boundaries_.wanted()) {
      out_.detection_boundary_areas_px[at_.detection + d] = boundary ? boundary->area_px : 0;
    }
  }

private:
  [[nodiscard]] bool is_pair(std::uint32_t d, std::uint32_t g) const {
    return image_.detection_labels == nullptr || image_.detection_labels[d] == image_.ground_truth_labels[g];
  }

  [[nodiscard]] box upright(box const& bounds) const {
    return is_turned_ ? box{bounds.y, bounds.x, bounds.height, bounds.width} : bounds;
  }

  bool is_turned_;
  dense_image image_;
  image_offsets const& at_;
  dense_boundaries const& boundaries_;
  dense_output const& out_;
  std::uint32_t reach_px_;
  std::vector<packed_mask> ground_truths_;
  std::vector<owned_boundary> ground_truth_boundaries_;
};

}  // namespace

void dense_overlaps(context const& ctx, view<dense_image const> const& images, dense_boundaries const& boundaries,
                    dense_output const& out) {
  std::vector<image_offsets> offsets(images.size() + 1);
  for (std::size_t i = 0; i < images.size(); ++i) {
    dense_sizes const here = sizes_of(images.subview(i, 1));
    offsets[i + 1] = {offsets[i].pair + here.num_pairs, offsets[i].detection + here.num_detections,
                      offsets[i].ground_truth + here.num_ground_truths};
  }
  in_arena(ctx, [&] {
    tbb::enumerable_thread_specific<scratch> scratches;
    parallel_each(images.size(), [&](std::size_t i) {
      image_overlaps overlaps(images[i], offsets[i], boundaries, out);
      parallel_each(images[i].ground_truths.count, [&](std::size_t g) {
        overlaps.pack_ground_truth(static_cast<std::uint32_t>(g), scratches.local());
      });
      parallel_each(images[i].detections.count, [&](std::size_t d) {
        overlaps.overlap_detection(static_cast<std::uint32_t>(d), scratches.local());
      });
    });
  });
}

}  // namespace maskmetrics::cpu
