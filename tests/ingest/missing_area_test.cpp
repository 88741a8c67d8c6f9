// Annotations without an area: refused in strict parity, measured in corrected parity.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <maskmetrics/tables.hpp>

#include "ingest/ingest_cases.hpp"

namespace maskmetrics::testing {

using ::testing::ElementsAre;

namespace {

/// A triangle, an RLE of 7 pixels, an annotation with an area, one of an unknown image.
std::string rows_without_area() {
  return R"({"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 4, 2.5], "iscrowd": 0,
             "segmentation": [[0, 0, 8, 0, 8, 8, 0, 8]]},
            {"id": 2, "image_id": 1, "category_id": 1, "bbox": [0, 0, 3, 3], "iscrowd": 1,
             "segmentation": {"size": [30, 20], "counts": [5, 7, 588]}},
            {"id": 3, "image_id": 1, "category_id": 1, "bbox": [0, 0, 3, 3], "iscrowd": 0, "area": 1234,
             "segmentation": [[0, 0, 8, 0, 8, 8, 0, 8]]},
            {"id": 4, "image_id": 99, "category_id": 1, "bbox": [0, 0, 3, 3], "iscrowd": 0,
             "segmentation": [[0, 0, 8, 0, 8, 8, 0, 8]]})";
}

reading reading_for(protocol how, parity mode) {
  how.parity = mode;
  return {ingest_options::for_protocol(how), 1, ingest::default_part_bytes};
}

}  // namespace

TEST(missing_area, is_that_of_the_mask_or_of_the_box) {
  std::string const text = ground_truth_with(rows_without_area());
  dataset const masks = read_ground_truth(text, reading_for(protocol::coco(iou_type::segm), parity::corrected));
  EXPECT_THAT(masks.annotations.areas_px, ElementsAre(64, 7, 1234, 0));
  EXPECT_EQ(warning_count(masks.warnings, "area_measured"), 2U);
  EXPECT_EQ(warning_message(masks.warnings, "area_measured"),
            "annotations have no \"area\", so that of the mask is taken; the first is annotations[0] of gt.json");
  dataset const boxes = read_ground_truth(text, reading_for(protocol::coco(iou_type::bbox), parity::corrected));
  EXPECT_THAT(boxes.annotations.areas_px, ElementsAre(10, 9, 1234, 0));
  EXPECT_THAT(warning_message(boxes.warnings, "area_measured"), ::testing::HasSubstr("of the box is taken"));
}

TEST(missing_area, is_an_error_in_strict_parity) {
  std::string const text = ground_truth_with(rows_without_area());
  expect_input_error(
      [&] { (void)read_ground_truth(text, reading_for(protocol::coco(iou_type::bbox), parity::strict)); }, "gt.json",
      "annotations[0]",
      "has no \"area\" (id 1), which the reference needs; corrected parity (--parity corrected) takes "
      "that of the box");
  expect_input_error(
      [&] { (void)read_ground_truth(text, reading_for(protocol::coco(iou_type::segm), parity::strict)); }, "gt.json",
      "annotations[0]", "takes that of the mask");
  // The reference looks at areas of annotations that it evaluates.
  dataset const unknown = read_ground_truth(
      ground_truth_with(R"({"id": 4, "image_id": 99, "category_id": 1, "bbox": [0, 0, 3, 3], "iscrowd": 0})"));
  EXPECT_THAT(unknown.annotations.areas_px, ElementsAre(0));
}

TEST(missing_area, is_not_needed_under_vocs_rules) {
  std::string const text =
      ground_truth_with(R"({"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 4, 2], "iscrowd": 0})");
  for (parity const mode : {parity::strict, parity::corrected}) {
    protocol how = protocol::voc(iou_type::bbox);
    EXPECT_THAT(read_ground_truth(text, reading_for(how, mode)).annotations.areas_px, ElementsAre(15));
    how.box_convention = box_convention::continuous;
    EXPECT_THAT(read_ground_truth(text, reading_for(how, mode)).annotations.areas_px, ElementsAre(8));
  }
}

TEST(missing_area, of_masks_that_cannot_be_measured) {
  std::string const text = ground_truth_with(
      R"({"id": 7, "image_id": 1, "category_id": 1, "bbox": [1, 2, 4, 2], "iscrowd": 0, "segmentation": []})");
  expect_input_error(
      [&] { (void)read_ground_truth(text, reading_for(protocol::coco(iou_type::segm), parity::corrected)); }, "gt.json",
      "annotations[0].segmentation", "annotation id 7: the list of polygons is empty; 1 of 1 annotations have no mask");
}

TEST(missing_area, of_columns) {
  ground_truth_columns columns;
  columns.source = "gt.json";
  columns.images = {{1}, {30}, {20}, {}, {}, {}};
  columns.categories = {{1}, {"cat"}, {}};
  columns.annotations.ids = {1, 2};
  columns.annotations.image_ids = {1, 1};
  columns.annotations.category_ids = {1, 1};
  columns.annotations.areas_px = {area_not_given, 5};
  columns.annotations.boxes = {{0, 0, 3, 2}, {0, 0, 1, 1}};
  columns.annotations.crowd = {0, 0};
  columns.annotations.ignore = {0, 0};
  ingest_options options = reading_for(protocol::coco(iou_type::bbox), parity::corrected).options;
  EXPECT_THAT(make_dataset({}, columns, options).annotations.areas_px, ElementsAre(6, 5));
  options.parity = parity::strict;
  expect_input_error([&] { (void)make_dataset({}, columns, options); }, "gt.json", "annotations[0]", "has no \"area\"");
}

}  // namespace maskmetrics::testing
