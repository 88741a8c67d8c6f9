/// @file
/// Scenes: one image with its annotated objects and the detections of a fallible detector.
#pragma once

#include <cstdint>
#include <vector>

#include "workload/shapes.hpp"
#include "workload/statistics.hpp"

namespace maskmetrics::workload {

/// Everything that decides a workload.
struct settings {
  flavour kind = flavour::coco;
  std::uint32_t num_images = 100;
  std::uint32_t dets_per_image = 100;
  std::uint64_t seed = 1;
};

struct image_description {
  std::int64_t id = 0;                                    ///< ascending with the image index, with gaps
  std::uint32_t width = 0;                                ///< px
  std::uint32_t height = 0;                               ///< px
  std::vector<std::int64_t> neg_category_ids;             ///< LVIS: verified to be absent, ascending
  std::vector<std::int64_t> not_exhaustive_category_ids;  ///< LVIS: present, not every instance annotated, ascending
};

/// One ground-truth annotation.
struct object {
  std::int64_t id = 0;  ///< unique in the data set, with gaps
  std::int64_t category_id = 0;
  bool crowd = false;  ///< COCO: a region of many instances; its rings overlap
  polygon shape;
  double area_px = 0;  ///< of the polygon, two decimals; of the mask where crowd
  box bounds;          ///< tight box, two decimals
};

/// One result.
struct detection {
  std::int64_t category_id = 0;
  polygon shape;
  box bounds;        ///< tight box, two decimals
  double score = 0;  ///< in (0, 1), four decimals, so that ties occur
};

struct scene {
  image_description image;
  std::vector<object> objects;
  std::vector<detection> detections;  ///< [dets_per_image], best first
};

/// Makes image @p image_index of a workload from the settings' seed and the index alone: scenes can be made in any
/// order, by any thread, on any machine. Settings' num_images is not looked at.
[[nodiscard]] scene make_scene(settings const& how, std::uint32_t image_index);

}  // namespace maskmetrics::workload
