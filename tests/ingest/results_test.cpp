// What results are read to: the rules of pycocotools' loadRes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "ingest/ingest_cases.hpp"

namespace maskmetrics::testing {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace {

constexpr char const* mask_text = R"("segmentation": {"size": [30, 20], "counts": "PQ1"})";

/// A JSON array of these elements.
std::string array_of(std::initializer_list<std::string> elements) {
  std::string text;
  for (std::string const& each : elements) {
    text += text.empty() ? '[' : ',';
    text += each;
  }
  text += ']';
  return text;
}

/// A result of image 1, category 1, score 0.5 with more fields.
std::string result(std::string const& fields) {
  return R"({"image_id": 1, "category_id": 1, "score": 0.5, )" + fields + "}";
}

}  // namespace

TEST(results, boxes) {
  detections const results = read_results(
      R"([{"image_id": 2, "category_id": 2, "score": 0.25, "bbox": [1.5, 2, 3, 4.5], "id": 77},
          {"image_id": 1, "category_id": 9, "score": -1, "bbox": [0, 0, 0.1, 3]},
          {"image_id": 2.0, "category_id": 1e0, "score": 1, "bbox": [0, 0, -2, 3]}])",
      small_ground_truth(), boxes_only());
  EXPECT_EQ(results.source, "dt.json");
  EXPECT_THAT(results.image_indices, ElementsAre(1U, 0U, 1U));
  EXPECT_THAT(results.category_indices, ElementsAre(1U, no_index, 0U));
  EXPECT_THAT(results.scores, ElementsAre(0.25, -1.0, 1.0));
  EXPECT_THAT(results.areas_px, ElementsAre(13.5, 0.1 * 3, -6.0));
  ASSERT_EQ(results.boxes.size(), 3U);
  EXPECT_EQ(results.boxes[0].x, 1.5);
  EXPECT_EQ(results.boxes[0].height, 4.5);
  EXPECT_THAT(results.ids, IsEmpty());
  EXPECT_THAT(results.masks.entries, IsEmpty());
  EXPECT_EQ(warning_count(results.warnings, "unknown_category"), 1U);
  EXPECT_THAT(warning_message(results.warnings, "unknown_category"), HasSubstr("[1]: category_id 9"));
}

TEST(results, boxes_stand_for_missing_masks) {
  detections const results =
      read_results(array_of({result(R"("bbox": [1, 2, 3, 4])")}), small_ground_truth(), masks_only());
  ASSERT_EQ(results.masks.entries.size(), 1U);
  EXPECT_EQ(results.masks.entries[0].form, mask_form::box);
  ASSERT_EQ(results.boxes.size(), 1U);
  EXPECT_EQ(results.boxes[0].width, 3);
  EXPECT_THAT(results.areas_px, ElementsAre(12.0));
}

TEST(results, masks_with_boxes_have_the_areas_of_their_boxes) {
  std::string const both = result(std::string(mask_text) + R"(, "bbox": [1, 2, 3, 4])");
  detections const results = read_results(array_of({both}), small_ground_truth(), masks_only());
  EXPECT_THAT(results.areas_px, ElementsAre(12.0));
  EXPECT_THAT(results.boxes, IsEmpty());
  ASSERT_EQ(results.masks.entries.size(), 1U);
  EXPECT_EQ(results.masks.entries[0].form, mask_form::json_text);
  EXPECT_EQ(results.masks.text_of(results.masks.entries[0]), "PQ1");
  EXPECT_EQ(results.masks.source, "dt.json");

  // A later one without a mask: its box is needed after all.
  detections const mixed =
      read_results(array_of({both, result(R"("bbox": [5, 6, 7, 8])")}), small_ground_truth(), masks_only());
  EXPECT_EQ(mixed.masks.entries[1].form, mask_form::box);
  ASSERT_EQ(mixed.boxes.size(), 2U);
  EXPECT_EQ(mixed.boxes[0].x, 1);
  EXPECT_EQ(mixed.boxes[1].x, 5);
  EXPECT_THAT(mixed.areas_px, ElementsAre(12.0, 56.0));
}

