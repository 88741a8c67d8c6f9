// What an evaluator kept, as it travels between files and processes.
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <maskmetrics/error.hpp>
#include <maskmetrics/evaluator.hpp>

#include "end_to_end/small_image.hpp"
#include "support/random.hpp"

namespace {

using maskmetrics::evaluator;
using maskmetrics::evaluator_state;
using maskmetrics::image_update;
using maskmetrics::input_error;
using maskmetrics::iou_type;
using maskmetrics::protocol;
using maskmetrics::protocol_error;
using support::column;
using support::of_masks;
using support::on_cpu;
using support::small_image;

evaluator_state some_state() {
  evaluator subject = of_masks();
  for (std::int64_t id = 0; id < 3; ++id) subject.update(small_image(id).update);
  return subject.state();
}

TEST(evaluator_state, states_travel_whole_or_not_at_all) {
  std::string const bytes = some_state().serialize();
  EXPECT_EQ(evaluator_state::deserialize(bytes).num_images(), 3U);
  EXPECT_EQ(evaluator_state::deserialize(bytes).serialize(), bytes);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_THROW((void)evaluator_state::deserialize(bytes.substr(0, length)), input_error) << length;
  }
  EXPECT_THROW((void)evaluator_state::deserialize(bytes + "x"), input_error);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    EXPECT_THROW((void)evaluator_state::deserialize(damaged), input_error) << at;
  }
  try {
    (void)evaluator_state::deserialize("MMKEPT99" + bytes.substr(8), "epoch 3");
    FAIL() << "another version was read";
  } catch (input_error const& failure) {
    EXPECT_EQ(failure.source(), "epoch 3");
    EXPECT_NE(failure.problem().find("version 99"), std::string::npos);
  }
}

TEST(evaluator_state, states_of_two_protocols_do_not_merge) {
  protocol how = protocol::coco(iou_type::segm);
  how.max_dets = {1, 10, 300};
  evaluator subject(on_cpu(), how);
  try {
    subject.merge(some_state());
    FAIL() << "merged";
  } catch (protocol_error const& failure) {
    EXPECT_NE(std::string(failure.what()).find("max_dets: 1 10 300 and 1 10 100"), std::string::npos) << failure.what();
  }
}

TEST(evaluator_state, a_state_that_was_given_away_stays_as_it_is) {
  evaluator subject = of_masks();
  subject.update(small_image(1).update);
  evaluator_state const before = subject.state();
  subject.update(small_image(2).update);
  EXPECT_EQ(before.num_images(), 1U);
  EXPECT_EQ(subject.state().num_images(), 2U);
  subject.reset();
  EXPECT_EQ(before.num_images(), 1U);
}

std::vector<double> precision_of(evaluator& subject) {
  maskmetrics::evaluation const result = subject.compute();
  return {result.precision.data(), result.precision.data() + result.precision.size()};
}

TEST(evaluator_state, images_get_other_ids) {
  evaluator_state const state = some_state();
  EXPECT_EQ(state.renumbered(5, 3).image_ids(), (std::vector<std::int64_t>{5, 8, 11}));
  EXPECT_EQ(state.renumbered(0, 1).serialize(), state.serialize());
  evaluator both = of_masks();
  both.merge(state.renumbered(0, 2));
  both.merge(state.renumbered(1, 2));
  evaluator expected = of_masks();
  for (std::int64_t id = 0; id < 6; ++id) expected.update(small_image(id).update);
  EXPECT_EQ(precision_of(both), precision_of(expected));
  EXPECT_EQ(evaluator_state().renumbered(1, 1).num_images(), 0U);
  EXPECT_THROW((void)state.renumbered(0, 0), input_error);
  EXPECT_THROW((void)state.renumbered(std::numeric_limits<std::int64_t>::max(), 1), input_error);
  EXPECT_THROW((void)state.renumbered(0, std::numeric_limits<std::int64_t>::max()), input_error);
}

TEST(evaluator_state, some_images_are_as_if_no_other_had_been_there) {
  evaluator all = of_masks();
  evaluator expected = of_masks();
  std::vector<std::int64_t> const wanted{1, 4};
  for (std::int64_t id = 0; id < 6; ++id) {
    small_image image(id);
    std::vector<std::int64_t> const labels(image.update.detections.count, id);
    image.update.detections.labels = column(labels);  // so that each image has a category of its own
    all.update(image.update);
    if (id == 1 || id == 4) expected.update(image.update);
  }
  evaluator_state const some = all.state().only({wanted.data(), wanted.size()});
  EXPECT_EQ(some.image_ids(), wanted);
  EXPECT_EQ(some.serialize(), expected.state().serialize());
  evaluator goes_on = of_masks();
  goes_on.merge(some);
  goes_on.update(small_image(2).update);
  expected.update(small_image(2).update);
  EXPECT_EQ(precision_of(goes_on), precision_of(expected));
  EXPECT_EQ(all.state().only({}).num_images(), 0U);
  EXPECT_EQ(evaluator_state().only({wanted.data(), wanted.size()}).num_images(), 0U);
}

/// At most 64 B a detection and 8 B a kept pair, memory that vectors hold in reserve included.
TEST(evaluator_state, keeps_little) {
  support::random_source random(1);
  evaluator subject(on_cpu(), protocol::coco(iou_type::bbox));
  for (std::int64_t id = 0; id < 400; ++id) {
    std::vector<double> scores;
    std::vector<double> boxes;
    std::vector<double> truth_boxes;
    std::vector<std::int64_t> labels;
    std::vector<std::int64_t> truth_labels;
    auto const add_box = [&](std::vector<double>& to) {
      for (double const scale : {600., 400., 200., 200.}) to.push_back(random.unit() * scale);
    };
    for (int i = 0; i < 100; ++i) {
      scores.push_back(random.unit());
      labels.push_back(random.below(80));
      add_box(boxes);
    }
    for (int i = 0; i < 8; ++i) {
      truth_labels.push_back(random.below(80));
      add_box(truth_boxes);
    }
    image_update update;
    update.image_id = id;
    update.detections.count = 100;
    update.detections.scores = column(scores);
    update.detections.labels = column(labels);
    update.detections.boxes = column(boxes);
    update.ground_truths.emplace();
    update.ground_truths->count = 8;
    update.ground_truths->labels = column(truth_labels);
    update.ground_truths->boxes = column(truth_boxes);
    subject.update(update);
  }
  evaluator_state const state = subject.state();
  ASSERT_EQ(state.num_detections(), 40000U);
  EXPECT_LE(state.num_bytes(), 64 * state.num_detections() + 8 * state.num_pairs());
  EXPECT_LE(state.serialize().size(), 48 * state.num_detections() + 8 * state.num_pairs());
}

}  // namespace
