#include "support/scene.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <set>

#include "reference/accumulate.hpp"
#include "reference/mask.hpp"
#include "support/cells.hpp"
#include "support/segmentation.hpp"

namespace support {

namespace {

using maskmetrics::mask_form;

constexpr std::int64_t unknown_id = 424242;

/// Unique ids, ascending, of every size and sign; never unknown_id.
std::vector<std::int64_t> random_ids(random_source& random, std::uint32_t count) {
  std::set<std::int64_t> ids;
  while (ids.size() < count) {
    std::int64_t const small = random.below(60);
    std::uint32_t const kind = random.below(12);
    if (kind == 0) {
      ids.insert(std::numeric_limits<std::int64_t>::max() - small);
    } else if (kind == 1) {
      ids.insert(-small);
    } else {
      ids.insert(small);
    }
  }
  return {ids.begin(), ids.end()};
}

/// Overlap mostly happens by moving a mask a little, or not at all.
reference::mask shifted(random_source& random, reference::mask const& from) {
  reference::mask pixels(from.height, from.width);
  std::uint32_t const dx = random.below(3);
  std::uint32_t const dy = random.below(3);
  for (std::uint32_t x = 0; x < from.width; ++x) {
    for (std::uint32_t y = 0; y < from.height; ++y) {
      pixels.at((x + dx) % from.width, (y + dy) % from.height) = from.at(x, y) != 0 ? 1 : 0;
    }
  }
  return pixels;
}

maskmetrics::box to_library(reference::box const& from) {
  return {from.x, from.y, from.width, from.height};
}

/// Fills both tellings of a scene row by row.
class scene_builder {
public:
  /// @param voc  how often Pascal VOC's rules are chosen
  scene_builder(random_source& random, double voc)
      : random_(random), voc_(voc), annotation_masks_(random.below(1000)), detection_masks_(random.below(1000)) {}

  scene build() {
    make_tables();
    choose_columns();
    make_annotations();
    make_detections();
    choose_protocol();
    return std::move(scene_);
  }

private:
  void make_tables() {
    auto& images = scene_.ground_truth.images;
    images.ids = random_ids(random_, random_.between(1, 6));
    for (std::size_t i = 0; i < images.ids.size(); ++i) {
      bool const large = random_.chance(.15);
      images.heights.push_back(large ? random_.between(60, 110) : random_.between(1, 30));
      images.widths.push_back(large ? random_.between(60, 110) : random_.between(1, 30));
    }
    auto& categories = scene_.ground_truth.categories;
    categories.ids = random_ids(random_, random_.between(1, 5));
    for (std::int64_t const id : categories.ids) categories.names.push_back("category " + std::to_string(id));
  }

  void choose_columns() {
    scene_.rules.masks = random_.chance(.6);
    if (scene_.rules.masks && random_.chance(.35)) {
      scene_.rules.boundary_dilation_ratio =
          random_.pick(std::vector<double>{.02, .02, .1, .3, 1, 1e-9, random_.unit() + 1e-9});
    }
    duplicate_ids_ = random_.chance(.1);
    annotation_id_ = static_cast<std::int64_t>(random_.below(4)) - 1;
    grid_scores_ = random_.below(5);
    explicit_ids_ = random_.chance(.15);
    has_boxes_ = !scene_.rules.masks || random_.chance(.3);
    has_areas_ = has_boxes_ || random_.chance(.5);
    // Boxes may also be those of the masks.
    has_masks_ = scene_.rules.masks;
    if (!scene_.rules.masks && random_.chance(.2)) {
      has_masks_ = true;
      has_boxes_ = false;
    }
  }

  void make_annotations() {
    auto const& tables = scene_.ground_truth;
    std::vector<std::uint32_t> image_of_row;
    for (std::uint32_t i = 0; i < tables.images.size(); ++i)
      image_of_row.insert(image_of_row.end(), random_.below(7), i);
    if (random_.chance(.1)) image_of_row.push_back(maskmetrics::no_index);
    random_.shuffle(image_of_row);
    for (std::uint32_t const image : image_of_row) add_annotation(image);
    scene_.ground_truth.annotations.masks = annotation_masks_.finish();
    if (!scene_.rules.masks) scene_.ground_truth.annotations.masks = {};
  }

