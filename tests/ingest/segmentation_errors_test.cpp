// What is wrong with a segmentation is told with its place and value where masks are evaluated.
#include <gtest/gtest.h>

#include <maskmetrics/evaluate.hpp>
#include <maskmetrics/prepared_ground_truth.hpp>

#include "ingest/ingest_cases.hpp"

namespace maskmetrics::testing {

namespace {

std::string annotation_with(int id, std::string const& segmentation) {
  return R"({"id": )" + std::to_string(id) +
         R"(, "image_id": 1, "category_id": 1, "area": 1, "iscrowd": 0, "bbox": [0, 0, 9, 9])" +
         (segmentation.empty() ? "" : R"(, "segmentation": )" + segmentation) + "}";
}

constexpr char const* good_polygon = "[[1, 1, 9, 1, 9, 9]]";

/// Three annotations, of which the second one has this segmentation.
dataset with_segmentation(std::string const& segmentation) {
  return read_ground_truth(ground_truth_with(annotation_with(1, good_polygon) + "," +
                                             annotation_with(42, segmentation) + "," + annotation_with(3, "[]")),
                           masks_only());
}

detections some_results(dataset const& truth) {
  return read_results(R"([{"image_id": 1, "category_id": 1, "score": 1, "bbox": [0, 0, 9, 9]}])", truth);
}

}  // namespace

TEST(segmentation_errors, of_annotations) {
  struct segmentation_case {
    char const* segmentation;
    char const* path;
    char const* problem;
  };
  constexpr char const* either =
      "annotation id 42: expected a list of polygons [[x1, y1, x2, y2, ...]] or an RLE ({\"size\": [height, width], "
      "\"counts\": ...}), got ";
  for (segmentation_case const& each : {
           segmentation_case{"[1, 1, 9, 1, 9, 9, 1, 9]", "",
                             "annotation id 42: expected a list of polygons [[x1, y1, x2, y2, ...]], got a flat list "
                             "of 8 numbers"},
           {"[[1, 1], [9, 1], [9, 9], [1, 9]]", "", "[[x1, y1, x2, y2, ...]], got 4 [x, y] pairs"},
           {"[[[1, 1], [9, 1], [9, 9]]]", "", "[[x1, y1, x2, y2, ...]], got polygons of [x, y] pairs"},
           {R"([["10", "10", 40, 10, 40, 40]])", "[0][0]", "annotation id 42: expected a number, got \"10\""},
           {R"([[1, 1, 9, 1, 9, 9], [1, 2, 3, 4, 5, "a, ]6"]])", "[1][5]", "expected a number, got \"a, ]6\""},
           {R"([[1, 1, 9, 1, 9, null]])", "[0][5]", "expected a number, got null"},
           {R"(["10", "20"])", "[0]", "expected a list of numbers [x1, y1, x2, y2, ...], got \"10\""},
           {R"([[1, 1, 9, 1, 9, 9], {"x": 1}])", "[1]",
            "expected a list of numbers [x1, y1, x2, y2, ...], got an "
            "object"},
           {"5", "", "got 5"},
           {"\"mask.png\"", "", "got \"mask.png\""},
           {"[\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xC3\xA9\"]", "[0]",
            "got \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa..."},
           {"null", "", "got null"},
           {R"({"counts": "abc"})", "", "got an object without \"size\""},
           {R"({"size": [30, 20]})", "", "got an object without \"counts\""},
           {R"({"size": [30], "counts": "abc"})", ".size", "expected [height, width] in pixels, got another length"},
           {R"({"size": [30, "20"], "counts": "abc"})", ".size", "got \"20\""},
           {R"({"size": [30, 20], "counts": [1, -2]})", ".counts",
            "expected a string or a list of integers from 0 to 2^32 - 1, got -2"},
           {R"({"size": [30, 20], "counts": null})", ".counts", "got null"},
           {"[]", "",
            "annotation id 42: the list of polygons is empty; 2 of 3 annotations have no mask; boxes alone are "
            "evaluated with iou bbox (--iou bbox)"},
           {"", "", "no segmentation; 2 of 3 annotations have no mask; boxes alone"},
       }) {
    SCOPED_TRACE(each.segmentation);
    dataset const truth = with_segmentation(each.segmentation);
    std::string const place = std::string("annotations[1].segmentation") + each.path;
    auto const how = protocol::coco(iou_type::segm);
    expect_input_error([&] { (void)evaluate({}, truth, some_results(truth), how); }, "gt.json", place, each.problem);
    expect_input_error([&] { (void)prepared_ground_truth({}, truth, how); }, "gt.json", place, each.problem);
    std::string const text(each.segmentation);
    if (text == "5" || text == "null") {
      expect_input_error([&] { (void)evaluate({}, truth, some_results(truth), how); }, "gt.json", place, either + text);
    }
  }
}

TEST(segmentation_errors, of_results) {
  dataset const truth = read_ground_truth(ground_truth_with(annotation_with(1, good_polygon)));
  detections const results = read_results(
      R"([{"image_id": 1, "category_id": 1, "score": 1, "bbox": [0, 0, 9, 9], "segmentation": [[1, 1, 9, 1, 9, 9]]},
          {"image_id": 1, "category_id": 1, "score": 1, "bbox": [0, 0, 9, 9], "segmentation": [["1", 1, 9, 1, 9, 9]]}])",
      truth);
  expect_input_error([&] { (void)evaluate({}, truth, results, protocol::coco(iou_type::segm)); }, "dt.json",
                     "[1].segmentation[0][0]", "result 2: expected a number, got \"1\"");
}

}  // namespace maskmetrics::testing
