// What a ground truth is read to: columns, ids, masks, and what strict parity accepts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "ingest/ingest_cases.hpp"

namespace maskmetrics::testing {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(ground_truth, reads_every_column) {
  dataset const data = read_ground_truth(ground_truth_with(
      R"({"id": 7, "image_id": 2, "category_id": 1, "area": 12.5, "bbox": [1, 2.5, 3e0, 4], "iscrowd": 0,
          "segmentation": [[1, 2, 3, 4, 5.5, 6], [0, 0, 9, 9, 9, 0, 0.25, 1]]},
         {"id": 3, "image_id": 1, "category_id": 2, "area": 6, "bbox": [0, 0, 20, 30], "iscrowd": 1, "ignore": 1,
          "segmentation": {"size": [30, 20], "counts": [5, 6, 589]}})"));
  EXPECT_EQ(data.source, "gt.json");
  EXPECT_THAT(data.images.ids, ElementsAre(1, 2));
  EXPECT_THAT(data.images.heights, ElementsAre(30U, 40U));
  EXPECT_THAT(data.images.widths, ElementsAre(20U, 50U));
  EXPECT_THAT(data.categories.ids, ElementsAre(1, 2));
  EXPECT_THAT(data.categories.names, ElementsAre("cat", "dog"));
  annotation_table const& annotations = data.annotations;
  EXPECT_THAT(annotations.ids, ElementsAre(7, 3));
  EXPECT_THAT(annotations.image_indices, ElementsAre(1U, 0U));
  EXPECT_THAT(annotations.category_indices, ElementsAre(0U, 1U));
  EXPECT_THAT(annotations.areas_px, ElementsAre(12.5, 6.0));
  EXPECT_THAT(annotations.crowd, ElementsAre(0, 1));
  EXPECT_THAT(annotations.ignore, ElementsAre(0, 1));
  ASSERT_EQ(annotations.boxes.size(), 2U);
  EXPECT_EQ(annotations.boxes[0].y, 2.5);
  EXPECT_EQ(annotations.boxes[0].width, 3);
  mask_batch const& masks = annotations.masks;
  ASSERT_EQ(masks.entries.size(), 2U);
  EXPECT_EQ(masks.source, "gt.json");
  EXPECT_EQ(masks.entries[0].form, mask_form::polygons);
  EXPECT_EQ(masks.entries[0].length, 2U);
  EXPECT_EQ(masks.entries[0].height, 0U);
  EXPECT_EQ(masks.rings[1].begin, 6U);
  EXPECT_EQ(masks.rings[1].num_values, 8U);
  EXPECT_THAT(masks.coordinates, ElementsAre(1, 2, 3, 4, 5.5, 6, 0, 0, 9, 9, 9, 0, 0.25, 1));
  EXPECT_EQ(masks.entries[1].form, mask_form::counts);
  EXPECT_EQ(masks.entries[1].height, 30U);
  EXPECT_EQ(masks.entries[1].width, 20U);
  EXPECT_THAT(masks.counts, ElementsAre(5U, 6U, 589U));
  EXPECT_THAT(data.warnings, IsEmpty());
}

TEST(ground_truth, leaves_out_what_was_not_asked_for) {
  std::string const text = ground_truth_with(
      R"({"id": 1, "image_id": 1, "category_id": 1, "area": 1, "iscrowd": 0, "bbox": [1, 2, 3, 4], "segmentation": 5},
         {"id": 2, "image_id": 1, "category_id": 1, "area": 1, "iscrowd": 0, "bbox": [1, 2, 3, 4]})");
  dataset const boxes = read_ground_truth(text, boxes_only());
  EXPECT_EQ(boxes.annotations.boxes.size(), 2U);
  EXPECT_TRUE(boxes.annotations.masks.entries.empty());
  EXPECT_EQ(boxes.annotations.masks.text_owner, nullptr);
  dataset const masks = read_ground_truth(text, masks_only());
  EXPECT_TRUE(masks.annotations.boxes.empty());
  ASSERT_EQ(masks.annotations.masks.entries.size(), 2U);
  EXPECT_EQ(masks.annotations.masks.entries[0].form, mask_form::invalid);
  EXPECT_EQ(masks.annotations.masks.entries[1].form, mask_form::none);
}

TEST(ground_truth, sorts_tables_and_keeps_the_order_of_annotations) {
  dataset const data = read_ground_truth(
      R"({"annotations": [
            {"id": 9223372036854775807, "image_id": -5, "category_id": 0, "area": 1, "iscrowd": 0, "bbox": [0,0,1,1]},
            {"id": -9223372036854775808, "image_id": 9223372036854775807, "category_id": -1, "area": 2, "iscrowd": 0,
             "bbox": [0,0,1,1]},
            {"id": 0, "image_id": -9223372036854775808, "category_id": 0.0, "area": 3, "iscrowd": 0, "bbox": [0,0,1,1]}],
          "categories": [{"id": 0}, {"id": -1, "name": "minus"}],
          "images": [{"id": 9223372036854775807}, {"id": -5e0}, {"id": -9223372036854775808, "width": 3}]})");
  constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();
  EXPECT_THAT(data.images.ids, ElementsAre(lowest, -5, highest));
  EXPECT_THAT(data.images.widths, ElementsAre(3U, 0U, 0U));
  EXPECT_THAT(data.categories.ids, ElementsAre(-1, 0));
  EXPECT_THAT(data.categories.names, ElementsAre("minus", ""));
  EXPECT_THAT(data.annotations.ids, ElementsAre(highest, lowest, 0));
  EXPECT_THAT(data.annotations.image_indices, ElementsAre(1U, 2U, 0U));
  EXPECT_THAT(data.annotations.category_indices, ElementsAre(1U, 0U, 1U));
}

