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
      {ground_truth_with(R"({"id": true})"), "annotations[0].id", "expected an integer of 64 bits, found true"},
      {ground_truth_with(R"({"id": 1.})"), "annotations[0].id", "expected an integer of 64 bits, found 1."},
      {ground_truth_with(R"({"id": [1]})"), "annotations[0].id", "expected an integer of 64 bits, found an array"},
      {with_fields(R"("id": "7a", )" + good), "annotations[1].id",
       "expected a number, got \"7a\"; corrected parity takes it"},
      {ground_truth_with(R"({"id": 12})"), "annotations[0]", "has no \"image_id\" (id 12)"},
      {ground_truth_with(R"({"id": 12, "image_id": 1})"), "annotations[0]", "has no \"category_id\" (id 12)"},
      {with_fields(R"("bbox": [0, 0, 1, 1], "iscrowd": 0)"), "annotations[1]",
       "has no \"area\" (id 42), which the reference needs"},
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
    return R"({"images": [{"id": 3}, {"id": 6, )" + fields + R"(}], "categories": [], "annotations": []})";
  };
  for (char const* const value : {"-1", "4294967296", "1.5", "null", "\"900\"", "\"\"", "[]", "true"}) {
    SCOPED_TRACE(value);
    std::string const text = image(R"("height": 7, "height": )" + std::string(value) + R"(, "width": 5)");
    dataset const data = read_ground_truth(text);
    EXPECT_EQ(data.images.heights[1], 0U);
    EXPECT_EQ(data.images.widths[1], 5U);
    EXPECT_EQ(warning_count(data.warnings, "image_size_not_usable"), 1U);
    EXPECT_NE(warning_message(data.warnings, "image_size_not_usable").find("images[1].height of gt.json: "),
              std::string::npos);
    expect_bad_ground_truth({{text, "images[1].height", "expected an integer from 0 to 2^32 - 1, got "}}, corrected());
  }
  // The later one of two values counts, and no size is no warning.
  dataset const replaced = read_ground_truth(image(R"("height": -1, "height": 8, "width": 0)"));
  EXPECT_EQ(replaced.images.heights[1], 8U);
  EXPECT_TRUE(replaced.warnings.empty());
  for (reading const& how : {strict(), corrected()}) {
    dataset const slide = read_ground_truth(image(R"("height": 100000, "width": 90000)"), how);
    EXPECT_EQ(slide.images.heights[1], 100000U);
    EXPECT_TRUE(slide.warnings.empty());
  }
}

TEST(bad_ground_truth, what_is_not_evaluated_may_be_anything) {
  std::string const good =
      R"({"id": 1, "image_id": 1, "category_id": 1, "area": 1, "bbox": [0, 0, 1, 1], "iscrowd": 0})";
  std::string const bad = R"(, "area": null, "bbox": 7, "iscrowd": "0"})";
  for (char const* const ids : {R"("image_id": 99, "category_id": 1)", R"("image_id": 1, "category_id": 5555)",
                                R"("image_id": "1", "category_id": 1)", R"("image_id": 1, "category_id": null)",
                                R"("image_id": 1, "category_id": 1.5)", R"("image_id": 1e30, "category_id": 1)"}) {
    SCOPED_TRACE(ids);
    std::string const text = ground_truth_with(good + R"(, {"id": 2, )" + ids + bad);
    dataset const data = read_ground_truth(text);
    EXPECT_EQ(data.annotations.size(), 2U);
    EXPECT_EQ(warning_count(data.warnings, "annotation_of_unknown_image") +
                  warning_count(data.warnings, "annotation_of_unknown_category"),
              1U);
  }
  expect_bad_ground_truth({{ground_truth_with(good + R"(, {"id": 2, "image_id": 1, "category_id": null)" + bad),
                            "annotations[1].category_id", "expected an integer of 64 bits, found null (id 2)"}},
                          corrected());
  // The first error of those that are evaluated, wherever the others are.
  expect_bad_ground_truth({{ground_truth_with(good + R"(, {"id": 2, "image_id": 99, "category_id": 1)" + bad +
                                              R"(, {"id": 3, "image_id": 1, "category_id": 1)" + bad),
                            "annotations[2].area", "expected a number, found null (id 3)"}});
}