TEST(results, masks_alone_are_measured_later) {
  for (reading const& how : {strict(), boxes_only(), masks_only()}) {
    for (char const* box_text : {"", R"(, "bbox": [])"}) {
      detections const results =
          read_results(array_of({result(mask_text + std::string(box_text)), result(mask_text)}), small_ground_truth(),
                       how.options.boxes && *box_text != '\0' ? masks_only() : how);
      EXPECT_THAT(results.areas_px, IsEmpty());
      EXPECT_THAT(results.boxes, IsEmpty());
      ASSERT_EQ(results.masks.entries.size(), 2U);
      EXPECT_EQ(results.masks.entries[1].form, mask_form::json_text);
      EXPECT_EQ(results.masks.entries[1].height, 30U);
    }
  }
}

TEST(results, masks_of_which_some_have_a_box) {
  // 600 pixels: ten background, three foreground, background; rows 10 to 12 of the first column.
  std::string const mask = R"("segmentation": {"size": [30, 20], "counts": ":3[b0"})";
  std::string const text = array_of({result(mask), result(mask + R"(, "bbox": [1, 2, 3, 4])")});
  detections const results = read_results(text, small_ground_truth(), boxes_only());
  EXPECT_THAT(results.areas_px, IsEmpty());
  ASSERT_EQ(results.boxes.size(), 2U);
  EXPECT_EQ(results.boxes[0].x, 0);
  EXPECT_EQ(results.boxes[0].y, 10);
  EXPECT_EQ(results.boxes[0].width, 1);
  EXPECT_EQ(results.boxes[0].height, 3);
  EXPECT_EQ(results.boxes[1].y, 2);
  EXPECT_THAT(read_results(text, small_ground_truth(), masks_only()).boxes, IsEmpty());
}

TEST(results, corrected_parity_takes_masks_of_any_form) {
  std::string const polygon = result(R"("segmentation": [[1, 2, 3, 4, 5, 6]])");
  std::string const counts = result(R"("segmentation": {"size": [2, 3], "counts": [1, 5]})");
  detections const results = read_results(array_of({polygon, counts}), small_ground_truth(), corrected());
  EXPECT_EQ(results.masks.entries[0].form, mask_form::polygons);
  EXPECT_EQ(results.masks.entries[1].form, mask_form::counts);
  for (std::string const& each : {polygon, counts}) {
    expect_input_error([&] { static_cast<void>(read_results(array_of({each}), small_ground_truth())); }, "dt.json",
                       "[0].segmentation", "expected a compressed RLE");
  }
  // With a box the reference takes them, too.
  std::string const boxed = result(R"("bbox": [0, 0, 1, 1], "segmentation": [[1, 2, 3, 4, 5, 6]])");
  EXPECT_EQ(read_results(array_of({boxed}), small_ground_truth()).masks.entries[0].form, mask_form::polygons);
}

TEST(results, a_category_id_that_is_none_is_of_no_category) {
  std::string const box = R"("score": 0.5, "bbox": [1, 2, 3, 4])";
  for (char const* const id : {"null", "\"1\"", "1.5", "5555"}) {
    std::string const text = R"([{"image_id": 1, "category_id": )" + std::string(id) + ", " + box + "}]";
    detections const results = read_results(text, small_ground_truth());
    EXPECT_THAT(results.category_indices, ElementsAre(no_index));
    EXPECT_THAT(warning_message(results.warnings, "unknown_category"), HasSubstr(std::string("category_id ") + id));
  }
  expect_input_error(
      [&] {
        static_cast<void>(
            read_results(R"([{"image_id": 1, "category_id": null, )" + box + "}]", small_ground_truth(), corrected()));
      },
      "dt.json", "[0].category_id", "found null");
  // The reference never asks for its score.
  detections const unscored = read_results(
      R"([{"image_id": 1, "category_id": 5555, "score": "high", "bbox": [1, 2, 3, 4]}])", small_ground_truth());
  EXPECT_EQ(unscored.size(), 1U);
}

TEST(results, points_stand_for_the_box_around_them) {
  auto const points = [](std::string const& numbers) {
    return R"({"image_id": 1, "category_id": 1, "score": 0.5, "bbox": [], "keypoints": [)" + numbers + "]}";
  };
  detections const results =
      read_results(array_of({points("5, 6, 2, 1.5, 9, 0, 3, 2, 1"), points("4, 8"), points("1, NaN, 1, 2, 3, 1")}),
                   small_ground_truth(), boxes_only());
  ASSERT_EQ(results.boxes.size(), 3U);
  EXPECT_EQ(results.boxes[0].x, 1.5);
  EXPECT_EQ(results.boxes[0].y, 2);
  EXPECT_EQ(results.boxes[0].width, 3.5);
  EXPECT_EQ(results.boxes[0].height, 7);
  EXPECT_EQ(results.areas_px[0], 24.5);
  EXPECT_EQ(results.areas_px[1], 0);
  EXPECT_TRUE(std::isnan(results.boxes[2].y) && std::isnan(results.areas_px[2]));
  EXPECT_EQ(warning_count(results.warnings, "non_finite_value"), 1U);
  expect_input_error(
      [&] { static_cast<void>(read_results(array_of({points("1, 2, 2")}), small_ground_truth(), masks_only())); },
      "dt.json", "[0]", "has \"keypoints\" and no \"segmentation\"");
  reading lvis = boxes_only();
  lvis.options.rules = rule_set::lvis;
  expect_input_error(
      [&] { static_cast<void>(read_results(array_of({points("1, 2, 2")}), small_ground_truth(), lvis)); }, "dt.json",
      "[0]", "has neither \"bbox\" nor \"segmentation\"");
}

TEST(results, a_fifth_number_counts_for_nothing_where_masks_are_evaluated) {
  std::string const text = array_of({result(std::string(mask_text) + R"(, "bbox": [1, 2, 3, 4, "0.9", null])")});
  detections const results = read_results(text, small_ground_truth(), masks_only());
  EXPECT_THAT(results.areas_px, ElementsAre(12.0));
  expect_input_error([&] { static_cast<void>(read_results(text, small_ground_truth(), boxes_only())); }, "dt.json",
                     "[0].bbox", "found one of 6");
  reading lvis = masks_only();
  lvis.options.rules = rule_set::lvis;
  expect_input_error([&] { static_cast<void>(read_results(text, small_ground_truth(), lvis)); }, "dt.json", "[0].bbox",
                     "found one of 6");
}

TEST(results, captions_are_those_of_pycocotools) {
  std::string const text = array_of({result(R"("caption": "a kettle", "bbox": [1, 2, 3, 4])")});
  for (rule_set const rules : {rule_set::lvis, rule_set::voc}) {
    reading how = boxes_only();
    how.options.rules = rules;
    EXPECT_EQ(read_results(text, small_ground_truth(), how).size(), 1U);
  }
}

TEST(results, none) {
  for (char const* text : {"[]", " [ \n ] \n"}) {
    detections const results = read_results(text, small_ground_truth());
    EXPECT_EQ(results.size(), 0U);
    EXPECT_EQ(warning_count(results.warnings, "no_detections"), 1U);
  }
}

TEST(results, scores_that_are_not_finite) {
  std::string const text = R"([{"image_id": 1, "category_id": 1, "score": 1, "bbox": [0, 0, 1, 1]},
                               {"image_id": 1, "category_id": 1, "score": NaN, "bbox": [0, 0, Infinity, 1]},
                               {"image_id": 1, "category_id": 1, "score": -1e309, "bbox": [0, 0, 1, 1]}])";
  detections const results = read_results(text, small_ground_truth());
  EXPECT_TRUE(std::isnan(results.scores[1]));
  EXPECT_EQ(results.scores[2], -std::numeric_limits<double>::infinity());
  EXPECT_EQ(results.areas_px[1], std::numeric_limits<double>::infinity());
  EXPECT_EQ(warning_count(results.warnings, "non_finite_value"), 3U);
  EXPECT_THAT(warning_message(results.warnings, "non_finite_value"), HasSubstr("[1].score of dt.json"));
  expect_input_error([&] { static_cast<void>(read_results(text, small_ground_truth(), corrected())); }, "dt.json",
                     "[1].score", "expected a finite number, found nan (image_id 1)");
}

TEST(results, of_equal_keys_the_last_counts) {
  detections const results = read_results(
      R"([{"score": "x", "image_id": 7, "image_id": 2, "bbox": 5, "category_id": 2, "bbox": [1, 2, 3, 4], "\u0073core": 0.75}])",
      small_ground_truth());
  EXPECT_THAT(results.image_indices, ElementsAre(1U));
  EXPECT_THAT(results.scores, ElementsAre(0.75));
  EXPECT_THAT(results.areas_px, ElementsAre(12.0));
}

}  // namespace maskmetrics::testing