TEST(ground_truth, keeps_compressed_masks_where_they_stand) {
  std::string const text = ground_truth_with(
      R"({"id": 1, "image_id": 1, "category_id": 1, "area": 1, "iscrowd": 0, "bbox": [0,0,1,1],
          "segmentation": {"counts" : "ab\\c\u0041"  , "size": [30, 20]}})");
  dataset const data = read_ground_truth(text);
  mask_batch const& masks = data.annotations.masks;
  ASSERT_EQ(masks.entries.size(), 1U);
  EXPECT_EQ(masks.entries[0].form, mask_form::json_text);
  EXPECT_EQ(masks.text_of(masks.entries[0]), R"(ab\\c\u0041)");
  EXPECT_EQ(masks.entries[0].begin, text.find(R"(ab\\c)"));
  EXPECT_EQ(masks.entries[0].height, 30U);
  EXPECT_EQ(masks.entries[0].width, 20U);
  EXPECT_NE(masks.text_owner, nullptr);
}

TEST(ground_truth, what_is_no_segmentation_is_invalid) {
  for (char const* segmentation :
       {"null", "5", "\"abc\"", "true", "[1, 2, 3, 4, 5, 6]", "[[1, 2, \"3\"]]", "[[1, 2], null]", "{}",
        R"({"size": [3, 4]})", R"({"counts": "abc"})", R"({"counts": "abc", "size": [3]})",
        R"({"counts": "abc", "size": [3, 4, 5]})", R"({"counts": "abc", "size": [3, -4]})",
        R"({"counts": "abc", "size": [3, 4294967296]})", R"({"counts": [1, -2], "size": [3, 4]})",
        R"({"counts": [1, 4294967296], "size": [3, 4]})", R"({"counts": [1, 2.5], "size": [3, 4]})",
        R"({"counts": 5, "size": [3, 4]})", R"([{"counts": "abc", "size": [3, 4]}])"}) {
    dataset const data = read_ground_truth(ground_truth_with(
        R"({"id": 1, "image_id": 1, "category_id": 1, "area": 1, "iscrowd": 0, "bbox": [0,0,1,1], "segmentation": )" +
        std::string(segmentation) + R"(, "extra": {"a": [1, {"b": 2}]}},
        {"id": 2, "image_id": 1, "category_id": 1, "area": 1, "iscrowd": 0, "bbox": [0,0,1,1], "segmentation": [[7, 8]]})"));
    mask_batch const& masks = data.annotations.masks;
    ASSERT_EQ(masks.entries.size(), 2U) << segmentation;
    EXPECT_EQ(masks.entries[0].form, mask_form::invalid) << segmentation;
    EXPECT_EQ(masks.entries[1].form, mask_form::polygons) << segmentation;
    EXPECT_THAT(masks.coordinates, ElementsAre(7, 8)) << segmentation;
    EXPECT_THAT(masks.counts, IsEmpty()) << segmentation;
  }
}

TEST(ground_truth, short_later_rings_are_counted_or_refused) {
  std::string const text = ground_truth_with(
      R"({"id": 1, "image_id": 1, "category_id": 1, "area": 1, "iscrowd": 0, "bbox": [0,0,1,1], "segmentation": [[1, 1, 9, 1, 9, 9]]},
         {"id": 2, "image_id": 1, "category_id": 1, "area": 1, "iscrowd": 0, "bbox": [0,0,1,1], "segmentation": [[1, 1, 9, 1, 9, 9], [1, 2, 3, 4]]})");
  dataset const data = read_ground_truth(text);
  EXPECT_EQ(warning_count(data.warnings, "short_ring"), 1U);
  EXPECT_NE(warning_message(data.warnings, "short_ring").find("annotations[1].segmentation"), std::string::npos);
  EXPECT_EQ(warning_count(read_ground_truth(text, boxes_only()).warnings, "short_ring"), 0U);
  expect_input_error([&] { static_cast<void>(read_ground_truth(text, corrected())); }, "gt.json",
                     "annotations[1].segmentation", "ring of fewer than three points");
}

TEST(ground_truth, masks_of_another_size_than_their_image_are_counted) {
  dataset const data = read_ground_truth(ground_truth_with(
      R"({"id": 1, "image_id": 1, "category_id": 1, "area": 1, "iscrowd": 0, "bbox": [0,0,1,1], "segmentation": {"size": [20, 30], "counts": [600]}},
         {"id": 2, "image_id": 1, "category_id": 1, "area": 1, "iscrowd": 0, "bbox": [0,0,1,1], "segmentation": {"size": [30, 20], "counts": [600]}})"));
  ASSERT_EQ(warning_count(data.warnings, "mask_size_differs"), 1U);
  std::string const message = warning_message(data.warnings, "mask_size_differs");
  EXPECT_NE(message.find("annotations[0].segmentation of gt.json: [20, 30], its image is 30 x 20"), std::string::npos)
      << message;
}

TEST(ground_truth, keeps_polygon_points_that_are_not_finite) {
  dataset const data = read_ground_truth(ground_truth_with(
      R"({"id": 1, "image_id": 1, "category_id": 1, "area": 1, "iscrowd": 0, "bbox": [0,0,1,1],
          "segmentation": [[NaN, 1, -Infinity, 1e999, 5, 6]]})"));
  std::vector<double> const& points = data.annotations.masks.coordinates;
  ASSERT_EQ(points.size(), 6U);
  EXPECT_TRUE(std::isnan(points[0]));
  EXPECT_EQ(points[2], -std::numeric_limits<double>::infinity());
  EXPECT_EQ(points[3], std::numeric_limits<double>::infinity());
}

TEST(ground_truth, numbers_are_correctly_rounded) {
  // The nearest doubles, as C++ reads the same digits.
  dataset const data = read_ground_truth(ground_truth_with(
      R"({"id": 1, "image_id": 1, "category_id": 1, "area": 9007199254740993, "iscrowd": 0,
          "bbox": [0.1, 2.2250738585072011e-308, 123456789012345678901234567890, 0.500000000000000166533453693773481063544750213623046875]})"));
  EXPECT_EQ(data.annotations.areas_px[0], 9007199254740992.0);
  EXPECT_EQ(data.annotations.boxes[0].x, 0.1);
  EXPECT_EQ(data.annotations.boxes[0].y, 2.2250738585072011e-308);
  EXPECT_EQ(data.annotations.boxes[0].width, 123456789012345678901234567890.0);
  EXPECT_EQ(data.annotations.boxes[0].height, 0.500000000000000166533453693773481063544750213623046875);
}

TEST(ground_truth, names_and_keys_are_unescaped) {
  dataset const data = read_ground_truth(
      R"({"im\u0061ges": [{"\u0069d": 4, "h\u0065ight": 5}], "annotations": [],
          "categories": [{"id": 1, "name": "caf\u00e9 \"\\ \ud83d\ude00"}, {"id": 2, "name": "čeština 猫"}, {"id": 3, "name": 7}]})");
  EXPECT_THAT(data.images.ids, ElementsAre(4));
  EXPECT_THAT(data.images.heights, ElementsAre(5U));
  EXPECT_THAT(data.categories.names, ElementsAre("café \"\\ 😀", "čeština 猫", ""));
}

TEST(ground_truth, half_of_a_surrogate_pair_is_no_fault) {
  std::string const half = R"(gear \ud83d)";
  std::string const text = R"({"info": {")" + half + R"(": ")" + half + R"("}, ")" + half + R"(": 1,
      "images": [{"id": 4, "file_name": ")" +
                           half + R"(", ")" + half + R"(": 5, "i\u0064": 6}], "annotations": [],
      "categories": [{"id": 1, "name": ")" +
                           half + R"("}]})";
  for (rule_set const rules : {rule_set::coco, rule_set::voc}) {
    reading how = boxes_only();
    how.options.rules = rules;
    dataset const data = read_ground_truth(text, how);
    EXPECT_THAT(data.images.ids, ElementsAre(6));
    EXPECT_THAT(data.categories.names, ElementsAre("gear \uFFFD"));
    if (rules == rule_set::voc) {
      EXPECT_THAT(data.images.names, ElementsAre("gear \uFFFD"));
    }
  }
}