TEST(bad_ground_truth, crowd_flags_that_nobody_reads) {
  reading lvis;
  lvis.options.rules = rule_set::lvis;
  lvis.options.crowd_counts = false;
  lvis.options.ignore_counts = true;
  dataset const data = read_ground_truth(
      R"({"images": [{"id": 1, "neg_category_ids": [], "not_exhaustive_category_ids": []}],
          "categories": [{"id": 1, "frequency": "f"}],
          "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "area": 1, "bbox": [0, 0, 1, 1], "iscrowd": null}]})",
      lvis);
  EXPECT_EQ(data.annotations.crowd[0], 0);
}

TEST(bad_ground_truth, ids_of_annotations) {
  auto const annotation = [](std::string const& id) {
    return R"({"id": )" + id + R"(, "image_id": 1, "category_id": 1, "area": 1, "bbox": [0, 0, 1, 1], "iscrowd": 0})";
  };
  auto const read_ids = [&](std::vector<std::string> const& ids, reading const& how = strict()) {
    std::string rows;
    for (std::string const& id : ids) rows += (rows.empty() ? "" : ", ") + annotation(id);
    return read_ground_truth(ground_truth_with(rows), how);
  };
  dataset const texts =
      read_ids({"\"17\"", "\" 5 \"", "\"0.0\"", "9223372036854775808", "1e30", "1.5", "17", "\"17\""});
  std::vector<std::int64_t> const& ids = texts.annotations.ids;
  // 17 is the integer's; the two texts are one id, and another one than the integer.
  EXPECT_EQ(ids[6], 17);
  EXPECT_EQ(ids[0], ids[7]);
  EXPECT_NE(ids[0], 17);
  EXPECT_EQ(ids[1], 5);
  EXPECT_EQ(ids[2], 0);
  EXPECT_NE(ids[3], ids[4]);
  EXPECT_EQ(warning_count(texts.warnings, "annotation_id_not_integer"), 7U);
  EXPECT_EQ(warning_count(texts.warnings, "duplicate_annotation_id"), 1U);
  expect_input_error(
      [&] {
        static_cast<void>(read_ids({"0", "\"0\""}));
      },
      "gt.json", "annotations[1].id", "expected one annotation whose id is 0");
  expect_input_error(
      [&] {
        static_cast<void>(read_ids({"1", "\"a\""}));
      },
      "gt.json", "annotations[1].id", "expected a number, got \"a\"");
  EXPECT_EQ(read_ids({"1", "\"a\""}, corrected()).annotations.size(), 2U);
}

TEST(bad_ground_truth, tables) {
  expect_bad_ground_truth({
      {R"({"images": [{}]})", "images[0]", "has no \"id\""},
      {R"({"images": [{"id": 1}, {"id": "b"}]})", "images[1].id", "found \"b\""},
      {R"({"images": [{"id": "b"}]})", "images[0].id", "COCOeval"},
      {R"({"images": [], "categories": [{"id": 18446744073709551616}]})", "categories[0].id", "COCOeval"},
      {R"({"images": [], "categories": [3]})", "categories[0]", "expected an object, found 3"},
      {R"({"images": [], "categories": [{"name": "x"}]})", "categories[0]", "has no \"id\""},
  });
}

TEST(bad_ground_truth, long_values_are_shortened) {
  expect_bad_ground_truth({{R"({"images": [{"id": ")" + std::string(1000, 'a') + "\"}]}", "images[0].id",
                            "found \"" + std::string(59, 'a') + "..."}});
}

}  // namespace maskmetrics::testing
