#include "workload/statistics.hpp"

#include <array>

namespace maskmetrics::workload {
namespace {

statistics coco_statistics() {
  return {.empty_image_share = 48.0 / 5000.0,
          .crowds_per_image = 446.0 / 5000.0,
          .several_rings_share = 0.10,
          .instances = {{0, 1}, {0.1, 1}, {0.25, 2}, {0.5, 4}, {0.75, 10}, {0.9, 17}, {0.97, 25}, {1, 50}},
          .categories = {{0, 1}, {0.18, 1}, {0.38, 2}, {0.58, 3}, {0.78, 4.3}, {0.95, 7.5}, {1, 12}},
          .vertices = {{0, 4}, {0.05, 5}, {0.1, 6}, {0.25, 10}, {0.5, 16}, {0.75, 27}, {0.9, 47}, {0.95, 65}, {1, 150}},
          .sizes = {{0, 5},
                    {0.05, 9},
                    {0.1, 12},
                    {0.25, 20},
                    {0.41, 32},
                    {0.5, 42},
                    {0.66, 70},
                    {0.75, 96},
                    {0.9, 178},
                    {0.95, 245},
                    {0.99, 400},
                    {1, 500}},
          .negatives = {{0, 0}, {1, 0}},
          .not_exhaustive_share = 0};
}

statistics lvis_statistics() {
  return {.empty_image_share = 0.01,
          .crowds_per_image = 0,
          .several_rings_share = 0.10,
          .instances = {{0, 1}, {0.1, 2}, {0.25, 3}, {0.5, 7}, {0.75, 13}, {0.9, 25}, {0.97, 50}, {1, 120}},
          .categories = {{0, 1}, {0.15, 1}, {0.4, 3}, {0.6, 4}, {0.8, 5}, {0.95, 8}, {1, 16}},
          .vertices = {{0, 4}, {0.05, 6}, {0.1, 8}, {0.25, 13}, {0.5, 21}, {0.75, 35}, {0.9, 60}, {0.95, 80}, {1, 200}},
          .sizes = {{0, 4},
                    {0.05, 7},
                    {0.1, 9},
                    {0.25, 15},
                    {0.5, 28},
                    {0.58, 33},
                    {0.75, 56},
                    {0.87, 96},
                    {0.95, 180},
                    {0.99, 340},
                    {1, 500}},
          .negatives = {{0, 2}, {0.5, 8}, {1, 20}},
          .not_exhaustive_share = 0.04};
}

struct coco_class {
  std::int64_t id;
  char const* name;
  char const* supercategory;
  std::uint32_t val2017_instances;
};

constexpr std::array<coco_class, 80> coco_classes{{
    {1, "person", "person", 10777},
    {2, "bicycle", "vehicle", 314},
    {3, "car", "vehicle", 1918},
    {4, "motorcycle", "vehicle", 367},
    {5, "airplane", "vehicle", 143},
    {6, "bus", "vehicle", 283},
    {7, "train", "vehicle", 190},
    {8, "truck", "vehicle", 414},
    {9, "boat", "vehicle", 424},
    {10, "traffic light", "outdoor", 634},
    {11, "fire hydrant", "outdoor", 101},
    {13, "stop sign", "outdoor", 75},
    {14, "parking meter", "outdoor", 60},
    {15, "bench", "outdoor", 411},
    {16, "bird", "animal", 427},
    {17, "cat", "animal", 202},
    {18, "dog", "animal", 218},
    {19, "horse", "animal", 272},
    {20, "sheep", "animal", 354},
    {21, "cow", "animal", 372},
    {22, "elephant", "animal", 252},
    {23, "bear", "animal", 71},
    {24, "zebra", "animal", 266},
    {25, "giraffe", "animal", 232},
    {27, "backpack", "accessory", 371},
    {28, "umbrella", "accessory", 407},
    {31, "handbag", "accessory", 540},
    {32, "tie", "accessory", 252},
    {33, "suitcase", "accessory", 299},
    {34, "frisbee", "sports", 115},
    {35, "skis", "sports", 241},
    {36, "snowboard", "sports", 69},
    {37, "sports ball", "sports", 260},
    {38, "kite", "sports", 327},
    {39, "baseball bat", "sports", 145},
    {40, "baseball glove", "sports", 148},
    {41, "skateboard", "sports", 179},
    {42, "surfboard", "sports", 267},
    {43, "tennis racket", "sports", 225},
    {44, "bottle", "kitchen", 1013},
    {46, "wine glass", "kitchen", 341},
    {47, "cup", "kitchen", 895},
    {48, "fork", "kitchen", 215},
    {49, "knife", "kitchen", 325},
    {50, "spoon", "kitchen", 253},
    {51, "bowl", "kitchen", 623},
    {52, "banana", "food", 370},
    {53, "apple", "food", 236},
    {54, "sandwich", "food", 177},
    {55, "orange", "food", 285},
    {56, "broccoli", "food", 312},
    {57, "carrot", "food", 365},
    {58, "hot dog", "food", 125},
    {59, "pizza", "food", 284},
    {60, "donut", "food", 328},
    {61, "cake", "food", 310},
    {62, "chair", "furniture", 1771},
    {63, "couch", "furniture", 261},
    {64, "potted plant", "furniture", 342},
    {65, "bed", "furniture", 163},
    {67, "dining table", "furniture", 695},
    {70, "toilet", "furniture", 179},
    {72, "tv", "electronic", 288},
    {73, "laptop", "electronic", 231},
    {74, "mouse", "electronic", 106},
    {75, "remote", "electronic", 283},
    {76, "keyboard", "electronic", 153},
    {77, "cell phone", "electronic", 262},
    {78, "microwave", "appliance", 55},
    {79, "oven", "appliance", 143},
    {80, "toaster", "appliance", 9},
    {81, "sink", "appliance", 225},
    {82, "refrigerator", "appliance", 126},
    {84, "book", "indoor", 1129},
    {85, "clock", "indoor", 267},
    {86, "vase", "indoor", 274},
    {87, "scissors", "indoor", 36},
    {88, "teddy bear", "indoor", 190},
    {89, "hair drier", "indoor", 11},
    {90, "toothbrush", "indoor", 57},
}};

std::vector<category> coco_categories() {
  std::vector<category> result;
  result.reserve(coco_classes.size());
  for (coco_class const& one : coco_classes) {
    result.push_back({.id = one.id,
                      .name = one.name,
                      .supercategory = one.supercategory,
                      .image_count = 0,
                      .instance_count = one.val2017_instances});
  }
  return result;
}

/// A hyperbola from @p first at position 0 down to @p last at position length - 1.
std::uint32_t falling(std::uint32_t first, std::uint32_t last, std::uint32_t length, std::uint32_t position) {
  std::uint64_t const offset = std::uint64_t{last} * (length - 1);
  std::uint64_t const drop = first - last;
  return static_cast<std::uint32_t>(first * offset / (offset + drop * position));
}

/// Training images that hold the category of a rank: LVIS v1's three frequency classes, its person on about 1,900
/// images.
std::uint32_t lvis_image_count(std::uint32_t rank) {
  constexpr std::uint32_t num_frequent = 405;
  constexpr std::uint32_t num_common = 461;
  constexpr std::uint32_t num_rare = 337;
  if (rank < num_frequent) return falling(1928, 101, num_frequent, rank);
  if (rank < num_frequent + num_common) return falling(100, 11, num_common, rank - num_frequent);
  return falling(10, 1, num_rare, rank - num_frequent - num_common);
}

std::vector<category> lvis_categories() {
  constexpr std::uint32_t num_categories = 1203;
  std::vector<std::uint32_t> ranks(num_categories);  // shuffled: ids tell nothing about frequency
  random_source random(2019, 0);
  for (std::uint32_t i = 0; i < num_categories; ++i) {
    std::uint32_t const j = random.below(i + 1);
    ranks[i] = ranks[j];
    ranks[j] = i;
  }
  std::vector<category> result;
  result.reserve(num_categories);
  for (std::uint32_t i = 0; i < num_categories; ++i) {
    std::uint32_t const count = lvis_image_count(ranks[i]);
    std::string const digits = std::to_string(10000 + i + 1).substr(1);
    result.push_back({.id = i + 1,
                      .name = "category_" + digits,
                      .supercategory = {},
                      .frequency = count <= 10 ? 'r' : (count <= 100 ? 'c' : 'f'),
                      .image_count = count,
                      .instance_count = count * (1 + random.below(6))});
  }
  return result;
}

weighted_choice category_choice(flavour kind) {
  std::vector<std::uint32_t> weights;
  weights.reserve(categories_of(kind).size());
  for (category const& one : categories_of(kind)) {
    weights.push_back(kind == flavour::coco ? one.instance_count : one.image_count);
  }
  return weighted_choice(weights);
}

}  // namespace

statistics const& statistics_of(flavour kind) {
  static statistics const coco = coco_statistics();
  static statistics const lvis = lvis_statistics();
  return kind == flavour::coco ? coco : lvis;
}

std::span<image_size const> image_sizes() {
  static constexpr std::array<image_size, 12> sizes{{{640, 480, 28},
                                                     {640, 427, 22},
                                                     {480, 640, 12},
                                                     {427, 640, 8},
                                                     {640, 426, 8},
                                                     {640, 428, 4},
                                                     {500, 375, 5},
                                                     {640, 360, 3},
                                                     {612, 612, 3},
                                                     {500, 333, 3},
                                                     {375, 500, 2},
                                                     {640, 640, 2}}};
  return sizes;
}

std::vector<category> const& categories_of(flavour kind) {
  static std::vector<category> const coco = coco_categories();
  static std::vector<category> const lvis = lvis_categories();
  return kind == flavour::coco ? coco : lvis;
}

std::uint32_t draw_category(flavour kind, random_source& random) {
  static weighted_choice const coco = category_choice(flavour::coco);
  static weighted_choice const lvis = category_choice(flavour::lvis);
  return (kind == flavour::coco ? coco : lvis).draw(random);
}

}  // namespace maskmetrics::workload