TEST(ground_truth, of_equal_keys_the_last_counts) {
  dataset const data = read_ground_truth(
      R"({"images": [{"id": "x", "id": 1, "id": 5}], "categories": [{"id": 1, "name": "a", "name": "b"}],
          "annotations": [{"id": 3, "image_id": 5, "category_id": 1, "area": 1, "bbox": [0, 0, 1, 1], "iscrowd": 0}],
          "annotations": [{"id": 3, "id": 4, "image_id": 1.5, "image_id": 5, "category_id": 1, "area": [], "area": 2,
             "area": 3, "bbox": [1, 2], "bbox": [1, 2, 3, 4], "iscrowd": 300, "iscrowd": 1,
             "segmentation": [[1, 2, 3, 4, 5, 6]], "segmentation": {"size": [1, 1], "counts": [1], "counts": [0, 1]}}]})");
  EXPECT_THAT(data.images.ids, ElementsAre(5));
  EXPECT_THAT(data.categories.names, ElementsAre("b"));
  EXPECT_THAT(data.annotations.ids, ElementsAre(4));
  EXPECT_THAT(data.annotations.image_indices, ElementsAre(0U));
  EXPECT_THAT(data.annotations.areas_px, ElementsAre(3.0));
  EXPECT_THAT(data.annotations.crowd, ElementsAre(1));
  EXPECT_EQ(data.annotations.boxes[0].height, 4);
  EXPECT_EQ(data.annotations.masks.entries[0].form, mask_form::counts);
  EXPECT_THAT(data.annotations.masks.counts, ElementsAre(0U, 1U));
}

