// What is wrong with a ground truth is told with its place and value.
#include <gtest/gtest.h>

#include "ingest/ingest_cases.hpp"

namespace maskmetrics::testing {

namespace {

void expect_bad_ground_truth(std::vector<bad_text> const& cases, reading const& how = strict()) {
  for (bad_text const& each : cases) {
    SCOPED_TRACE(each.text);
    expect_input_error([&] { static_cast<void>(read_ground_truth(each.text, how)); }, "gt.json", each.place,
                       each.problem);
  }
}

/// A ground truth whose second annotation has these fields after a good id, image_id and category_id.
std::string with_fields(std::string const& fields) {
  return ground_truth_with(R"({"id": 1, "image_id": 1, "category_id": 1, "area": 1, "bbox": [0, 0, 1, 1], "iscrowd": 0},
                              {"id": 42, "image_id": 1, "category_id": 1, )" +
                           fields + "}");
}

}  // namespace

TEST(bad_ground_truth, wrong_top_level) {
  expect_bad_ground_truth({
      {"[]", "byte 0", "expected an object with \"images\", \"annotations\" and \"categories\", got an array"},
      {"  5", "byte 2", "expected an object, got '5'"},
      {"   ", "byte 3", "expected an object, got the end of the file"},
      {"hello", "byte 0", "expected an object, got 'h'"},
      {"\xEF\xBB\xBF{}", "", "has no \"images\""},
      {"\xEF\xBB{}", "byte 0", "expected an object, got byte 0xef"},
      {"{}", "", "has no \"images\""},
      {R"({"images": []})", "", "has no \"categories\""},
      {R"({"images": {}})", "images", "expected an array, found {}"},
      {R"({"images": [], "annotations": null})", "annotations", "expected an array, found null"},
      {R"({"images": [], "categories": "cats"})", "categories", "expected an array, found \"cats\""},
      {R"({"images": [], "categories": [], "annotations": []} x)", "byte 52",
       "expected the end of the file, found 'x'"},
      {R"({"images": [], "categories": [], "annotations": []}})", "byte 51", "expected the end of the file, found '}'"},
  });
}

TEST(bad_ground_truth, no_json) {
  expect_bad_ground_truth({
      {R"({"images" [])", "byte 10", "expected ':', found '['"},
      {R"({"images": [] "categories": []})", "byte 14", "expected ',' or '}', found '\"'"},
      {R"({"images": [],})", "byte 14", "expected a key, found '}'"},
      {R"({images: []})", "byte 1", "expected a key, found 'i'"},
      {R"({"info": [}, "images": []})", "byte 10", "expected ']', found '}'"},
      {R"({"info": {"a": "b}})", "byte 15", "string without end"},
      {R"({"info": tru, "images": []})", "byte 9", "expected a value, found tru"},
      {R"({"info": 01, "images": []})", "byte 9", "expected a value, found 01"},
      {R"({"info": , "images": []})", "byte 9", "expected a value, found ','"},
      {R"({"images": [{"id": 1},]})", "byte 22", "expected a value, found ']'"},
      {R"({"images": [,{"id": 1}]})", "byte 12", "expected a value, found ','"},
      {R"({"images": [{"id": 1} {"id": 2}]})", "byte 22", "expected ',' or ']', found '{' (in images[1])"},
      {R"({"images": [{"id": 1}}})", "byte 21", "expected ',' or ']', found '}' (in images[1])"},
      {R"({"images": [{"id": 1, "id" 2}]})", "byte 27", "invalid JSON"},
      {R"({"images": [{"id": 1 2}]})", "byte 21", "invalid JSON"},
      {R"({"images": [{"id": 1, 2}]})", "byte 22", "invalid JSON"},
      {"{\"images\": [{\"id\": 1, \"x\": \"\xff\"}]}", "byte 12", "UTF-8"},
      {"{\"images\": [{\"id\": 1, \"x\": \"\n\"}]}", "byte 12", "invalid JSON"},
  });
}

