#include "workload/detector.hpp"

#include <algorithm>
#include <cmath>

namespace maskmetrics::workload {
namespace {

/// Makes the detections of one image.
class detector {
public:
  detector(random_source& random, flavour kind, scene const& truth) : random_(random), kind_(kind), truth_(truth) {
    for (object const& one : truth.objects) likely_categories_.push_back(one.category_id);
    for (std::int64_t const id : truth.image.neg_category_ids) likely_categories_.push_back(id);
  }

  void find(object const& target) {
    double const side = std::sqrt(target.area_px);
    double const missed = side < 16 ? 0.45 : (side < 32 ? 0.3 : (side < 96 ? 0.15 : 0.06));
    if (random_.chance(missed)) return;
    // 0: perfect, 1: hopeless. Small things are harder.
    double const hardness = side < 32 ? 1.0 : (side < 96 ? 0.75 : 0.6);
    double const error = hardness * 0.5 * (random_.uniform() + random_.uniform());
    double const score = 0.95 - 0.7 * error + 0.12 * random_.normal();
    add(target.shape, recognised(target, 0.85), error, score);
    while (random_.chance(0.55)) {
      double const worse = 0.3 + error + 0.9 * random_.uniform();
      double const doubt = random_.uniform() * random_.uniform();
      add(target.shape, recognised(target, 0.5), worse, 0.02 + 0.4 * doubt);
    }
  }

  /// Something that is not there.
  void imagine() {
    statistics const& numbers = statistics_of(kind_);
    double const side = quantile(numbers.sizes, random_.uniform(0.1, 1.0));
    polygon shape = make_blob(random_, side * side, 8 + random_.below(24));
    place(random_, shape, truth_.image.width, truth_.image.height);
    double const luck = random_.uniform();
    double const rare = luck * luck * luck * luck;
    add(shape, some_category(), 0.3, 0.005 + 0.7 * rare * rare);
  }

  [[nodiscard]] std::vector<detection>& found() { return found_; }

private:
  std::int64_t recognised(object const& target, double probability) {
    return random_.chance(probability) ? target.category_id : some_category();
  }

  std::int64_t some_category() {
    if (!likely_categories_.empty() && random_.chance(0.4)) {
      return likely_categories_[random_.below(static_cast<std::uint32_t>(likely_categories_.size()))];
    }
    return categories_of(kind_)[draw_category(kind_, random_)].id;
  }

  void add(polygon const& shape, std::int64_t category_id, double error, double score) {
    distortion const how{.shift_x = 0.1 * error * random_.normal(),
                         .shift_y = 0.1 * error * random_.normal(),
                         .scale_x = std::max(0.3, 1.0 + 0.15 * error * random_.normal()),
                         .scale_y = std::max(0.3, 1.0 + 0.15 * error * random_.normal()),
                         .raggedness = 0.03 + 0.08 * error};
    polygon distorted = distort(random_, shape, how);
    finish(distorted, truth_.image.width, truth_.image.height);
    if (distorted.empty()) return;
    box const bounds = bounds_of(distorted);
    found_.push_back({.category_id = category_id,
                      .shape = std::move(distorted),
                      .bounds = bounds,
                      .score = std::floor(std::clamp(score, 0.001, 0.9995) * 10000.0 + 0.5) / 10000.0});
  }

  random_source& random_;
  flavour kind_;
  scene const& truth_;
  std::vector<std::int64_t> likely_categories_;  ///< what a detector would mistake things for here
  std::vector<detection> found_;
};

}  // namespace

std::vector<detection> detect(random_source& random, flavour kind, scene const& truth, std::uint32_t num_detections) {
  detector eyes(random, kind, truth);
  for (object const& target : truth.objects) {
    if (!target.crowd) eyes.find(target);
  }
  std::vector<detection>& found = eyes.found();
  while (found.size() < num_detections) eyes.imagine();
  std::stable_sort(found.begin(), found.end(),
                   [](detection const& a, detection const& b) { return a.score > b.score; });
  found.resize(num_detections);
  return std::move(found);
}

}  // namespace maskmetrics::workload
