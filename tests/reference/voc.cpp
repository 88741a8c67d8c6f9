#include "reference/voc.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "reference/accumulate.hpp"
#include "reference/matching.hpp"

namespace reference {

namespace {

bool outside(double area, area_range const& range) {
  return area < range.low || area > range.high;
}

/// Position of each detection among those of its image, best first.
std::vector<voc_candidate> rank_by_image(std::vector<detection> const& detections) {
  std::vector<voc_candidate> all;
  for (detection const& one : detections) all.push_back({one, 0, {}});
  std::vector<double> scores;
  for (detection const& one : detections) scores.push_back(one.score);
  std::map<std::int64_t, std::size_t> seen;
  for (std::size_t const d : score_order(scores)) all[d].rank = seen[all[d].row.image_id]++;
  return all;
}

std::vector<voc_candidate> within(std::vector<voc_candidate> const& all, std::size_t cap) {
  std::vector<voc_candidate> kept;
  for (voc_candidate const& one : all) {
    if (one.rank < cap) kept.push_back(one);
  }
  return kept;
}

/// What belongs to a class, of the images that are evaluated.
template <class Row>
std::vector<Row> of_class(std::vector<Row> const& rows, std::set<std::int64_t> const& images,
                          std::set<std::int64_t> const& members) {
  std::vector<Row> kept;
  for (Row const& row : rows) {
    if (images.contains(row.image_id) && members.contains(row.category_id)) kept.push_back(row);
  }
  return kept;
}

/// The detections of a class with the ranks that count.
std::vector<voc_candidate> rank_class(std::vector<detection> const& detections, std::set<std::int64_t> const& images,
                                      std::set<std::int64_t> const& members, protocol const& how) {
  if (!how.caps_images) return rank_by_image(of_class(detections, images, members));
  std::vector<voc_candidate> const all = rank_by_image(detections);
  if (how.use_categories) {
    std::vector<voc_candidate> kept;
    for (voc_candidate const& one : all) {
      if (images.contains(one.row.image_id) && members.contains(one.row.category_id)) kept.push_back(one);
    }
    return kept;
  }
  std::size_t deepest = how.max_dets.back();
  for (std::size_t const cap : how.recall_curve) deepest = std::max(deepest, cap);
  std::vector<detection> kept;
  for (voc_candidate const& one : within(all, deepest)) kept.push_back(one.row);
  return rank_by_image(of_class(kept, images, members));
}

void find_overlaps(std::vector<voc_candidate>& candidates, std::vector<annotation> const& objects,
                   protocol const& how) {
  for (voc_candidate& one : candidates) {
    for (annotation const& object : objects) {
      one.overlaps.push_back(object.image_id == one.row.image_id ? overlap(one.row, object, how) : 0);
    }
  }
}

}  // namespace

voc_curve evaluate_class(std::vector<voc_candidate> const& candidates, std::vector<annotation> const& objects,
                         double iou_threshold, area_range const& range) {
  voc_curve curve;
  std::vector<bool> difficult;
  for (annotation const& one : objects) {
    difficult.push_back(one.ignore || one.crowd || outside(one.area, range));
    if (!difficult.back()) ++curve.num_positives;
  }
  std::vector<bool> found(objects.size());
  std::vector<double> confidence;
  for (voc_candidate const& one : candidates) confidence.push_back(one.row.score);
  double tp = 0;
  double fp = 0;
  for (std::size_t const d : score_order(confidence)) {
    voc_candidate const& one = candidates[d];
    double most = 0;
    std::size_t j_most = objects.size();
    for (std::size_t j = 0; j < objects.size(); ++j) {
      if (one.overlaps[j] > most) {
        most = one.overlaps[j];
        j_most = j;
      }
    }
    bool is_false = false;
    if (j_most == objects.size() || most < iou_threshold) {
      is_false = true;
    } else if (!difficult[j_most]) {
      is_false = found[j_most];
      if (!found[j_most]) ++tp;
      found[j_most] = true;
    }
    if (is_false && !outside(one.row.area, range)) ++fp;
    curve.scores.push_back(one.row.score);
    curve.precision.push_back(tp + fp > 0 ? tp / (fp + tp) : 0);
    curve.recall.push_back(tp / static_cast<double>(curve.num_positives));
  }
  return curve;
}

double precision_from(voc_curve const& curve, double recall) {
  double most = 0;
  for (std::size_t i = 0; i < curve.recall.size(); ++i) {
    if (curve.recall[i] >= recall) most = std::max(most, curve.precision[i]);
  }
  return most;
}

namespace {

/// The score of the first detection at which a recall is reached; 0 where none does.
double score_at(voc_curve const& curve, double recall) {
  for (std::size_t i = 0; i < curve.recall.size(); ++i) {
    if (curve.recall[i] >= recall) return curve.scores[i];
  }
  return 0;
}

}  // namespace

evaluation evaluate_voc(dataset const& data, protocol const& how) {
  std::set<std::int64_t> const images(data.image_ids.begin(), data.image_ids.end());
  std::set<std::int64_t> const categories(data.category_ids.begin(), data.category_ids.end());
  std::vector<std::set<std::int64_t>> classes = {categories};
  std::vector<std::int64_t> ids = {-1};
  if (how.use_categories) {
    classes.clear();
    ids.assign(categories.begin(), categories.end());
    for (std::int64_t const id : ids) classes.push_back({id});
  }
  evaluation all = make_empty(how, ids);
  if (how.every_point) all.average_precision = all.recall;
  for (std::size_t k = 0; k < classes.size(); ++k) {
    std::vector<annotation> const objects = of_class(data.annotations, images, classes[k]);
    std::vector<voc_candidate> candidates = rank_class(data.detections, images, classes[k], how);
    find_overlaps(candidates, objects, how);
    all.num_detections[k] = within(candidates, how.max_dets.back()).size();
    for (std::size_t t = 0; t < all.num_iou_thresholds; ++t) {
      for (std::size_t a = 0; a < all.num_area_ranges; ++a) {
        for (std::size_t m = 0; m < all.num_max_dets; ++m) {
          voc_curve const curve =
              evaluate_class(within(candidates, how.max_dets[m]), objects, how.iou_thresholds[t], how.area_ranges[a]);
          all.num_ground_truths[k * all.num_area_ranges + a] = curve.num_positives;
          if (curve.num_positives == 0) continue;
          std::size_t const at = ((t * classes.size() + k) * all.num_area_ranges + a) * all.num_max_dets + m;
          all.recall[at] = curve.recall.empty() ? 0 : curve.recall.back();
          if (how.every_point) all.average_precision[at] = area_under_envelope(curve.recall, curve.precision);
          for (std::size_t r = 0; r < all.num_recall_thresholds; ++r) {
            std::size_t const sample =
                (((t * all.num_recall_thresholds + r) * classes.size() + k) * all.num_area_ranges + a) *
                    all.num_max_dets +
                m;
            all.precision[sample] = precision_from(curve, how.recall_thresholds[r]);
            all.scores[sample] = score_at(curve, how.recall_thresholds[r]);
          }
        }
      }
    }
  }
  return all;
}

}  // namespace reference