TEST(ground_truth, crowd_and_ignore_flags) {
  std::string rows;
  for (char const* flags :
       {R"("iscrowd": 0)", R"("iscrowd": 1)", R"("iscrowd": 255)", R"("iscrowd": true)", R"("iscrowd": false)",
        R"("iscrowd": 1.0)", R"("iscrowd": 0, "ignore": 1)", R"("iscrowd": 0, "ignore": false)",
        R"("iscrowd": 0, "ignore": "")", R"("iscrowd": 0, "ignore": "x")", R"("iscrowd": 0, "ignore": [])",
        R"("iscrowd": 0, "ignore": {"a": 0})", R"("iscrowd": 0, "ignore": null)", R"("iscrowd": 0, "ignore": 0.0)",
        R"("iscrowd": 1, "ignore": NaN)"}) {
    std::string const row = R"({"id": ROW, "image_id": 1, "category_id": 1, "area": 1, "bbox": [0, 0, 1, 1], )";
    rows += (rows.empty() ? "" : ",") + row + flags + "}";
    rows.replace(rows.find("ROW"), 3, std::to_string(rows.size()));
  }
  dataset const data = read_ground_truth(ground_truth_with(rows));
  EXPECT_THAT(data.annotations.crowd, ElementsAre(0, 1, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1));
  EXPECT_THAT(data.annotations.ignore, ElementsAre(0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0, 1));
  EXPECT_EQ(warning_count(data.warnings, "user_ignore_overwritten"), 3U);
  EXPECT_THAT(warning_message(data.warnings, "user_ignore_overwritten"), HasSubstr("annotations[6]"));
  EXPECT_EQ(data.warnings.size(), 1U);
  EXPECT_THAT(read_ground_truth(ground_truth_with(rows), corrected()).warnings, IsEmpty());
  reading for_boundaries;
  for_boundaries.options = ingest_options::for_iou(iou_type::boundary, parity::strict);
  for_boundaries.options.boxes = true;
  dataset const flags_count = read_ground_truth(ground_truth_with(rows), for_boundaries);
  EXPECT_EQ(warning_count(flags_count.warnings, "user_ignore_overwritten"), 0U);
}

