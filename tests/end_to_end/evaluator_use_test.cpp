// The streaming evaluator as callers use and misuse it.
#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <maskmetrics/error.hpp>
#include <maskmetrics/evaluator.hpp>
#include <maskmetrics/summary.hpp>

#include "end_to_end/small_image.hpp"

namespace {

using maskmetrics::device_error;
using maskmetrics::evaluator;
using maskmetrics::evaluator_options;
using maskmetrics::evaluator_state;
using maskmetrics::image_update;
using maskmetrics::input_error;
using maskmetrics::iou_type;
using maskmetrics::memory_space;
using maskmetrics::number_column;
using maskmetrics::number_type;
using maskmetrics::protocol;
using maskmetrics::protocol_error;
using support::column;
using support::of_masks;
using support::on_cpu;
using support::small_image;

TEST(evaluator_use, counts_what_comes) {
  for (iou_type const iou : {iou_type::bbox, iou_type::segm, iou_type::boundary}) {
    evaluator subject(on_cpu(), protocol::coco(iou));
    small_image const image;
    subject.update(image.update);
    maskmetrics::evaluation const result = subject.compute();
    EXPECT_EQ(result.category_ids, (std::vector<std::int64_t>{1, 2}));
    EXPECT_EQ(result.num_images, 1U);
    EXPECT_EQ(result.num_detections, (std::vector<std::uint64_t>{1, 1}));
    // One detection that matches at every threshold.
    EXPECT_EQ(maskmetrics::summarize(result).metrics.front().value, 0.9999999999999998);
  }
}

TEST(evaluator_use, has_a_result_before_anything_came) {
  evaluator subject = of_masks();
  maskmetrics::evaluation const result = subject.compute();
  EXPECT_EQ(result.shape.num_categories, 0U);
  EXPECT_EQ(maskmetrics::summarize(result).metrics.front().value, -1);
}

TEST(evaluator_use, takes_images_without_detections_and_without_objects) {
  evaluator subject = of_masks();
  image_update nothing;
  nothing.image_id = 1;
  nothing.ground_truths.emplace();
  subject.update(nothing);
  small_image no_detections(2);
  no_detections.update.detections = {};
  subject.update(no_detections.update);
  small_image no_objects(3);
  no_objects.update.ground_truths = maskmetrics::image_ground_truths{};
  subject.update(no_objects.update);
  maskmetrics::evaluation const result = subject.compute();
  EXPECT_EQ(result.num_images, 3U);
  // One object, and nobody found it; two detections, one of its category.
  EXPECT_EQ(maskmetrics::summarize(result).metrics.front().value, 0);
}

/// What @p change makes of an update is refused; nothing of it counts, and the image can come again.
template <class Error>
void expect_refused(std::string const& place, std::string const& problem,
                    std::function<void(small_image&)> const& change,
                    protocol const& how = protocol::coco(iou_type::segm)) {
  evaluator subject(on_cpu(), how);
  small_image image;
  change(image);
  small_image const other(8);
  image_update const both[] = {other.update, image.update};
  try {
    subject.update(maskmetrics::view<image_update const>(both, 2));
    ADD_FAILURE() << "taken: " << place << ", " << problem;
  } catch (Error const& failure) {
    std::string const text = failure.what();
    EXPECT_NE(text.find("image 7"), std::string::npos) << text;
    EXPECT_NE(text.find(place), std::string::npos) << text;
    EXPECT_NE(text.find(problem), std::string::npos) << text;
  }
  EXPECT_EQ(subject.state().num_images(), 0U);
  small_image const right;
  subject.update(right.update);
  subject.update(other.update);
  EXPECT_EQ(subject.compute().num_images, 2U);
}

TEST(evaluator_use, refuses_what_makes_no_sense) {
  auto const boxes = protocol::coco(iou_type::bbox);
  expect_refused<input_error>("detections.scores", "missing", [](auto& i) { i.update.detections.scores = {}; });
  expect_refused<input_error>("detections.labels", "missing", [](auto& i) { i.update.detections.labels = {}; });
  expect_refused<input_error>("detections.masks", "missing", [](auto& i) { i.update.detections.masks = {}; });
  expect_refused<input_error>("ground_truths.masks", "missing", [](auto& i) { i.update.ground_truths->masks = {}; });
  expect_refused<input_error>(
      "detections.boxes", "missing", [](auto& i) { i.update.detections.boxes = {}; }, boxes);
  expect_refused<input_error>(
      "ground_truths.boxes", "missing", [](auto& i) { i.update.ground_truths->boxes = {}; }, boxes);
  expect_refused<input_error>("detections.labels", "whole",
                              [](auto& i) { i.update.detections.labels = column(i.scores); });
  expect_refused<input_error>("detections.masks", "1 masks for 2 rows", [](auto& i) {
    std::get<maskmetrics::dense_masks>(i.update.detections.masks.source).count = 1;
  });
  expect_refused<input_error>("detections.masks", "no data", [](auto& i) {
    std::get<maskmetrics::dense_masks>(i.update.detections.masks.source).data = nullptr;
  });
  expect_refused<input_error>("detections.masks", "more than 2^31 - 1",
                              [](auto& i) { i.update.height = i.update.width = 1U << 17U; });
  expect_refused<input_error>("ground_truths", "no data set is registered",
                              [](auto& i) { i.update.ground_truths.reset(); });
  expect_refused<device_error>("detections.masks", "in device memory",
                               [](auto& i) { i.update.detections.masks.where = memory_space::device; });
  expect_refused<device_error>("detections.scores", "in device memory",
                               [](auto& i) { i.update.detections.scores.where = memory_space::device; });
  protocol relative = protocol::coco(iou_type::bbox);
  relative.area_unit = maskmetrics::area_unit::relative;
  expect_refused<input_error>(
      "height, width", "relative areas", [](auto& i) { i.update.height = 0; }, relative);
  protocol corrected = protocol::coco(iou_type::segm);
  corrected.parity = maskmetrics::parity::corrected;
  expect_refused<input_error>(
      "detections.scores[1]", "nan", [](auto& i) { i.scores[1] = std::stod("nan"); }, corrected);
}

TEST(evaluator_use, names_the_mask_that_cannot_be_decoded) {
  std::string const text = "0z";  // ends within a number
  std::vector<maskmetrics::mask_entry> const entries = {{0, 1, 5, 6, maskmetrics::mask_form::text},
                                                        {0, 2, 5, 6, maskmetrics::mask_form::text}};
  auto const with_codes = [&](small_image& i) {
    maskmetrics::coded_masks coded;
    coded.codes.entries = {entries.data(), entries.size()};
    coded.codes.text = {text.data(), text.size()};
    i.update.detections.masks.source = coded;
  };
  expect_refused<input_error>("detections.masks[0]", "", with_codes);  // beside pixels
  evaluator subject = of_masks();
  small_image image;
  with_codes(image);
  std::vector<double> const corners = {0, 0, 4, 0, 4, 4, 0, 4};
  maskmetrics::polygon_ring const ring{0, 8};
  maskmetrics::mask_entry const polygon{0, 1, 0, 0, maskmetrics::mask_form::polygons};
  maskmetrics::coded_masks truth;
  truth.codes.entries = {&polygon, 1};
  truth.codes.rings = {&ring, 1};
  truth.codes.coordinates = {corners.data(), corners.size()};
  image.update.ground_truths->masks.source = truth;
  try {
    subject.update(image.update);
    FAIL() << "taken";
  } catch (input_error const& failure) {
    EXPECT_EQ(failure.source(), "image 7");
    EXPECT_EQ(failure.place(), "detections.masks[0]");
    EXPECT_EQ(failure.problem(), "runs do not sum to height x width");
  }
}

/// A map of one number covers its whole image, or a box of it.
TEST(evaluator_use, takes_maps_and_prototypes) {
  float const maps[] = {.9F, .9F};
  float const boxes[] = {0, 0, 4, 4, 5, 4, 6, 5};
  float const coefficients[] = {2, 1, -1, 1};
  float const prototypes[] = {.5F, .4F};  // sums 1.4 and -.1
  for (bool const as_prototypes : {false, true}) {
    small_image image;
    if (as_prototypes) {
      maskmetrics::prototype_masks masks;
      masks.maps.prototypes = prototypes;
      masks.maps.coefficients = coefficients;
      masks.maps.channels = 2;
      masks.maps.height = masks.maps.width = 1;
      masks.maps.count = 2;
      masks.boxes = boxes;
      image.update.detections.masks.source = masks;
    } else {
      maskmetrics::dense_masks masks =
          maskmetrics::contiguous_masks(maps, 2, 1, 1, maskmetrics::pixel_format::float32, .5F);
      masks.paste = {maskmetrics::paste_kind::image, 1, 1, boxes};
      image.update.detections.masks.source = masks;
    }
    evaluator subject = of_masks();
    subject.update(image.update);
    EXPECT_EQ(maskmetrics::summarize(subject.compute()).metrics.front().value, 0.9999999999999998);
  }
}

TEST(evaluator_use, refuses_maps_that_cannot_be_pasted) {
  auto const with = [](auto change) {
    return [change](small_image& image) {
      auto& masks = std::get<maskmetrics::dense_masks>(image.update.detections.masks.source);
      masks.format = maskmetrics::pixel_format::float32;
      masks.paste = {maskmetrics::paste_kind::box_grid, 2, 2, nullptr};
      change(masks);
    };
  };
  expect_refused<input_error>("detections.masks.paste.boxes", "missing", with([](auto&) {}));
  expect_refused<input_error>("detections.masks.paste", "0 x 2", with([](auto& masks) { masks.paste.map_height = 0; }));
  expect_refused<input_error>("detections.masks", "floating-point",
                              with([](auto& masks) { masks.format = maskmetrics::pixel_format::bytes; }));
  expect_refused<input_error>("detections.masks.maps.channels", "0 channels", [](small_image& image) {
    maskmetrics::prototype_masks masks;
    masks.maps.height = masks.maps.width = 2;
    masks.maps.count = 2;
    image.update.detections.masks.source = masks;
  });
}

TEST(evaluator_use, refuses_labels_beside_the_list_and_lists_with_doubles) {
  evaluator_options options;
  options.categories = {{2, "two"}, {1, "one"}};
  evaluator subject = of_masks(options);
  small_image image;
  image.labels[1] = 3;
  try {
    subject.update(image.update);
    FAIL() << "taken";
  } catch (input_error const& failure) {
    EXPECT_EQ(failure.place(), "detections.labels[1]");
    EXPECT_EQ(failure.problem(), "3 is none of the evaluator's categories");
  }
  image.labels[1] = 2;
  subject.update(image.update);
  maskmetrics::evaluation const result = subject.compute();
  EXPECT_EQ(result.category_names, (std::vector<std::string>{"one", "two"}));
  options.categories.push_back({1, "one again"});
  EXPECT_THROW(of_masks(options), input_error);
}

TEST(evaluator_use, refuses_an_image_twice) {
  evaluator subject = of_masks();
  small_image const image;
  image_update const twice[] = {image.update, image.update};
  EXPECT_THROW(subject.update(maskmetrics::view<image_update const>(twice, 2)), input_error);
  subject.update(image.update);
  EXPECT_THROW(subject.update(image.update), input_error);
  evaluator other = of_masks();
  small_image const second(8);
  other.update(image.update);
  other.update(second.update);
  try {
    subject.merge(other.state());
    FAIL() << "merged";
  } catch (input_error const& failure) {
    EXPECT_EQ(failure.source(), "image 7");
  }
  EXPECT_EQ(subject.state().num_images(), 1U);  // nothing was added
  subject.reset();
  subject.update(image.update);
  EXPECT_EQ(subject.state().num_images(), 1U);
}

TEST(evaluator_use, looks_ground_truth_up) {
  auto truth = std::make_shared<maskmetrics::dataset>();
  truth->source = "registered";
  truth->images.ids = {7};
  truth->images.heights = {5};
  truth->images.widths = {6};
  truth->categories.ids = {1, 2};
  truth->categories.names = {"one", "two"};
  truth->annotations.ids = {100};
  truth->annotations.image_indices = {0};
  truth->annotations.category_indices = {0};
  truth->annotations.areas_px = {16};
  truth->annotations.crowd = {0};
  truth->annotations.ignore = {0};
  truth->annotations.masks.counts = {0, 4, 1, 4, 1, 4, 1, 4, 11};
  truth->annotations.masks.entries = {{0, 9, 5, 6, maskmetrics::mask_form::counts}};
  evaluator subject(on_cpu(), protocol::coco(iou_type::segm), truth);
  small_image image;
  image.update.ground_truths.reset();
  image.update.height = 6;
  try {
    subject.update(image.update);
    FAIL() << "another size was taken";
  } catch (input_error const& failure) {
    EXPECT_NE(failure.problem().find("6 x 6, and the image is registered with 5 x 6"), std::string::npos);
  }
  image.update.height = image.update.width = 0;  // looked up as well
  subject.update(image.update);
  image.update.image_id = 8;
  EXPECT_THROW(subject.update(image.update), input_error);
  maskmetrics::evaluation const result = subject.compute();
  EXPECT_EQ(maskmetrics::summarize(result).metrics.front().value, 0.9999999999999998);
  EXPECT_EQ(result.category_names, (std::vector<std::string>{"one", "two"}));
}

TEST(evaluator_use, refuses_protocols_that_need_everything_at_once) {
  EXPECT_THROW(evaluator(on_cpu(), protocol::lvis_fixed(iou_type::segm)), protocol_error);
  EXPECT_THROW(evaluator(on_cpu(), protocol::lvis(iou_type::segm)), protocol_error);
  protocol none = protocol::coco(iou_type::segm);
  none.iou_thresholds.clear();
  EXPECT_THROW(evaluator(on_cpu(), none), protocol_error);
}

TEST(evaluator_use, background_errors_surface_at_the_next_call) {
  evaluator_options options;
  options.queue_length = 2;
  options.categories = {{1, ""}, {2, ""}};
  evaluator subject = of_masks(options);
  small_image const good(1);
  small_image bad(2);
  bad.labels[0] = 99;
  small_image const also_good(3);
  subject.update(good.update);
  subject.update(bad.update);
  try {
    // At one of these the error is there; the image of that call did not come in.
    subject.update(also_good.update);
    subject.flush();
    FAIL() << "the error was lost";
  } catch (input_error const& failure) {
    EXPECT_EQ(failure.source(), "image 2");
  }
  subject.flush();  // once is enough
  small_image const mended(2);
  subject.update(mended.update);
  evaluator_state const state = subject.state();
  EXPECT_GE(state.num_images(), 2U);
  EXPECT_LE(state.num_images(), 3U);
}

TEST(evaluator_use, background_keeps_what_it_reads_and_no_longer) {
  evaluator_options options;
  options.queue_length = 1;
  evaluator subject = of_masks(options);
  std::weak_ptr<small_image> watch;
  for (std::int64_t id = 0; id < 50; ++id) {
    auto image = std::make_shared<small_image>(id);
    watch = image;
    image_update const update = image->update;
    subject.update(update, {}, std::move(image));
  }
  subject.flush();
  EXPECT_TRUE(watch.expired());
  EXPECT_EQ(subject.compute().num_images, 50U);
}

TEST(evaluator_use, reset_forgets_what_is_under_way) {
  evaluator_options options;
  options.queue_length = 8;
  evaluator subject = of_masks(options);
  std::vector<std::unique_ptr<small_image>> images;
  for (std::int64_t id = 0; id < 8; ++id) {
    images.push_back(std::make_unique<small_image>(id));
    subject.update(images.back()->update);
  }
  subject.reset();
  EXPECT_EQ(subject.state().num_images(), 0U);
  for (auto const& image : images) subject.update(image->update);
  EXPECT_EQ(subject.state().num_images(), 8U);
}

TEST(evaluator_use, a_worker_does_not_follow_into_a_child) {
  evaluator_options options;
  options.queue_length = 1;
  auto subject = std::make_unique<evaluator>(of_masks(options));
  small_image const image;
  pid_t const child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    // No exit handlers: the parent's threads are not here.
    auto const refuses = [](auto const& call) {
      try {
        call();
      } catch (device_error const&) {
        return true;
      }
      return false;
    };
    bool const good = refuses([&] { subject->update(image.update); }) && refuses([&] { subject->reset(); }) &&
                      refuses([&] { (void)subject->compute(); });
    subject.reset();  // does not wait for a thread that is not here
    _exit(good ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

}  // namespace
