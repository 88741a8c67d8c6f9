#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <maskmetrics/geometry.hpp>

#include <workload/scene.hpp>

namespace {

using namespace maskmetrics::workload;
using testing::ElementsAre;
using testing::Ge;
using testing::Le;

constexpr std::uint32_t num_images = 1500;

/// Scenes of images [0, num_images).
std::vector<scene> const& scenes_of(flavour kind) {
  auto const make = [](flavour which) {
    std::vector<scene> scenes;
    for (std::uint32_t i = 0; i < num_images; ++i) {
      scenes.push_back(make_scene({.kind = which, .num_images = num_images, .dets_per_image = 20, .seed = 3}, i));
    }
    return scenes;
  };
  static std::vector<scene> const coco = make(flavour::coco);
  static std::vector<scene> const lvis = make(flavour::lvis);
  return kind == flavour::coco ? coco : lvis;
}

template <class Visit>
void for_each_object(flavour kind, Visit const& visit) {
  for (scene const& one : scenes_of(kind)) {
    for (object const& element : one.objects) visit(one, element);
  }
}

struct share {
  double hits = 0;
  double total = 0;
  void add(bool hit) {
    hits += hit ? 1 : 0;
    total += 1;
  }
  [[nodiscard]] double value() const { return hits / total; }
};

std::set<std::int64_t> categories_in(scene const& one) {
  std::set<std::int64_t> ids;
  for (object const& element : one.objects) ids.insert(element.category_id);
  return ids;
}

double box_iou(maskmetrics::box const& a, maskmetrics::box const& b) {
  double const width = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
  double const height = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  return width * height / (a.width * a.height + b.width * b.height - width * height);
}

void expect_sound(polygon const& shape, image_description const& image) {
  ASSERT_FALSE(shape.empty());
  for (std::vector<double> const& ring : shape) {
    ASSERT_GE(ring.size(), 6U);
    ASSERT_EQ(ring.size() % 2, 0U);
    for (std::size_t i = 0; i < ring.size(); ++i) {
      ASSERT_GE(ring[i], 0);
      ASSERT_LE(ring[i], i % 2 == 0 ? image.width : image.height);
      ASSERT_EQ(ring[i], round_hundredths(ring[i]));
    }
  }
}

class workload_scene : public testing::TestWithParam<flavour> {};

INSTANTIATE_TEST_SUITE_P(, workload_scene, testing::Values(flavour::coco, flavour::lvis),
                         [](auto const& instance) { return instance.param == flavour::coco ? "coco" : "lvis"; });

TEST_P(workload_scene, polygons_have_three_points_and_lie_in_the_image) {
  for (scene const& one : scenes_of(GetParam())) {
    for (object const& element : one.objects) ASSERT_NO_FATAL_FAILURE(expect_sound(element.shape, one.image));
    for (detection const& element : one.detections) ASSERT_NO_FATAL_FAILURE(expect_sound(element.shape, one.image));
  }
}

TEST_P(workload_scene, boxes_and_areas_are_those_of_the_shapes) {
  share close;
  for_each_object(GetParam(), [&](scene const& one, object const& element) {
    maskmetrics::mask_intervals const mask = maskmetrics::rasterize(element.shape, one.image.height, one.image.width);
    ASSERT_GT(mask.area_px, 0U) << element.id;
    if (element.crowd) {
      ASSERT_EQ(element.area_px, mask.area_px);
      ASSERT_EQ(element.bounds.x, mask.bounds.x);
      ASSERT_EQ(element.bounds.height, mask.bounds.height);
      return;
    }
    ASSERT_GE(element.area_px, 1);
    ASSERT_LE(element.area_px, element.bounds.width * element.bounds.height + 0.01);
    close.add(std::abs(mask.area_px - element.area_px) < 0.1 * element.area_px + 2);
  });
  EXPECT_GT(close.value(), 0.99);
}

TEST_P(workload_scene, detections_are_complete_and_ordered) {
  for (scene const& one : scenes_of(GetParam())) {
    ASSERT_EQ(one.detections.size(), 20U);
    for (std::size_t i = 0; i < one.detections.size(); ++i) {
      ASSERT_GT(one.detections[i].score, 0);
      ASSERT_LT(one.detections[i].score, 1);
      if (i > 0) {
        ASSERT_LE(one.detections[i].score, one.detections[i - 1].score);
      }
    }
  }
}

TEST_P(workload_scene, image_and_annotation_ids_are_unique) {
  std::set<std::int64_t> image_ids;
  std::set<std::int64_t> annotation_ids;
  for (scene const& one : scenes_of(GetParam())) EXPECT_TRUE(image_ids.insert(one.image.id).second);
  for_each_object(GetParam(),
                  [&](scene const&, object const& element) { EXPECT_TRUE(annotation_ids.insert(element.id).second); });
  EXPECT_GT(*annotation_ids.begin(), 0);
}

TEST_P(workload_scene, depends_on_seed_and_index_alone) {
  settings how{.kind = GetParam(), .num_images = 8, .dets_per_image = 20, .seed = 3};
  scene const again = make_scene(how, 7);
  EXPECT_EQ(again.image.id, scenes_of(GetParam())[7].image.id);
  EXPECT_EQ(again.detections.back().shape, scenes_of(GetParam())[7].detections.back().shape);
  how.seed = 4;
  EXPECT_NE(make_scene(how, 7).detections.back().shape, again.detections.back().shape);
}

/// What detectors are scored by: among the better scored half, boxes fit better.
TEST_P(workload_scene, scores_go_with_overlap) {
  double high_sum = 0;
  double low_sum = 0;
  for (scene const& one : scenes_of(GetParam())) {
    for (std::size_t i = 0; i < one.detections.size(); ++i) {
      double best = 0;
      for (object const& element : one.objects) {
        if (element.category_id != one.detections[i].category_id) continue;
        best = std::max(best, box_iou(element.bounds, one.detections[i].bounds));
      }
      (i < one.detections.size() / 2 ? high_sum : low_sum) += best;
    }
  }
  EXPECT_GT(high_sum / (num_images * 10), 0.3);
  EXPECT_LT(low_sum / (num_images * 10), 0.5 * high_sum / (num_images * 10));
}

struct band {
  double low;
  double high;
};

void expect_within(double value, band limits) {
  EXPECT_THAT(value, testing::AllOf(Ge(limits.low), Le(limits.high)));
}

TEST_P(workload_scene, counts_and_sizes_are_those_published) {
  bool const coco = GetParam() == flavour::coco;
  double num_objects = 0;
  double num_categories = 0;
  double num_points = 0;
  double num_rings = 0;
  share empty;
  share crowd;
  share several_rings;
  share small;
  share large;
  for (scene const& one : scenes_of(GetParam())) {
    empty.add(one.objects.empty());
    num_objects += static_cast<double>(one.objects.size());
    num_categories += static_cast<double>(categories_in(one).size());
  }
  for_each_object(GetParam(), [&](scene const&, object const& element) {
    crowd.add(element.crowd);
    if (element.crowd) return;
    several_rings.add(element.shape.size() > 1);
    small.add(element.area_px < 32 * 32);
    large.add(element.area_px > 96 * 96);
    num_rings += static_cast<double>(element.shape.size());
    for (std::vector<double> const& ring : element.shape) num_points += static_cast<double>(ring.size()) / 2;
  });
  expect_within(num_objects / num_images, coco ? band{6.6, 8.0} : band{11.0, 13.7});
  expect_within(num_categories / num_images, coco ? band{2.6, 3.2} : band{3.2, 4.0});
  expect_within(empty.value(), {0.003, 0.02});
  expect_within(crowd.value(), coco ? band{0.007, 0.017} : band{0, 0});
  expect_within(several_rings.value(), {0.07, 0.13});
  expect_within(small.value(), coco ? band{0.38, 0.47} : band{0.53, 0.64});
  expect_within(large.value(), coco ? band{0.2, 0.28} : band{0.09, 0.16});
  expect_within(num_points / num_rings, coco ? band{18, 25} : band{24, 33});
}

TEST(workload_coco, categories_are_the_official_ones) {
  std::vector<category> const& categories = categories_of(flavour::coco);
  ASSERT_EQ(categories.size(), 80U);
  EXPECT_EQ(categories.front().name, "person");
  EXPECT_EQ(categories.front().id, 1);
  EXPECT_EQ(categories[11].name, "stop sign");
  EXPECT_EQ(categories[11].id, 13);
  EXPECT_EQ(categories.back().name, "toothbrush");
  EXPECT_EQ(categories.back().id, 90);
  std::uint32_t sum = 0;
  for (category const& one : categories) sum += one.instance_count;
  EXPECT_EQ(sum, 36335U);  // val2017: 36,781 annotations less 446 crowds
}

TEST(workload_lvis, categories_have_the_published_long_tail) {
  std::vector<category> const& categories = categories_of(flavour::lvis);
  ASSERT_EQ(categories.size(), 1203U);
  std::map<char, std::uint32_t> frequencies;
  for (std::size_t i = 0; i < categories.size(); ++i) {
    category const& one = categories[i];
    EXPECT_EQ(one.id, static_cast<std::int64_t>(i) + 1);
    EXPECT_EQ(one.frequency, one.image_count <= 10 ? 'r' : one.image_count <= 100 ? 'c' : 'f') << one.image_count;
    EXPECT_GE(one.image_count, 1U);
    EXPECT_GE(one.instance_count, one.image_count);
    ++frequencies[one.frequency];
  }
  EXPECT_THAT(frequencies, ElementsAre(testing::Pair('c', 461U), testing::Pair('f', 405U), testing::Pair('r', 337U)));
}

TEST(workload_lvis, verified_categories_are_consistent) {
  double num_negatives = 0;
  for (scene const& one : scenes_of(flavour::lvis)) {
    std::set<std::int64_t> const present = categories_in(one);
    for (std::int64_t const id : one.image.neg_category_ids) EXPECT_FALSE(present.contains(id)) << one.image.id;
    for (std::int64_t const id : one.image.not_exhaustive_category_ids)
      EXPECT_TRUE(present.contains(id)) << one.image.id;
    num_negatives += static_cast<double>(one.image.neg_category_ids.size());
  }
  expect_within(num_negatives / num_images, {8, 11});
}

/// Pinned: these decide every byte of every workload.
TEST(workload_random, is_the_same_everywhere) {
  random_source random(1, 0);
  EXPECT_THAT((std::vector<std::uint64_t>{random.next(), random.next()}),
              ElementsAre(7982734928498899980U, 7851527857629710090U));
}

TEST(workload_random, draws_what_is_asked_for) {
  random_source random(5, 9);
  double sum = 0;
  double sum_of_squares = 0;
  std::vector<std::uint32_t> draws(3);
  weighted_choice const choice(std::vector<std::uint32_t>{1, 0, 3});
  for (int i = 0; i < 40000; ++i) {
    double const value = random.normal();
    sum += value;
    sum_of_squares += value * value;
    ++draws[choice.draw(random)];
  }
  EXPECT_NEAR(sum / 40000, 0, 0.02);
  EXPECT_NEAR(sum_of_squares / 40000, 1, 0.03);
  EXPECT_NEAR(draws[0], 10000, 300);
  EXPECT_EQ(draws[1], 0U);
}

TEST(workload_random, quantile_inverts_the_distribution) {
  std::vector<knot> const knots{{0, 2}, {0.5, 4}, {1, 10}};
  EXPECT_EQ(quantile(knots, 0), 2);
  EXPECT_EQ(quantile(knots, 0.25), 3);
  EXPECT_EQ(quantile(knots, 0.5), 4);
  EXPECT_EQ(quantile(knots, 0.75), 7);
}

TEST(workload_random, direction_is_cosine_and_sine) {
  for (int i = 0; i < 1000; ++i) {
    double const turn = i / 1000.0;
    point const towards = direction(turn);
    EXPECT_NEAR(towards.x, std::cos(turn * 2 * 3.14159265358979), 1e-6);
    EXPECT_NEAR(towards.y, std::sin(turn * 2 * 3.14159265358979), 1e-6);
  }
}

}  // namespace