TEST(ground_truth, a_missing_crowd_flag_matters_where_the_annotation_is_evaluated) {
  std::string const row = R"({"id": 1, "image_id": IMAGE, "category_id": 1, "area": 1, "bbox": [0, 0, 1, 1]})";
  auto const text = [&](char const* image) {
    std::string out = row;
    return ground_truth_with(out.replace(out.find("IMAGE"), 5, image));
  };
  expect_input_error([&] { static_cast<void>(read_ground_truth(text("1"))); }, "gt.json", "annotations[0]",
                     "has no \"iscrowd\" (id 1), which the reference needs; corrected parity (--parity corrected)");
  EXPECT_THAT(read_ground_truth(text("1"), corrected()).annotations.crowd, ElementsAre(0));
  EXPECT_THAT(read_ground_truth(text("99")).annotations.crowd, ElementsAre(0));
}

TEST(ground_truth, unknown_images_and_categories_are_counted) {
  std::string const rest = R"(, "area": 1, "bbox": [0, 0, 1, 1], "iscrowd": 0})";
  dataset const data = read_ground_truth(ground_truth_with(R"({"id": 1, "image_id": 2, "category_id": 2)" + rest +
                                                           R"(, {"id": 2, "image_id": 3, "category_id": 2)" + rest +
                                                           R"(, {"id": 3, "image_id": 4, "category_id": -9)" + rest));
  EXPECT_THAT(data.annotations.image_indices, ElementsAre(1U, no_index, no_index));
  EXPECT_THAT(data.annotations.category_indices, ElementsAre(1U, 1U, no_index));
  EXPECT_EQ(warning_count(data.warnings, "annotation_of_unknown_image"), 2U);
  EXPECT_THAT(warning_message(data.warnings, "annotation_of_unknown_image"),
              HasSubstr("annotations[1] of gt.json: image_id 3"));
  EXPECT_EQ(warning_count(data.warnings, "annotation_of_unknown_category"), 1U);
  EXPECT_THAT(warning_message(data.warnings, "annotation_of_unknown_category"),
              HasSubstr("annotations[2] of gt.json: category_id -9"));
}

