// What is wrong with results is told with its place and value.
#include <gtest/gtest.h>

#include "ingest/ingest_cases.hpp"

namespace maskmetrics::testing {

namespace {

void expect_bad_results(std::vector<bad_text> const& cases, reading const& how = strict()) {
  dataset const ground_truth = small_ground_truth();
  for (bad_text const& each : cases) {
    SCOPED_TRACE(each.text);
    expect_input_error([&] { static_cast<void>(read_results(each.text, ground_truth, how)); }, "dt.json", each.place,
                       each.problem);
  }
}

/// Two results, the second one with these fields after image_id.
std::string second(std::string const& fields) {
  return R"([{"image_id": 1, "category_id": 1, "score": 0.5, "bbox": [0, 0, 1, 1]}, {"image_id": 2, )" + fields + "}]";
}

}  // namespace

TEST(bad_results, wrong_top_level) {
  expect_bad_results({
      {"{}", "byte 0", "expected an array of results, got an object"},
      {"\n null", "byte 2", "expected an array of results, got 'n'"},
      {" ", "byte 1", "expected an array of results, got the end of the file"},
      {"[] []", "byte 3", "expected the end of the file, found '['"},
      {"[]]", "byte 2", "expected the end of the file, found ']'"},
      {"[", "byte 1", "found the end of the file (in [0])"},
      {"[}", "byte 1", "expected a value, found '}'"},
      {"[,]", "byte 1", "expected a value, found ','"},
  });
}

TEST(bad_results, first_result) {
  expect_bad_results({
      {"[5]", "[0]", "expected an object, found 5"},
      {R"([{"image_id": 1}])", "[0]", "has neither \"bbox\" nor \"segmentation\""},
      {R"([{"image_id": 1, "bbox": []}])", "[0]", "has neither \"bbox\" nor \"segmentation\""},
      {R"([{"image_id": 1, "category_id": 1, "score": 1, "keypoints": [1]}])", "[0].keypoints", "expected a point"},
      {R"([{"image_id": 1, "category_id": 1, "score": 1, "keypoints": [1, "2", 3]}])", "[0].keypoints[1]",
       "found \"2\""},
      {R"([{"image_id": 1, "category_id": 1, "score": 1, "keypoints": null}])", "[0].keypoints", "found null"},
      {R"([{"image_id": 1, "caption": "a cat", "bbox": [1, 2, 3, 4]}])", "[0]", "captions cannot be evaluated"},
      {R"([{"image_id": 1, "category_id": 1, "score": 1, "bbox": null}])", "[0].bbox", "found null (image_id 1)"},
      {R"([{"image_id": 1, "category_id": 1, "score": 1, "bbox": [1]}])", "[0].bbox", "found one of 1"},
  });
}

TEST(bad_results, fields) {
  std::string const good = R"("category_id": 1, "score": 0.5, "bbox": [0, 0, 1, 1])";
  expect_bad_results({
      {second(R"("category_id": 1, "bbox": [0, 0, 1, 1])"), "[1]", "has no \"score\" (image_id 2)"},
      {second(R"("score": 1, "bbox": [0, 0, 1, 1])"), "[1]", "has no \"category_id\" (image_id 2)"},
      {second(R"("category_id": 1, "score": 1)"), "[1]", "has no \"bbox\" (image_id 2)"},
      {second(good + R"(, "image_id": 99)"), "[1].image_id", "the ground truth has no image 99"},
      {second(good + R"(, "image_id": "1")"), "[1].image_id", "expected an integer of 64 bits, found \"1\""},
      {second(good + R"(, "category_id": [1])"), "[1].category_id", "found an array (image_id 2)"},
      {second(good + R"(, "category_id": true)"), "[1].category_id", "found true (image_id 2)"},
      {second(good + R"(, "score": "high")"), "[1].score", "expected a number, found \"high\" (image_id 2)"},
      {second(good + R"(, "score": null)"), "[1].score", "found null"},
      {second(good + R"(, "score": 0.5.5)"), "[1].score", "found 0.5.5"},
      {second(good + R"(, "score": inf)"), "[1].score", "found inf"},
      {second(good + R"(, "score": 1)" + std::string(400, '0')), "[1].score", "expected a number, found 1000"},
      {second(good + R"(, "bbox": [1, 2, 3, "4"])"), "[1].bbox[3]", "found \"4\""},
      {second(good) + "x", "byte 142", "expected the end of the file, found 'x'"},
  });
}

TEST(bad_results, masks_without_boxes) {
  std::string const first =
      R"([{"image_id": 1, "category_id": 1, "score": 1, "segmentation": {"size": [30, 20], "counts": "PQ1"}}, )";
  expect_bad_results({
      {first + R"({"image_id": 1, "category_id": 1, "score": 1}])", "[1]", "has no \"segmentation\""},
      {first + R"({"image_id": 1, "category_id": 1, "score": 1, "bbox": [1, 2, 3, 4]}])", "[1]",
       "has no \"segmentation\""},
      {first + R"({"image_id": 1, "category_id": 1, "score": 1, "segmentation": {"size": [30], "counts": "PQ1"}}])",
       "[1].segmentation", "expected a compressed RLE"},
  });
}

}  // namespace maskmetrics::testing
