#include "workload/scene.hpp"

#include <algorithm>
#include <cmath>

#include <maskmetrics/geometry.hpp>

#include "workload/detector.hpp"

namespace maskmetrics::workload {
namespace {

constexpr std::int64_t ids_per_image = 1000;  // annotation ids; more than the objects of any image

std::uint32_t draw_count(std::span<knot const> knots, double probability) {
  return static_cast<std::uint32_t>(std::floor(quantile(knots, probability) + 0.5));
}

/// Uniform in [0, 1), but often the same as @p other: two quantities whose ranks go together, each keeping its
/// distribution.
double draw_related(random_source& random, double other) {
  double const own = random.uniform();
  return random.chance(0.7) ? other : own;
}

bool contains(std::vector<std::int64_t> const& ids, std::int64_t id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

/// @p count distinct category ids, none of them in @p excluded.
std::vector<std::int64_t> draw_categories(random_source& random, flavour kind, std::uint32_t count,
                                          std::vector<std::int64_t> const& excluded = {}) {
  std::vector<std::int64_t> ids;
  while (ids.size() < count) {
    std::int64_t const id = categories_of(kind)[draw_category(kind, random)].id;
    if (!contains(ids, id) && !contains(excluded, id)) ids.push_back(id);
  }
  return ids;
}

image_description make_image(random_source& random, std::uint32_t image_index) {
  constexpr std::uint32_t id_gap = 116;  // val2017's 5,000 ids lie below 581,929
  static weighted_choice const choice = [] {
    std::vector<std::uint32_t> weights;
    for (image_size const& size : image_sizes()) weights.push_back(size.weight);
    return weighted_choice(weights);
  }();
  image_size const size = image_sizes()[choice.draw(random)];
  return {.id = std::int64_t{image_index} * id_gap + 1 + random.below(id_gap),
          .width = size.width,
          .height = size.height,
          .neg_category_ids = {},
          .not_exhaustive_category_ids = {}};
}

/// An object of the size that the statistics ask for, possibly in several rings. Empty where the image's edge left
/// nothing of it.
polygon make_shape(random_source& random, statistics const& numbers, image_description const& image) {
  constexpr double reference_area_px = 640.0 * 480.0;
  double const size_rank = random.uniform();
  double const relative = quantile(numbers.sizes, size_rank);
  double const area_px = relative * relative * (image.width * image.height / reference_area_px);
  polygon shape = make_blob(random, area_px, draw_count(numbers.vertices, draw_related(random, size_rank)));
  place(random, shape, image.width, image.height);
  double bands = numbers.several_rings_share;
  while (random.chance(bands)) {
    cut_band(random, shape);
    bands = 0.35;
  }
  finish(shape, image.width, image.height);
  return shape;
}

object make_object(random_source& random, flavour kind, image_description const& image, std::int64_t category_id) {
  object result{.category_id = category_id, .shape = {}, .bounds = {}};
  while (result.shape.empty()) result.shape = make_shape(random, statistics_of(kind), image);
  result.area_px = round_hundredths(area_of(result.shape));
  result.bounds = bounds_of(result.shape);
  return result;
}

/// A row of things too many to outline one by one.
object make_crowd(random_source& random, image_description const& image, std::int64_t category_id) {
  object result{.category_id = category_id, .crowd = true, .shape = {}, .bounds = {}};
  std::uint32_t const members = 4 + random.below(16);
  double const side = image.height * random.uniform(0.05, 0.15);
  double const level = image.height * random.uniform(0.2, 0.8);
  while (result.shape.empty()) {
    for (std::uint32_t i = 0; i < members; ++i) {
      polygon member = make_blob(random, side * side * random.uniform(0.5, 1.5), 12);
      double const x = image.width * random.uniform();
      double const y = level + 0.5 * side * random.normal();
      for (std::vector<double>& values : member) {
        for (std::size_t k = 0; k < values.size(); k += 2) {
          values[k] += x;
          values[k + 1] += y;
        }
        result.shape.push_back(std::move(values));
      }
    }
    finish(result.shape, image.width, image.height);
  }
  mask_intervals const mask = rasterize(result.shape, image.height, image.width);
  result.area_px = mask.area_px;
  result.bounds = mask.bounds;
  return result;
}

std::vector<object> make_objects(random_source& random, flavour kind, image_description const& image,
                                 std::vector<std::int64_t>& categories) {
  statistics const& numbers = statistics_of(kind);
  std::vector<object> objects;
  if (random.chance(numbers.empty_image_share)) return objects;
  double const rank = random.uniform();
  std::uint32_t const count = draw_count(numbers.instances, rank);
  std::uint32_t const wanted = draw_count(numbers.categories, draw_related(random, rank));
  categories = draw_categories(random, kind, std::min(wanted, count));
  auto const num_categories = static_cast<std::uint32_t>(categories.size());
  for (std::uint32_t i = 0; i < count; ++i) {
    // Every category once; the first ones take most of the rest.
    std::uint32_t const which =
        i < num_categories ? i : std::min(random.below(num_categories), random.below(num_categories));
    objects.push_back(make_object(random, kind, image, categories[which]));
  }
  if (random.chance(numbers.crowds_per_image)) objects.push_back(make_crowd(random, image, categories.front()));
  return objects;
}

/// LVIS: which absent categories were verified, and which present ones are annotated in part.
void add_verification(random_source& random, flavour kind, std::vector<std::int64_t> const& categories,
                      image_description& image) {
  statistics const& numbers = statistics_of(kind);
  image.neg_category_ids = draw_categories(random, kind, draw_count(numbers.negatives, random.uniform()), categories);
  for (std::int64_t const id : categories) {
    if (random.chance(numbers.not_exhaustive_share)) image.not_exhaustive_category_ids.push_back(id);
  }
  std::sort(image.neg_category_ids.begin(), image.neg_category_ids.end());
  std::sort(image.not_exhaustive_category_ids.begin(), image.not_exhaustive_category_ids.end());
}

}  // namespace

scene make_scene(settings const& how, std::uint32_t image_index) {
  random_source random(how.seed, image_index);
  scene result{.image = make_image(random, image_index), .objects = {}, .detections = {}};
  std::vector<std::int64_t> categories;
  result.objects = make_objects(random, how.kind, result.image, categories);
  for (std::size_t i = 0; i < result.objects.size(); ++i) {
    result.objects[i].id = (std::int64_t{image_index} + 1) * ids_per_image + static_cast<std::int64_t>(i);
  }
  if (how.kind == flavour::lvis) add_verification(random, how.kind, categories, result.image);
  result.detections = detect(random, how.kind, result, how.dets_per_image);
  return result;
}

}  // namespace maskmetrics::workload
