// Images that come in any order, pieces and forms: the bits of one evaluation of all of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include <maskmetrics/error.hpp>
#include <maskmetrics/evaluate.hpp>
#include <maskmetrics/evaluator.hpp>

#include "support/backends.hpp"
#include "support/device_arrays.hpp"
#include "support/exact.hpp"
#include "support/scene.hpp"
#include "support/segmentation.hpp"

namespace {

using maskmetrics::evaluation;
using maskmetrics::evaluator;
using maskmetrics::image_update;
using maskmetrics::mask_form;
using maskmetrics::number_type;
using support::backend_under_test;
using support::device_arrays;
using support::random_source;
using support::scene;

::testing::AssertionResult same(evaluation const& actual, evaluation const& expected) {
  for (auto const array :
       {&evaluation::precision, &evaluation::recall, &evaluation::scores, &evaluation::recall_curve}) {
    auto const result = support::agree(support::to_vector(actual.*array), support::to_vector(expected.*array));
    if (!result) return result;
  }
  if (actual.category_ids != expected.category_ids) return ::testing::AssertionFailure() << "category_ids differ";
  if (actual.num_ground_truths != expected.num_ground_truths) {
    return ::testing::AssertionFailure() << "num_ground_truths differ";
  }
  if (actual.num_detections != expected.num_detections) {
    return ::testing::AssertionFailure() << "num_detections differ";
  }
  if (actual.num_images != expected.num_images) return ::testing::AssertionFailure() << "num_images differ";
  return ::testing::AssertionSuccess();
}

template <class T>
maskmetrics::number_column column(std::vector<T> const& values, number_type type) {
  maskmetrics::number_column made;
  // Present, even where there is nothing.
  static std::byte const nothing{};
  made.data = values.empty() ? static_cast<void const*>(&nothing) : values.data();
  made.type = type;
  return made;
}

/// How masks travel.
enum class mask_kind { codes, bytes, bits, logits };

/// One side of an image as a caller holds it.
struct side_arrays {
  std::vector<std::int64_t> labels;
  std::vector<double> scores;
  std::vector<double> boxes;
  std::vector<double> areas;
  std::vector<std::uint8_t> crowd;
  std::vector<std::uint8_t> ignore;
  std::vector<maskmetrics::mask_entry> entries;
  std::vector<reference::mask> pixels;
  std::vector<unsigned char> bytes;  ///< of the pixels, laid out

  void add_box(maskmetrics::box const& b) { boxes.insert(boxes.end(), {b.x, b.y, b.width, b.height}); }

