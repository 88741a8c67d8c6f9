// Columns in memory become what a file with the same rows is read to.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <utility>

#include <maskmetrics/tables.hpp>

#include "ingest/ingest_cases.hpp"

namespace maskmetrics::testing {

using ::testing::ElementsAre;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Images, categories and annotations out of order, ids that stand twice or are not known, a crowd, an ignored one, a
/// number that is not finite, masks of three forms.
ground_truth_columns odd_columns() {
  ground_truth_columns columns;
  columns.source = "gt.json";
  columns.images = {{9, 2, 9}, {5, 30, 30}, {5, 20, 20}, {}, {}, {}};
  columns.categories = {{7, 3}, {"dog", "cat"}, {}};
  annotation_columns& rows = columns.annotations;
  rows.ids = {4, 1, 4, 0};
  rows.image_ids = {9, 2, 2, 5};
  rows.category_ids = {3, 7, 8, 7};
  rows.areas_px = {4, infinity, 2.5, 1};
  rows.boxes = {{0, 0, 2, 2}, {1, 1, 3, 3}, {0, 0, 1, 1}, {0, 0, 1, 1}};
  rows.crowd = {1, 0, 0, 0};
  rows.ignore = {0, 1, 0, 0};
  rows.masks.counts = {600};
  rows.masks.coordinates = {0, 0, 5, 0, 5, 5};
  rows.masks.rings = {{0, 6}};
  rows.masks.entries = {{0, 1, 30, 20, mask_form::counts}, {0, 1, 0, 0, mask_form::polygons}, {}, {}};
  return columns;
}

constexpr char const* odd_text = R"({
  "images": [{"id": 9, "height": 5, "width": 5}, {"id": 2, "height": 30, "width": 20},
             {"id": 9, "height": 30, "width": 20}],
  "categories": [{"id": 7, "name": "dog"}, {"id": 3, "name": "cat"}],
  "annotations": [
    {"id": 4, "image_id": 9, "category_id": 3, "area": 4, "bbox": [0, 0, 2, 2], "iscrowd": 1,
     "segmentation": {"size": [30, 20], "counts": [600]}},
    {"id": 1, "image_id": 2, "category_id": 7, "area": Infinity, "bbox": [1, 1, 3, 3], "iscrowd": 0, "ignore": 1,
     "segmentation": [[0, 0, 5, 0, 5, 5]]},
    {"id": 4, "image_id": 2, "category_id": 8, "area": 2.5, "bbox": [0, 0, 1, 1], "iscrowd": 0},
    {"id": 0, "image_id": 5, "category_id": 7, "area": 1, "bbox": [0, 0, 1, 1], "iscrowd": 0}]})";

}  // namespace

TEST(make_dataset, equals_a_file_with_the_same_rows) {
  expect_same(make_dataset({}, odd_columns()), read_ground_truth(odd_text));
}

TEST(make_dataset, equals_a_federated_file) {
  ingest_options const options = ingest_options::for_protocol(protocol::lvis(iou_type::bbox));
  ground_truth_columns columns;
  columns.source = "gt.json";
  columns.images = {{3, 1}, {0, 0}, {0, 0}, {}, {{9, 5, 8}, {2, 1}}, {{7}, {0, 1}}};
  columns.categories = {
      {7, 5, 9}, {"", "", ""}, {category_frequency::common, category_frequency::rare, category_frequency::frequent}};
  columns.annotations = {{1}, {1}, {7}, {4}, {{0, 0, 2, 2}}, {crowd_not_given}, {0}, {}};
  expect_same(make_dataset({}, columns, options), read_ground_truth(R"({
    "images": [{"id": 3, "neg_category_ids": [9, 5], "not_exhaustive_category_ids": []},
               {"id": 1, "neg_category_ids": [8], "not_exhaustive_category_ids": [7]}],
    "categories": [{"id": 7, "frequency": "c"}, {"id": 5, "frequency": "r"}, {"id": 9, "frequency": "f"}],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 7, "area": 4, "bbox": [0, 0, 2, 2]}]})",
                                                                    {options, 1, ingest::default_part_bytes}));
  columns.images.negatives.lengths = {2, 2};
  expect_input_error([&] { (void)make_dataset({}, columns, options); }, "gt.json", "images.negatives",
                     "holds 3 ids, its lengths sum to 4");
}

TEST(make_dataset, refuses_what_a_file_is_refused_for) {
  ground_truth_columns columns = odd_columns();
  expect_input_error(
      [&] {
        (void)make_dataset({}, columns, {true, true, parity::corrected});
      },
      "gt.json", "annotations[1].area", "expected a finite number, found inf");
  columns.annotations.crowd[1] = crowd_not_given;
  expect_input_error([&] { (void)make_dataset({}, columns); }, "gt.json", "annotations[1]",
                     "has no \"iscrowd\" (id 1)");
}

TEST(make_dataset, names_the_column_that_does_not_fit) {
  ground_truth_columns columns = odd_columns();
  columns.annotations.crowd.pop_back();
  expect_input_error([&] { (void)make_dataset({}, columns); }, "gt.json", "annotations.crowd",
                     "has 3 elements, 4 are needed");
  columns = odd_columns();
  columns.images.widths.push_back(1);
  expect_input_error([&] { (void)make_dataset({}, columns); }, "gt.json", "images.widths", "has 4 elements");
}

TEST(make_detections, equals_a_file_with_the_same_rows) {
  result_columns columns;
  columns.source = "dt.json";
  columns.image_ids = {2, 1};
  columns.category_ids = {2, 9};
  columns.scores = {.25, -infinity};
  columns.boxes = {{1.5, 2, 3, 4.5}, {0, 0, .1, 3}};
  columns.masks.entries = {{}, {}};
  expect_same(make_detections({}, columns, small_ground_truth()), read_results(R"([
    {"image_id": 2, "category_id": 2, "score": 0.25, "bbox": [1.5, 2, 3, 4.5]},
    {"image_id": 1, "category_id": 9, "score": -Infinity, "bbox": [0, 0, 0.1, 3]}])",
                                                                               small_ground_truth()));
}

TEST(make_detections, takes_areas_boxes_and_masks_as_they_are) {
  result_columns columns;
  columns.image_ids = {1};
  columns.category_ids = {1};
  columns.scores = {.5};
  columns.masks.counts = {600};
  columns.masks.entries = {{0, 1, 30, 20, mask_form::counts}};
  detections const masks = make_detections({}, columns, small_ground_truth());
  EXPECT_TRUE(masks.areas_px.empty());
  EXPECT_TRUE(masks.boxes.empty());
  columns.areas_px = {7};
  EXPECT_THAT(make_detections({}, columns, small_ground_truth()).areas_px, ElementsAre(7));
}

TEST(make_detections, refuses_unknown_images_and_columns_that_do_not_fit) {
  result_columns columns;
  columns.source = "rows";
  columns.image_ids = {1, 8};
  columns.category_ids = {1, 1};
  columns.scores = {.5, .5};
  auto const make = [&] { (void)make_detections({}, columns, small_ground_truth()); };
  expect_input_error(make, "rows", "", "has neither boxes nor masks");
  columns.boxes = {{0, 0, 1, 1}, {0, 0, 1, 1}};
  expect_input_error(make, "rows", "[1].image_id", "the ground truth has no image 8");
  columns.boxes.pop_back();
  expect_input_error(make, "rows", "boxes", "has 1 elements, 2 are needed");
  columns = {};
  EXPECT_EQ(warning_count(make_detections({}, columns, small_ground_truth()).warnings, "no_detections"), 1U);
}

}  // namespace maskmetrics::testing