  void add_annotation(std::uint32_t image) {
    auto& tables = scene_.ground_truth;
    std::uint32_t const height = image == maskmetrics::no_index ? 5 : tables.images.heights[image];
    std::uint32_t const width = image == maskmetrics::no_index ? 5 : tables.images.widths[image];
    std::uint32_t const category = random_category();
    segmentation const source = random_segmentation(random_, height, width);

    reference::annotation row;
    row.segmentation = to_rle(source, height, width, {});
    row.id = next_annotation_id();
    row.image_id = image == maskmetrics::no_index ? unknown_id : tables.images.ids[image];
    row.category_id = category == maskmetrics::no_index ? unknown_id : tables.categories.ids[category];
    row.area = reference::area(row.segmentation);
    if (random_.chance(.2)) row.area = random_.pick(awkward_areas(row.area));
    row.crowd = random_.chance(.2);
    row.ignore = random_.chance(.15);
    row.bounds = random_.chance(.7) ? reference::tight_box(row.segmentation) : random_box(height, width);
    scene_.data.annotations.push_back(row);
    annotation_images_.push_back(image);

    auto& columns = tables.annotations;
    columns.ids.push_back(row.id);
    columns.image_indices.push_back(image);
    columns.category_indices.push_back(category);
    columns.areas_px.push_back(row.area);
    if (!scene_.rules.masks) columns.boxes.push_back(to_library(row.bounds));
    columns.crowd.push_back(row.crowd ? 1 : 0);
    columns.ignore.push_back(row.ignore ? 1 : 0);
    annotation_masks_.add(source);
  }

  static std::vector<double> awkward_areas(double area) {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    return {0, 50, 1024, 1024.5, 9216, area + .25, -3, std::numeric_limits<double>::infinity(), nan};
  }

  std::int64_t next_annotation_id() {
    std::int64_t const id = annotation_id_;
    annotation_id_ += random_.between(1, 3);
    if (duplicate_ids_ && !scene_.data.annotations.empty() && random_.chance(.3)) {
      return random_.pick(scene_.data.annotations).id;
    }
    return id;
  }

  void make_detections() {
    auto const& tables = scene_.ground_truth;
    std::vector<std::uint32_t> image_of_row;
    for (std::uint32_t i = 0; i < tables.images.size(); ++i) {
      image_of_row.insert(image_of_row.end(), random_.chance(.1) ? 0 : random_.below(14), i);
    }
    random_.shuffle(image_of_row);
    for (std::uint32_t const image : image_of_row) add_detection(image);
    scene_.results.masks = detection_masks_.finish();
    if (!has_masks_) scene_.results.masks = {};
  }

  void add_detection(std::uint32_t image) {
    auto const& tables = scene_.ground_truth;
    std::uint32_t const height = tables.images.heights[image];
    std::uint32_t const width = tables.images.widths[image];
    std::uint32_t category = random_category();
    segmentation source = random_segmentation(random_, height, width);
    std::uint32_t const model = random_.below(static_cast<std::uint32_t>(scene_.data.annotations.size()) + 2);
    bool const follows = model < scene_.data.annotations.size() && annotation_images_[model] == image;
    reference::box bounds = random_box(height, width);
    if (follows) {
      reference::annotation const& original = scene_.data.annotations[model];
      source = coded(random_, shifted(random_, reference::decode(original.segmentation)));
      bounds = original.bounds;
      if (random_.chance(.5)) bounds.x += random_.below(3);
      if (random_.chance(.8)) category = tables.annotations.category_indices[model];
    }
    if (random_.chance(.03) && source.form != mask_form::polygons) std::swap(source.height, source.width);
    // The box of an empty mask can be 2^32 wide; nobody would live to see it drawn. Without masks it may hold NaN.
    bool const drawable = scene_.rules.masks && bounds.width < 1e4 && bounds.height < 1e4;
    if (has_boxes_ && drawable && random_.chance(.1)) source = {mask_form::box, 0, 0, {}, {}};

    reference::detection row;
    row.id = explicit_ids_ ? static_cast<std::int64_t>(scene_.data.detections.size()) - 2
                           : static_cast<std::int64_t>(scene_.data.detections.size()) + 1;
    row.image_id = tables.images.ids[image];
    row.category_id = category == maskmetrics::no_index ? unknown_id : tables.categories.ids[category];
    row.score = random_score(random_, grid_scores_);
    row.segmentation = to_rle(source, height, width, bounds);
    row.bounds = has_boxes_ ? bounds : reference::tight_box(row.segmentation);
    row.area = reference::area(row.segmentation);
    if (has_areas_) row.area = random_.chance(.2) ? 1024 : bounds.width * bounds.height;
    scene_.data.detections.push_back(row);

    auto& columns = scene_.results;
    columns.image_indices.push_back(image);
    columns.category_indices.push_back(category);
    columns.scores.push_back(row.score);
    if (has_areas_) columns.areas_px.push_back(row.area);
    if (has_boxes_) columns.boxes.push_back(to_library(row.bounds));
    if (explicit_ids_) columns.ids.push_back(row.id);
    detection_masks_.add(source);
  }

