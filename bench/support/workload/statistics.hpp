/// @file
/// What is known of the real data sets, as numbers to draw from.
///
/// Sources: T.-Y. Lin et al., "Microsoft COCO: Common Objects in Context", ECCV 2014 (instances and categories per
/// image, object sizes); the public counts of COCO val2017 (36,781 annotations on 5,000 images, 446 of them crowds, 48
/// images without any; instances by category); A. Gupta, P. Dollar, R. Girshick, "LVIS: A Dataset for Large Vocabulary
/// Instance Segmentation", CVPR 2019, and the public counts of LVIS v1 (244,707 annotations on 19,809 validation
/// images; 405 frequent, 461 common and 337 rare categories, by the number of training images that hold them).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "workload/random.hpp"

namespace maskmetrics::workload {

/// Which data set the scenes look like.
enum class flavour : unsigned char { coco, lvis };

struct image_size {
  std::uint32_t width = 0;   ///< px
  std::uint32_t height = 0;  ///< px
  std::uint32_t weight = 0;  ///< relative frequency
};

struct statistics {
  double empty_image_share = 0;     ///< images without annotations
  double crowds_per_image = 0;      ///< crowd regions an image
  double several_rings_share = 0;   ///< objects cut apart by what stands before them
  std::vector<knot> instances;      ///< objects an image, where there are any
  std::vector<knot> categories;     ///< distinct categories an image
  std::vector<knot> vertices;       ///< polygon points an object
  std::vector<knot> sizes;          ///< square root of an object's area, px in an image of 640 x 480
  std::vector<knot> negatives;      ///< LVIS: categories verified to be absent from an image
  double not_exhaustive_share = 0;  ///< LVIS: categories of an image of which not every instance is annotated
};

[[nodiscard]] statistics const& statistics_of(flavour kind);

/// The usual sizes of the photographs, the same for both data sets.
[[nodiscard]] std::span<image_size const> image_sizes();

struct category {
  std::int64_t id = 0;
  std::string name;
  std::string supercategory;         ///< COCO
  char frequency = 'f';              ///< LVIS: 'r' on at most 10 images, 'c' on at most 100, else 'f'
  std::uint32_t image_count = 0;     ///< LVIS: training images that hold it
  std::uint32_t instance_count = 0;  ///< COCO: instances in val2017; LVIS: in the training images
};

/// Categories, ascending by id: COCO's 80 with their official ids, or 1,203 nameless ones with LVIS v1's long tail.
[[nodiscard]] std::vector<category> const& categories_of(flavour kind);

/// Draws an index into categories_of().
[[nodiscard]] std::uint32_t draw_category(flavour kind, random_source& random);

}  // namespace maskmetrics::workload