  [[nodiscard]] maskmetrics::image_masks masks(maskmetrics::mask_batch const& batch, mask_kind kind,
                                               std::uint32_t height, std::uint32_t width) {
    maskmetrics::image_masks made;
    if (kind == mask_kind::codes) {
      maskmetrics::coded_masks coded{batch};
      coded.codes.entries = {entries.data(), entries.size()};
      made.source = coded;
      return made;
    }
    maskmetrics::pixel_format const format = kind == mask_kind::bytes  ? maskmetrics::pixel_format::bytes
                                             : kind == mask_kind::bits ? maskmetrics::pixel_format::bits
                                                                       : maskmetrics::pixel_format::float32;
    maskmetrics::dense_masks dense =
        maskmetrics::contiguous_masks(nullptr, static_cast<std::uint32_t>(pixels.size()), height, width, format, .25F);
    bytes.assign(static_cast<std::size_t>(dense.mask_stride) * pixels.size() + 1, 0);
    for (std::size_t m = 0; m < pixels.size(); ++m) {
      for (std::uint32_t y = 0; y < height; ++y) {
        for (std::uint32_t x = 0; x < width; ++x) {
          bool const set = pixels[m].at(x, y) != 0;
          unsigned char* const row =
              &bytes[m * static_cast<std::size_t>(dense.mask_stride) + y * static_cast<std::size_t>(dense.row_stride)];
          if (kind == mask_kind::bytes) row[x] = set ? 1 : 0;
          if (kind == mask_kind::bits && set) row[x / 8] = static_cast<unsigned char>(row[x / 8] | 1U << (x % 8));
          float const logit = set ? 1 : .25F;
          if (kind == mask_kind::logits) std::memcpy(row + x * sizeof logit, &logit, sizeof logit);
        }
      }
    }
    dense.data = bytes.data();
    made.source = dense;
    return made;
  }
};

/// A scene cut into images.
struct streamed_scene {
  scene one;
  std::shared_ptr<maskmetrics::dataset const> registered;
  std::vector<side_arrays> detections;     ///< [images]
  std::vector<side_arrays> ground_truths;  ///< [images]
  std::vector<image_update> updates;       ///< [images]
  evaluation expected;
};

template <class T>
void keep_rows(std::vector<T>& values, std::vector<bool> const& kept) {
  if (values.empty()) return;
  std::vector<T> left;
  for (std::size_t row = 0; row < values.size(); ++row) {
    if (kept[row]) left.push_back(values[row]);
  }
  values = std::move(left);
}

/// Leaves what a stream cannot have out of a scene: rows of unknown categories, drawn boxes. False where too much would
/// change by that.
bool make_streamable(scene& one, bool dense) {
  auto& results = one.results;
  if (!results.ids.empty() || one.how.max_dets_per_category != 0) return false;
  if (one.how.iou == maskmetrics::iou_type::bbox && results.boxes.empty()) return false;
  if (one.how.parity == maskmetrics::parity::corrected &&
      !std::all_of(results.scores.begin(), results.scores.end(), [](double score) { return std::isfinite(score); })) {
    return false;
  }
  std::vector<bool> kept(results.size());
  for (std::size_t row = 0; row < results.size(); ++row) {
    bool const known = results.category_indices[row] != maskmetrics::no_index;
    if (!known && one.how.cap == maskmetrics::cap_scope::image) return false;
    kept[row] = known;
    if (one.how.iou == maskmetrics::iou_type::bbox) continue;
    kept[row] = kept[row] && results.masks.entries[row].form != mask_form::box;
    std::uint32_t const image = results.image_indices[row];
    reference::rle const& code = one.data.detections[row].segmentation;
    bool const fits =
        code.height == one.ground_truth.images.heights[image] && code.width == one.ground_truth.images.widths[image];
    kept[row] = kept[row] && (fits || !dense);
  }
  if (one.how.cap == maskmetrics::cap_scope::image && std::find(kept.begin(), kept.end(), false) != kept.end()) {
    return false;
  }
  keep_rows(results.image_indices, kept);
  keep_rows(results.category_indices, kept);
  keep_rows(results.scores, kept);
  keep_rows(results.areas_px, kept);
  keep_rows(results.boxes, kept);
  keep_rows(results.masks.entries, kept);
  keep_rows(one.data.detections, kept);
  return true;
}

/// The masks as the pixels that they are: no runs of length zero, nothing that pixels cannot tell.
void draw(scene& one) {
  support::mask_batch_builder found(1);
  support::mask_batch_builder truth(2);
  auto const redraw = [](reference::rle const& code) {
    reference::rle const plain = reference::encode(reference::decode(code));
    return support::segmentation{mask_form::counts, plain.height, plain.width, plain.counts, {}};
  };
  for (auto const& row : one.data.detections) found.add(redraw(row.segmentation));
  for (auto const& row : one.data.annotations) truth.add(redraw(row.segmentation));
  one.results.masks = found.finish();
  one.ground_truth.annotations.masks = truth.finish();
}

/// Whether ground truth that comes with its image is the same as registered: it has no ids, and its areas are above 0.
bool has_plain_ground_truth(scene const& one) {
  auto const& annotations = one.ground_truth.annotations;
  if (one.how.rules == maskmetrics::rule_set::lvis) return false;
  std::vector<std::int64_t> ids = annotations.ids;
  std::sort(ids.begin(), ids.end());
  if (std::adjacent_find(ids.begin(), ids.end()) != ids.end()) return false;
  for (std::size_t row = 0; row < annotations.size(); ++row) {
    if (annotations.ids[row] == 0 || annotations.areas_px[row] <= 0) return false;
  }
  return true;
}

std::optional<streamed_scene> random_stream(random_source& random, mask_kind kind) {
  streamed_scene made;
  made.one = support::random_coco_or_lvis_scene(random);
  scene& one = made.one;
  bool const dense = kind != mask_kind::codes && one.how.iou != maskmetrics::iou_type::bbox;
  if (!make_streamable(one, dense)) return {};
  if (dense) draw(one);
  auto const& images = one.ground_truth.images;
  made.detections.resize(images.size());
  made.ground_truths.resize(images.size());
  bool const masks = one.how.iou != maskmetrics::iou_type::bbox;
  for (std::size_t row = 0; row < one.results.size(); ++row) {
    side_arrays& to = made.detections[one.results.image_indices[row]];
    to.labels.push_back(one.ground_truth.categories.ids[one.results.category_indices[row]]);
    to.scores.push_back(one.results.scores[row]);
    if (!one.results.boxes.empty()) to.add_box(one.results.boxes[row]);
    if (!one.results.areas_px.empty()) to.areas.push_back(one.results.areas_px[row]);
    if (masks) to.entries.push_back(one.results.masks.entries[row]);
    if (dense) to.pixels.push_back(reference::decode(one.data.detections[row].segmentation));
  }
  auto const& annotations = one.ground_truth.annotations;
  for (std::size_t row = 0; row < annotations.size(); ++row) {
    if (annotations.image_indices[row] == maskmetrics::no_index) continue;
    if (annotations.category_indices[row] == maskmetrics::no_index) continue;
    side_arrays& to = made.ground_truths[annotations.image_indices[row]];
    to.labels.push_back(one.ground_truth.categories.ids[annotations.category_indices[row]]);
    to.areas.push_back(annotations.areas_px[row]);
    to.crowd.push_back(annotations.crowd[row]);
    to.ignore.push_back(annotations.ignore[row]);
    if (!annotations.boxes.empty()) to.add_box(annotations.boxes[row]);
    if (masks) to.entries.push_back(annotations.masks.entries[row]);
    if (dense) to.pixels.push_back(reference::decode(one.data.annotations[row].segmentation));
  }
  for (std::size_t i = 0; i < images.size(); ++i) {
    image_update update;
    update.image_id = images.ids[i];
    update.height = images.heights[i];
    update.width = images.widths[i];
    side_arrays& found = made.detections[i];
    update.detections.count = static_cast<std::uint32_t>(found.labels.size());
    update.detections.labels = column(found.labels, number_type::int64);
    update.detections.scores = column(found.scores, number_type::float64);
    if (!one.results.boxes.empty()) update.detections.boxes = column(found.boxes, number_type::float64);
    if (!one.results.areas_px.empty()) update.detections.areas = column(found.areas, number_type::float64);
    if (masks) {
      update.detections.masks =
          found.masks(one.results.masks, dense ? kind : mask_kind::codes, update.height, update.width);
    }
    made.updates.push_back(update);
  }
  made.registered = std::make_shared<maskmetrics::dataset const>(one.ground_truth);
  maskmetrics::context cpu;
  cpu.device = {maskmetrics::device_kind::cpu, 0};
  made.expected = maskmetrics::evaluate(cpu, one.ground_truth, one.results, one.how);
  return made;
}

/// Ground truth travels with its image.
void add_ground_truth(streamed_scene& subject, mask_kind kind) {
  scene const& one = subject.one;
  bool const masks = one.how.iou != maskmetrics::iou_type::bbox;
  for (std::size_t i = 0; i < subject.updates.size(); ++i) {
    side_arrays& truth = subject.ground_truths[i];
    maskmetrics::image_ground_truths to;
    to.count = static_cast<std::uint32_t>(truth.labels.size());
    to.labels = column(truth.labels, number_type::int64);
    to.areas = column(truth.areas, number_type::float64);
    to.crowd = column(truth.crowd, number_type::uint8);
    to.ignore = column(truth.ignore, number_type::uint8);
    if (!masks) to.boxes = column(truth.boxes, number_type::float64);
    if (masks) {
      to.masks =
          truth.masks(one.ground_truth.annotations.masks, kind, subject.updates[i].height, subject.updates[i].width);
    }
    subject.updates[i].ground_truths = to;
  }
}

evaluator make_evaluator(maskmetrics::context const& ctx, streamed_scene const& subject, bool registered,
                         std::size_t queue_length) {
  maskmetrics::evaluator_options options;
  options.queue_length = queue_length;
  if (registered) return evaluator(ctx, subject.one.how, subject.registered, options);
  auto const& categories = subject.one.ground_truth.categories;
  for (std::size_t k = 0; k < categories.size(); ++k) {
    options.categories.push_back({categories.ids[k], categories.names[k]});
  }
  return evaluator(ctx, subject.one.how, options);
}

void update_with(random_source& random, backend_under_test const& where, evaluator& taker,
                 maskmetrics::view<image_update const> images) {
  if (where.name.find("cpu") != std::string::npos || random.chance(.3)) {
    taker.update(images);
    return;
  }
  device_arrays there(where);
  std::vector<image_update> moved;
  for (image_update const& image : images) moved.push_back(there.moved(image));
  // Copies went by the place's own stream.
  where.place->synchronize();
  taker.update(maskmetrics::view<image_update const>(moved.data(), moved.size()));
  if (random.chance(.5)) taker.flush();
}

/// Deals the images to some evaluators, in some order and in some pieces, and brings their states together.
evaluation run_schedule(random_source& random, backend_under_test const& where, streamed_scene const& subject,
                        bool registered) {
  maskmetrics::context ctx;
  ctx.device = where.ctx.device;
  ctx.threads = where.ctx.threads;
  ctx.stream = where.ctx.stream;
  std::vector<evaluator> evaluators;
  for (std::uint32_t n = random.between(1, 3); n > 0; --n) {
    evaluators.push_back(make_evaluator(ctx, subject, registered, random.chance(.3) ? random.between(1, 3) : 0));
  }
  std::vector<image_update> order = subject.updates;
  random.shuffle(order);
  for (std::size_t first = 0; first < order.size();) {
    std::size_t const count = std::min<std::size_t>(random.between(1, 3), order.size() - first);
    evaluator& taker = evaluators[random.below(static_cast<std::uint32_t>(evaluators.size()))];
    update_with(random, where, taker, {order.data() + first, count});
    first += count;
    if (random.chance(.1)) (void)taker.compute();
    if (random.chance(.1)) {
      maskmetrics::evaluator_state const half = taker.state();
      taker.reset();
      taker.merge(maskmetrics::evaluator_state::deserialize(half.serialize()));
    }
  }
  for (std::size_t i = 1; i < evaluators.size(); ++i) evaluators.front().merge(evaluators[i].state());
  return evaluators.front().compute();
}

mask_kind random_kind(random_source& random) {
  return random.pick(std::vector<mask_kind>{mask_kind::codes, mask_kind::bytes, mask_kind::bits, mask_kind::logits});
}

void expect_schedules_agree(std::uint64_t seed, std::uint64_t rounds, bool cpu_only) {
  random_source random(seed);
  std::uint64_t done = 0;
  while (done < rounds) {
    mask_kind const kind = random_kind(random);
    std::optional<streamed_scene> subject = random_stream(random, kind);
    if (!subject) continue;
    bool registered = random.chance(.5) || !has_plain_ground_truth(subject->one);
    // Some scenes have images that no update can name twice; all others are dealt several times.
    for (int again = 0; again < 3; ++again, ++done) {
      if (!registered) add_ground_truth(*subject, random.chance(.7) ? kind : mask_kind::codes);
      for (backend_under_test const& where : support::backends()) {
        if (cpu_only && where.name.find("cpu") == std::string::npos) continue;
        if (cpu_only && &where != &support::backends()[done % 3]) continue;
        ASSERT_TRUE(same(run_schedule(random, where, *subject, registered), subject->expected))
            << where.name << ", schedule " << done << ", kind " << static_cast<int>(kind)
            << (registered ? ", registered" : "");
      }
    }
  }
}

TEST(evaluator, ten_thousand_schedules_equal_one_evaluation) {
  expect_schedules_agree(1, support::scaled(10000), true);
}

TEST(evaluator, schedules_on_every_backend_equal_one_evaluation) {
  expect_schedules_agree(2, support::scaled(300), false);
}

}  // namespace