  std::uint32_t random_category() {
    if (random_.chance(.03)) return maskmetrics::no_index;
    return random_.below(static_cast<std::uint32_t>(scene_.ground_truth.categories.size()));
  }

  reference::box random_box(std::uint32_t height, std::uint32_t width) {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    reference::box bounds{1. * random_.below(width), 1. * random_.below(height), 1. * random_.between(1, width),
                          1. * random_.between(1, height)};
    // Rasterising needs finite corners.
    if (!scene_.rules.masks && random_.chance(.03)) bounds.x = nan;
    if (random_.chance(.05)) bounds.width = 0;
    return bounds;
  }

  void choose_protocol() {
    reference::protocol& rules = scene_.rules;
    rules.iou_thresholds = random_thresholds();
    rules.recall_thresholds = random_.chance(.5) ? reference::linspace(0, 1, 101) : random_recall_thresholds();
    rules.area_ranges = {{"all", 0, 1e10}, {"small", 0, 1024}, {"medium", 1024, 9216}, {"large", 9216, 1e10}};
    if (random_.chance(.4)) {
      rules.area_ranges = {{"all", 0, 1e10}, {"small", 0, 50}, {"medium", 50, 1024}, {"large", 50, 400}, {"one", 7, 7}};
      rules.area_ranges.resize(random_.between(1, 5));
    }
    rules.max_dets = random_.pick(std::vector<std::vector<std::size_t>>{
        {1, 10, 100}, {1, 2, 3}, {100}, {1}, {3, 100, 1, 2}, {2, 2, 100}, {5, 100}, {100, 100, 100}});
    rules.use_categories = random_.chance(.75);
    rules.strict = random_.chance(.75);
    rules.voc = random_.chance(voc_);
    rules.federated = !rules.voc && random_.chance(.3);
    rules.caps_images = random_.chance(rules.federated ? .8 : .15);
    if (rules.federated && random_.chance(.5)) rules.max_dets = {random_.between(1, 12)};
    if (random_.chance(.1)) rules.max_dets_per_category = random_.between(1, 6);
    if (random_.chance(.15))
      rules.recall_curve = random_.pick(std::vector<std::vector<std::size_t>>{{5, 2}, {1, 9, 200}});
    rules.relative_areas = random_.chance(.15);
    if (rules.relative_areas) rules.area_ranges = {{"all", 0, 1e10}, {"small", 0, .5}, {"large", .5, 1}};
    if (rules.voc) choose_voc();
    copy_protocol();
    choose_subsets();
    tell_of_images();
  }

  void choose_voc() {
    reference::protocol& rules = scene_.rules;
    rules.inclusive_boxes = random_.chance(.6);
    rules.every_point = random_.chance(.5);
    if (random_.chance(.3)) rules.recall_thresholds = reference::linspace(0, 1, random_.between(2, 30));
    if (random_.chance(.5)) rules.max_dets = {maskmetrics::all_detections};
    if (rules.masks || has_boxes_ || !rules.inclusive_boxes) return;
    // Boxes of masks end at their last pixel.
    for (reference::detection& one : scene_.data.detections) {
      one.bounds.width -= 1;
      one.bounds.height -= 1;
    }
  }

  /// Sizes, and categories that are known to be absent, or of which annotations may be missing.
  void tell_of_images() {
    auto& tables = scene_.ground_truth;
    auto& images = tables.images;
    images.negatives.begin = images.not_exhaustive.begin = {0};
    for (std::size_t i = 0; i < images.size(); ++i) {
      reference::image_facts& facts = scene_.data.facts[images.ids[i]];
      facts = {1. * images.heights[i], 1. * images.widths[i], {}, {}};
      for (std::uint32_t k = 0; k < tables.categories.size(); ++k) {
        if (random_.chance(.4)) {
          images.negatives.categories.push_back(k);
          facts.negative.insert(tables.categories.ids[k]);
        }
        if (random_.chance(.3)) {
          images.not_exhaustive.categories.push_back(k);
          facts.not_exhaustive.insert(tables.categories.ids[k]);
        }
      }
      images.negatives.begin.push_back(images.negatives.categories.size());
      images.not_exhaustive.begin.push_back(images.not_exhaustive.categories.size());
    }
    scene_.data.facts[unknown_id] = {5, 5, {}, {}};
    for (std::size_t k = 0; k < tables.categories.size(); ++k) {
      tables.categories.frequencies.push_back(static_cast<maskmetrics::category_frequency>(random_.below(3)));
    }
  }