TEST(bad_ground_truth, mistyped_fields) {
  std::string const good = R"("area": 1, "bbox": [0, 0, 1, 1], "iscrowd": 0)";
  expect_bad_ground_truth({
      {ground_truth_with("5"), "annotations[0]", "expected an object, found 5"},
      {ground_truth_with("{}, []"), "annotations[0]", "has no \"id\""},
      {ground_truth_with(R"({"id": null})"), "annotations[0].id", "expected an integer of 64 bits, found null"},
      {ground_truth_with(R"({"id": "12"})"), "annotations[0].id", "expected an integer of 64 bits, found \"12\""},
      {ground_truth_with(R"({"id": 1.5})"), "annotations[0].id", "expected an integer of 64 bits, found 1.5"},
      {ground_truth_with(R"({"id": [1]})"), "annotations[0].id", "expected an integer of 64 bits, found an array"},
      {ground_truth_with(R"({"id": 9223372036854775808})"), "annotations[0].id", "found 9223372036854775808"},
      {ground_truth_with(R"({"id": -9223372036854775809})"), "annotations[0].id", "found -9223372036854775809"},
      {ground_truth_with(R"({"id": 9223372036854775808.0})"), "annotations[0].id", "found 9223372036854775808.0"},
      {ground_truth_with(R"({"id": 12})"), "annotations[0]", "has no \"image_id\" (id 12)"},
      {ground_truth_with(R"({"id": 12, "image_id": 1})"), "annotations[0]", "has no \"category_id\" (id 12)"},
      {with_fields(R"("bbox": [0, 0, 1, 1], "iscrowd": 0)"), "annotations[1]", "has no \"area\" (id 42), which the reference needs"},
      {with_fields(R"("area": 1, "iscrowd": 0)"), "annotations[1]", "has no \"bbox\" (id 42)"},
      {with_fields(R"("image_id": true, )" + good), "annotations[1].image_id", "found true (id 42)"},
      {with_fields(R"("category_id": {}, )" + good), "annotations[1].category_id", "found an object (id 42)"},
      {with_fields(good + R"(, "area": "big")"), "annotations[1].area", "expected a number, found \"big\" (id 42)"},
      {with_fields(good + R"(, "area": 1.)"), "annotations[1].area", "expected a number, found 1. (id 42)"},
      {with_fields(good + R"(, "area": nan)"), "annotations[1].area", "expected a number, found nan"},
      {with_fields(good + R"(, "bbox": 4)"), "annotations[1].bbox", "expected an array of four numbers, found 4"},
      {with_fields(good + R"(, "bbox": [1, 2, 3])"), "annotations[1].bbox",
       "expected an array of four numbers, found one of 3"},
      {with_fields(good + R"(, "bbox": [1, 2, 3, 4, 5])"), "annotations[1].bbox", "found one of 5 (id 42)"},
      {with_fields(good + R"(, "bbox": [])"), "annotations[1].bbox", "found one of 0"},
      {with_fields(good + R"(, "bbox": [1, 2, null, 4])"), "annotations[1].bbox[2]", "expected a number, found null"},
      {with_fields(good + R"(, "bbox": [1, [2], 3, 4])"), "annotations[1].bbox[1]",
       "expected a number, found an array"},
      {with_fields(good + R"(, "iscrowd": 256)"), "annotations[1].iscrowd",
       "expected an integer from 0 to 255, found 256"},
      {with_fields(good + R"(, "iscrowd": -1)"), "annotations[1].iscrowd", "found -1"},
      {with_fields(good + R"(, "iscrowd": 0.5)"), "annotations[1].iscrowd", "found 0.5"},
      {with_fields(good + R"(, "iscrowd": "0")"), "annotations[1].iscrowd", "found \"0\""},
      {with_fields(good + R"(, "iscrowd": null)"), "annotations[1].iscrowd", "found null (id 42)"},
  });
}

TEST(bad_ground_truth, image_sizes) {
  auto const image = [](std::string const& fields) {
    return R"({"images": [{"id": 6, )" + fields + R"(}], "categories": [], "annotations": []})";
  };
  expect_bad_ground_truth({
      {image(R"("height": -1)"), "images[0].height", "expected an integer from 0 to 2147483647, found -1 (id 6)"},
      {image(R"("width": 4294967296)"), "images[0].width", "found 4294967296"},
      {image(R"("width": 1.5)"), "images[0].width", "found 1.5"},
      {image(R"("height": null)"), "images[0].height", "found null"},
      {image(R"("height": 65536, "width": 32768)"), "images[0]",
       "image 6 has 65536 x 32768 pixels, more than 2147483647"},
  });
  dataset const largest = read_ground_truth(image(R"("height": 2147483647, "width": 1)"));
  EXPECT_EQ(largest.images.heights[0], 2147483647U);
  dataset const empty = read_ground_truth(image(R"("height": 0, "width": 0)"));
  EXPECT_EQ(empty.images.heights[0], 0U);
}

TEST(bad_ground_truth, tables) {
  expect_bad_ground_truth({
      {R"({"images": [{}]})", "images[0]", "has no \"id\""},
      {R"({"images": [{"id": 1}, {"id": "b"}]})", "images[1].id", "found \"b\""},
      {R"({"images": [], "categories": [3]})", "categories[0]", "expected an object, found 3"},
      {R"({"images": [], "categories": [{"name": "x"}]})", "categories[0]", "has no \"id\""},
  });
}

TEST(bad_ground_truth, long_values_are_shortened) {
  expect_bad_ground_truth({{ground_truth_with(R"({"id": ")" + std::string(1000, 'a') + "\"}"), "annotations[0].id",
                            "found \"" + std::string(59, 'a') + "..."}});
}

}  // namespace maskmetrics::testing
