#include "reference/federated.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <vector>

#include "reference/matching.hpp"

namespace reference {

namespace {

/// Indices of the best @p cap detections of those that share a key: groups in the order of their first detection, each
/// as it came or, where it was cut, best first.
template <class KeyOf>
std::vector<std::size_t> limit(std::vector<detection> const& detections, std::size_t cap, KeyOf key_of) {
  std::vector<std::int64_t> keys;
  std::map<std::int64_t, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < detections.size(); ++i) {
    std::int64_t const key = key_of(detections[i]);
    if (!groups.contains(key)) keys.push_back(key);
    groups[key].push_back(i);
  }
  std::vector<std::size_t> kept;
  for (std::int64_t const key : keys) {
    std::vector<std::size_t> const& group = groups[key];
    std::vector<double> scores;
    for (std::size_t const i : group) scores.push_back(detections[i].score);
    std::vector<std::size_t> const order = score_order(scores);
    for (std::size_t i = 0; i < group.size(); ++i) {
      if (group.size() <= cap) kept.push_back(group[i]);
      if (group.size() > cap && i < cap) kept.push_back(group[order[i]]);
    }
  }
  return kept;
}

std::vector<detection> pick(std::vector<detection> const& detections, std::vector<std::size_t> const& indices) {
  std::vector<detection> picked;
  for (std::size_t const i : indices) picked.push_back(detections[i]);
  return picked;
}

bool has_area(double area) {
  return area > 0 && area < std::numeric_limits<double>::infinity();
}

}  // namespace

dataset limit_images(dataset data, std::size_t cap) {
  data.detections =
      pick(data.detections, limit(data.detections, cap, [](detection const& one) { return one.image_id; }));
  return data;
}

dataset limit_categories(dataset data, std::size_t cap) {
  std::vector<std::size_t> kept = limit(data.detections, cap, [](detection const& one) { return one.category_id; });
  std::sort(kept.begin(), kept.end());
  data.detections = pick(data.detections, kept);
  return data;
}

dataset federate(dataset data, bool keeps_crowds) {
  std::set<std::int64_t> const images(data.image_ids.begin(), data.image_ids.end());
  std::set<std::int64_t> const categories(data.category_ids.begin(), data.category_ids.end());
  std::map<std::int64_t, annotation> last_of_id;
  for (annotation& one : data.annotations) {
    one.crowd = keeps_crowds && one.crowd;
    one.listed = has_area(one.area) && categories.contains(one.category_id);
    last_of_id[one.id] = one;
  }
  std::map<std::int64_t, std::set<std::int64_t>> present;
  for (annotation const& one : data.annotations) {
    annotation const& found = last_of_id[one.id];
    if (one.listed && images.contains(one.image_id)) present[found.image_id].insert(found.category_id);
  }
  std::vector<detection> kept;
  std::int64_t id = 0;
  for (detection one : data.detections) {
    one.id = ++id;
    image_facts const& facts = data.facts[one.image_id];
    bool const known = facts.negative.contains(one.category_id) || present[one.image_id].contains(one.category_id);
    one.ignored_unless_matched = facts.not_exhaustive.contains(one.category_id);
    if (known && has_area(one.area) && categories.contains(one.category_id)) kept.push_back(one);
  }
  data.detections = kept;
  return data;
}

dataset relate_areas(dataset data) {
  auto const relate = [&](auto& rows) {
    for (auto& one : rows) {
      image_facts const& facts = data.facts[one.image_id];
      one.area = std::sqrt(one.area / (facts.height * facts.width));
    }
  };
  relate(data.annotations);
  relate(data.detections);
  return data;
}

}  // namespace reference