  std::vector<double> random_thresholds() {
    if (random_.chance(.4)) return reference::linspace(.5, .95, 10);
    std::vector<double> thresholds;
    for (std::uint32_t t = random_.chance(.2) ? random_.between(17, 40) : random_.between(1, 5); t > 0; --t) {
      thresholds.push_back(random_.pick(std::vector<double>{0, .1, .25, 1. / 3, .5, .5, .75, .9, 1, random_.unit()}));
    }
    return thresholds;
  }

  std::vector<double> random_recall_thresholds() {
    std::vector<double> thresholds;
    for (std::uint32_t r = random_.between(1, 12); r > 0; --r) {
      thresholds.push_back(random_.chance(.5) ? random_.unit() : random_.below(11) / 10.);
    }
    std::sort(thresholds.begin(), thresholds.end());
    return thresholds;
  }

  void copy_protocol() {
    maskmetrics::protocol& how = scene_.how;
    reference::protocol const& rules = scene_.rules;
    how.iou = rules.masks ? maskmetrics::iou_type::segm : maskmetrics::iou_type::bbox;
    if (rules.boundary_dilation_ratio > 0) {
      how.iou = maskmetrics::iou_type::boundary;
      how.boundary_dilation_ratio = rules.boundary_dilation_ratio;
    }
    how.iou_thresholds = rules.iou_thresholds;
    how.recall_thresholds = rules.recall_thresholds;
    for (auto const& range : rules.area_ranges) how.area_ranges.push_back({range.label, range.low, range.high});
    for (std::size_t const cap : rules.max_dets) how.max_dets.push_back(static_cast<std::uint32_t>(cap));
    for (std::size_t const cap : rules.recall_curve) how.recall_curve.push_back(static_cast<std::uint32_t>(cap));
    how.rules = rules.federated ? maskmetrics::rule_set::lvis : maskmetrics::rule_set::coco;
    if (rules.voc) how.rules = maskmetrics::rule_set::voc;
    if (rules.inclusive_boxes) how.box_convention = maskmetrics::box_convention::inclusive;
    if (rules.every_point) how.interpolation = maskmetrics::interpolation::every_point;
    how.cap = rules.caps_images ? maskmetrics::cap_scope::image : maskmetrics::cap_scope::category;
    how.max_dets_per_category = static_cast<std::uint32_t>(rules.max_dets_per_category);
    how.area_unit = rules.relative_areas ? maskmetrics::area_unit::relative : maskmetrics::area_unit::pixels;
    how.use_categories = rules.use_categories;
    how.parity = rules.strict ? maskmetrics::parity::strict : maskmetrics::parity::corrected;
  }

  /// All ids, or some of them in any order with an unknown one.
  std::vector<std::int64_t> subset(std::vector<std::int64_t> ids) {
    random_.shuffle(ids);
    ids.resize(random_.below(static_cast<std::uint32_t>(ids.size())) + 1);
    if (random_.chance(.3)) ids.push_back(-777);
    if (random_.chance(.2)) ids.push_back(ids.front());
    return ids;
  }

  static void remove_repeats(std::vector<std::int64_t>& ids) {
    for (auto id = ids.begin(); id != ids.end(); ++id) ids.erase(std::remove(id + 1, ids.end(), *id), ids.end());
  }

  void choose_subsets() {
    scene_.data.image_ids = scene_.ground_truth.images.ids;
    scene_.data.category_ids = scene_.ground_truth.categories.ids;
    if (random_.chance(.15)) {
      scene_.data.image_ids = subset(scene_.data.image_ids);
      scene_.how.image_ids = scene_.data.image_ids;
    }
    if (random_.chance(.15)) {
      scene_.data.category_ids = subset(scene_.data.category_ids);
      // Without categories the reference evaluates one again that is asked for twice; the library does not.
      if (!scene_.rules.use_categories) remove_repeats(scene_.data.category_ids);
      scene_.how.category_ids = scene_.data.category_ids;
    }
  }

  random_source& random_;
  double voc_;
  scene scene_;
  mask_batch_builder annotation_masks_;
  mask_batch_builder detection_masks_;
  std::vector<std::uint32_t> annotation_images_;
  bool duplicate_ids_ = false;
  bool explicit_ids_ = false;
  bool has_boxes_ = false;
  bool has_areas_ = false;
  bool has_masks_ = false;
  std::uint32_t grid_scores_ = 0;
  std::int64_t annotation_id_ = 1;
};

}  // namespace

scene random_scene(random_source& random) {
  return scene_builder(random, .1).build();
}

scene random_coco_or_lvis_scene(random_source& random) {
  return scene_builder(random, 0).build();
}

scene random_voc_scene(random_source& random) {
  return scene_builder(random, 1).build();
}

}  // namespace support
