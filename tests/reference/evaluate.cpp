#include "reference/evaluate.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "reference/accumulate.hpp"
#include "reference/boundary.hpp"
#include "reference/federated.hpp"
#include "reference/matching.hpp"
#include "reference/overlap.hpp"
#include "reference/voc.hpp"

namespace reference {

double overlap(detection const& d, annotation const& g, protocol const& how) {
  if (!how.masks && how.inclusive_boxes) return inclusive_box_iou(d.bounds, g.bounds);
  // VOC knows difficult objects, but no crowds.
  bool const crowd = g.crowd && !how.voc;
  if (!how.masks) return box_iou(d.bounds, g.bounds, crowd);
  if (how.boundary_dilation_ratio <= 0) return mask_iou(d.segmentation, g.segmentation, crowd);
  return boundary_iou(d.segmentation, g.segmentation, crowd, how.boundary_dilation_ratio);
}

evaluation make_empty(protocol const& how, std::vector<std::int64_t> const& category_ids) {
  evaluation all;
  all.num_iou_thresholds = how.iou_thresholds.size();
  all.num_recall_thresholds = how.recall_thresholds.size();
  all.num_categories = category_ids.size();
  all.num_area_ranges = how.area_ranges.size();
  all.num_max_dets = how.max_dets.size();
  all.category_ids = category_ids;
  std::size_t const columns = all.num_categories * all.num_area_ranges * all.num_max_dets;
  all.recall.assign(all.num_iou_thresholds * columns, -1);
  all.precision.assign(all.num_iou_thresholds * all.num_recall_thresholds * columns, -1);
  all.scores = all.precision;
  all.num_ground_truths.assign(all.num_categories * all.num_area_ranges, 0);
  all.num_detections.assign(all.num_categories, 0);
  return all;
}

namespace {

struct cell {
  std::vector<annotation> annotations;
  std::vector<detection> detections;
};

/// By image, then category.
using cells = std::map<std::int64_t, std::map<std::int64_t, cell>>;

cells group(dataset const& data, std::set<std::int64_t> const& images, std::set<std::int64_t> const& categories,
            bool use_categories) {
  std::map<std::int64_t, annotation> last_of_id;
  for (annotation const& one : data.annotations) last_of_id[one.id] = one;
  cells grouped;
  for (std::int64_t const image : images) {
    for (annotation const& one : data.annotations) {
      if (!one.listed || one.image_id != image || (use_categories && !categories.contains(one.category_id))) continue;
      // Annotations are looked up by id: of several with one id the last is taken, once for each of them.
      annotation const& found = last_of_id[one.id];
      grouped[found.image_id][found.category_id].annotations.push_back(found);
    }
  }
  for (detection const& one : data.detections) grouped[one.image_id][one.category_id].detections.push_back(one);
  return grouped;
}

/// What matching sees of one image and category (or all categories, one after another).
struct prepared {
  std::int64_t image_id = 0;
  std::vector<candidate> candidates;
  std::vector<target> targets;
  std::vector<std::vector<double>> ious;
};

prepared prepare(cell const& content, protocol const& how) {
  prepared result;
  std::vector<double> scores;
  for (detection const& d : content.detections) scores.push_back(d.score);
  std::vector<std::size_t> order = score_order(scores);
  if (order.size() > how.max_dets.back()) order.resize(how.max_dets.back());
  for (annotation const& g : content.annotations) {
    // pycocotools loses the file's own flag, boundary-iou-api and lvis-api do not.
    bool const reads_flag = !how.strict || how.boundary_dilation_ratio > 0 || how.federated;
    bool const ignore = g.crowd || (reads_flag && g.ignore);
    result.targets.push_back({g.id, g.area, g.crowd, ignore});
  }
  for (std::size_t const index : order) {
    detection const& d = content.detections[index];
    result.candidates.push_back({d.id, d.area, d.score, d.ignored_unless_matched});
    std::vector<double> row;
    for (annotation const& g : content.annotations) {
      row.push_back(overlap(d, g, how));
    }
    result.ious.push_back(row);
  }
  return result;
}

/// The non-empty cells of one category by ascending image; without categories all are one, category after category.
std::vector<prepared> prepare_category(cells const& grouped, std::set<std::int64_t> const& images,
                                       std::vector<std::int64_t> const& categories, protocol const& how) {
  std::vector<prepared> result;
  for (std::int64_t const image : images) {
    cell together;
    if (!grouped.contains(image)) continue;
    auto const& of_image = grouped.at(image);
    for (std::int64_t const category : categories) {
      if (!of_image.contains(category)) continue;
      cell const& part = of_image.at(category);
      together.annotations.insert(together.annotations.end(), part.annotations.begin(), part.annotations.end());
      together.detections.insert(together.detections.end(), part.detections.begin(), part.detections.end());
    }
    if (together.annotations.empty() && together.detections.empty()) continue;
    result.push_back(prepare(together, how));
    result.back().image_id = image;
  }
  return result;
}

void store(curves const& part, std::size_t k, std::size_t a, std::size_t m, evaluation& all) {
  for (std::size_t t = 0; t < all.num_iou_thresholds; ++t) {
    all.recall[((t * all.num_categories + k) * all.num_area_ranges + a) * all.num_max_dets + m] = part.recall[t];
    for (std::size_t r = 0; r < all.num_recall_thresholds; ++r) {
      std::size_t const at =
          (((t * all.num_recall_thresholds + r) * all.num_categories + k) * all.num_area_ranges + a) *
              all.num_max_dets +
          m;
      all.precision[at] = part.precision[t][r];
      all.scores[at] = part.scores[t][r];
    }
  }
}

/// What is evaluated of each category, and the categories.
struct prepared_categories {
  std::vector<std::int64_t> ids;
  std::vector<std::vector<prepared>> images;  ///< by category
};

prepared_categories prepare_all(dataset const& data, protocol const& how) {
  std::set<std::int64_t> const images(data.image_ids.begin(), data.image_ids.end());
  std::set<std::int64_t> const categories(data.category_ids.begin(), data.category_ids.end());
  cells const grouped = group(data, images, categories, how.use_categories);
  prepared_categories all;
  if (!how.use_categories) {
    // They are taken in the order they were asked for.
    all.ids = {-1};
    all.images.push_back(prepare_category(grouped, images, data.category_ids, how));
    return all;
  }
  for (std::int64_t const id : categories) {
    all.ids.push_back(id);
    all.images.push_back(prepare_category(grouped, images, {id}, how));
  }
  return all;
}

image_result evaluate_prepared(prepared const& image, protocol const& how, area_range const& range) {
  return evaluate_image(image.candidates, image.targets, image.ious, how.iou_thresholds, range.low, range.high,
                        how.strict);
}

/// The evaluation where caps count the detections of a cell.
evaluation evaluate_cells(dataset const& data, protocol const& how) {
  prepared_categories const categories = prepare_all(data, how);
  evaluation all = make_empty(how, categories.ids);
  for (std::size_t k = 0; k < all.num_categories; ++k) {
    std::vector<prepared> const& category = categories.images[k];
    for (prepared const& image : category) all.num_detections[k] += image.candidates.size();
    for (std::size_t a = 0; a < how.area_ranges.size(); ++a) {
      std::vector<image_result> results;
      for (prepared const& image : category) {
        results.push_back(evaluate_prepared(image, how, how.area_ranges[a]));
        all.num_ground_truths[k * how.area_ranges.size() + a] += results.back().num_counted_targets;
      }
      for (std::size_t m = 0; m < how.max_dets.size(); ++m) {
        store(accumulate(results, how.iou_thresholds.size(), how.recall_thresholds, how.max_dets[m]), k, a, m, all);
      }
    }
  }
  return all;
}

/// What is evaluated of capped data. LVIS' rules look at areas in pixels, area ranges perhaps at relative ones.
dataset prepare_data(dataset const& data, protocol const& how) {
  dataset prepared = how.federated ? federate(data, how.boundary_dilation_ratio > 0) : data;
  return how.relative_areas ? relate_areas(prepared) : prepared;
}

/// Copies the only column of @p one.
void store_column(evaluation const& one, std::size_t m, evaluation& all) {
  auto const copy = [&](std::vector<double> const& from, std::vector<double>& to) {
    for (std::size_t i = 0; i < from.size(); ++i) to[i * all.num_max_dets + m] = from[i];
  };
  copy(one.precision, all.precision);
  copy(one.recall, all.recall);
  copy(one.scores, all.scores);
  all.num_ground_truths = one.num_ground_truths;
  all.num_detections = one.num_detections;
}

/// The evaluation where caps count the detections of an image: one for every cap.
evaluation evaluate_images(dataset const& data, protocol const& how) {
  evaluation all;
  for (std::size_t m = 0; m < how.max_dets.size(); ++m) {
    protocol uncapped = how;
    uncapped.max_dets = {data.detections.size() + 1};
    evaluation const one = evaluate_cells(prepare_data(limit_images(data, how.max_dets[m]), how), uncapped);
    if (m == 0) all = make_empty(how, one.category_ids);
    store_column(one, m, all);
  }
  return all;
}

evaluation evaluate_at_caps(dataset const& data, protocol const& how) {
  if (how.voc) return evaluate_voc(prepare_data(data, how), how);
  if (!how.caps_images) return evaluate_cells(prepare_data(data, how), how);
  if (how.use_categories) return evaluate_images(data, how);
  // An image is a cell; only what is left out at the deepest cap is left out in the order of the file.
  std::size_t deepest = how.max_dets.back();
  for (std::size_t const cap : how.recall_curve) deepest = std::max(deepest, cap);
  return evaluate_cells(prepare_data(limit_images(data, deepest), how), how);
}

}  // namespace

evaluation evaluate(dataset const& data, protocol how) {
  std::sort(how.max_dets.begin(), how.max_dets.end());
  std::sort(how.recall_curve.begin(), how.recall_curve.end());
  dataset const limited = how.max_dets_per_category > 0 ? limit_categories(data, how.max_dets_per_category) : data;
  evaluation all = evaluate_at_caps(limited, how);
  if (!how.recall_curve.empty()) {
    protocol further = how;
    further.max_dets = how.recall_curve;
    further.recall_curve = how.max_dets;  // for the deepest cap
    all.recall_curve = evaluate_at_caps(limited, further).recall;
  }
  return all;
}

std::vector<cell_result> evaluate_by_cell(dataset const& data, protocol how) {
  std::size_t deepest = 0;
  for (std::size_t const cap : how.max_dets) deepest = std::max(deepest, cap);
  for (std::size_t const cap : how.recall_curve) deepest = std::max(deepest, cap);
  dataset limited = how.max_dets_per_category > 0 ? limit_categories(data, how.max_dets_per_category) : data;
  how.max_dets = {deepest};
  if (how.caps_images) {
    limited = limit_images(limited, deepest);
    // Within an image of one category only the image's cap is left to cut.
    if (how.use_categories) how.max_dets = {data.detections.size() + 1};
  }
  prepared_categories const categories = prepare_all(prepare_data(limited, how), how);
  std::vector<cell_result> cells;
  for (std::size_t k = 0; k < categories.ids.size(); ++k) {
    for (prepared const& image : categories.images[k]) {
      cells.push_back({categories.ids[k], image.image_id, image.candidates, image.targets, image.ious, {}});
      for (area_range const& range : how.area_ranges) {
        cells.back().areas.push_back(evaluate_prepared(image, how, range));
      }
    }
  }
  return cells;
}

}  // namespace reference