TEST(ground_truth, duplicate_ids) {
  std::string const images = R"({"images": [{"id": 2, "height": 1}, {"id": 1, "height": 2}, {"id": 2, "height": 3}],
                                 "categories": [{"id": 1}], "annotations": []})";
  dataset const data = read_ground_truth(images);
  EXPECT_THAT(data.images.ids, ElementsAre(1, 2));
  EXPECT_THAT(data.images.heights, ElementsAre(2U, 3U));
  EXPECT_EQ(warning_count(data.warnings, "duplicate_image_id"), 1U);
  EXPECT_THAT(warning_message(data.warnings, "duplicate_image_id"), HasSubstr("images[2].id of gt.json: 2"));
  expect_input_error([&] { static_cast<void>(read_ground_truth(images, corrected())); }, "gt.json", "images[2].id",
                     "id 2 is that of images[0] too");

  std::string const categories = R"({"images": [{"id": 2}], "annotations": [],
      "categories": [{"id": 1, "name": "a"}, {"id": 1, "name": "b"}, {"id": 1, "name": "c"}]})";
  dataset const named = read_ground_truth(categories);
  EXPECT_THAT(named.categories.names, ElementsAre("c"));
  EXPECT_EQ(warning_count(named.warnings, "duplicate_category_id"), 2U);
  expect_input_error([&] { static_cast<void>(read_ground_truth(categories, corrected())); }, "gt.json",
                     "categories[1].id", "id 1 is that of categories[0] too");

  std::string rows;
  for (char const* id : {"5", "-4", "5", "6", "5", "-4"}) {
    rows += (rows.empty() ? R"({"id": )" : R"(, {"id": )") + std::string(id) +
            R"(, "image_id": 1, "category_id": 1, "area": 1, "bbox": [0, 0, 1, 1], "iscrowd": 0})";
  }
  dataset const annotated = read_ground_truth(ground_truth_with(rows));
  EXPECT_THAT(annotated.annotations.ids, ElementsAre(5, -4, 5, 6, 5, -4));
  EXPECT_EQ(warning_count(annotated.warnings, "duplicate_annotation_id"), 3U);
  EXPECT_THAT(warning_message(annotated.warnings, "duplicate_annotation_id"),
              HasSubstr("annotations[5].id of gt.json: -4, as annotations[1]"));
  expect_input_error([&] { static_cast<void>(read_ground_truth(ground_truth_with(rows), corrected())); }, "gt.json",
                     "annotations[5].id", "id -4 is that of annotations[1] too");
}

TEST(ground_truth, numbers_that_are_not_finite) {
  std::string const text = ground_truth_with(
      R"({"id": 1, "image_id": 1, "category_id": 1, "area": 1, "bbox": [0, 0, 1, 1], "iscrowd": 0},
         {"id": 2, "image_id": 1, "category_id": 1, "area": 1, "bbox": [0, NaN, Infinity, 1], "iscrowd": 0},
         {"id": 3, "image_id": 1, "category_id": 1, "area": -1e400, "bbox": [0, 0, 1, 1], "iscrowd": 0})");
  dataset const data = read_ground_truth(text);
  EXPECT_TRUE(std::isnan(data.annotations.boxes[1].y));
  EXPECT_EQ(data.annotations.boxes[1].width, std::numeric_limits<double>::infinity());
  EXPECT_EQ(data.annotations.areas_px[2], -std::numeric_limits<double>::infinity());
  EXPECT_EQ(warning_count(data.warnings, "non_finite_value"), 3U);
  EXPECT_THAT(warning_message(data.warnings, "non_finite_value"), HasSubstr("annotations[1].bbox[1] of gt.json"));
  expect_input_error([&] { static_cast<void>(read_ground_truth(text, corrected())); }, "gt.json",
                     "annotations[1].bbox[1]", "expected a finite number, found nan (id 2)");
}

TEST(ground_truth, without_annotations) {
  std::string const text = R"({"images": [{"id": 1}], "categories": [{"id": 1}]})";
  dataset const data = read_ground_truth(text);
  EXPECT_EQ(data.annotations.size(), 0U);
  EXPECT_EQ(warning_count(data.warnings, "no_annotations"), 1U);
  expect_input_error([&] { static_cast<void>(read_ground_truth(text, corrected())); }, "gt.json", "",
                     "has no \"annotations\"");
}

}  // namespace maskmetrics::testing
