// COCO's JSON under the rules of Pascal VOC.
#include <gtest/gtest.h>

#include "ingest/ingest_cases.hpp"

namespace maskmetrics::testing {

namespace {

reading voc(parity mode = parity::strict, box_convention convention = box_convention::inclusive) {
  protocol how = protocol::voc(iou_type::bbox);
  how.parity = mode;
  how.box_convention = convention;
  return {ingest_options::for_protocol(how), 1, ingest::default_part_bytes};
}

std::string annotation(std::string const& more, int id = 1) {
  return R"({"id": )" + std::to_string(id) + R"(, "image_id": 1, "category_id": 1, "area": 12, "bbox": [1, 2, 3, 4])" +
         more + "}";
}

}  // namespace

TEST(voc_json, difficult_decides_where_it_is_there) {
  struct flags {
    char const* text;
    int ignore;
    int crowd;
  };
  for (flags const& each :
       {flags{"", 0, 0}, flags{R"(, "difficult": 1)", 1, 0}, flags{R"(, "difficult": 0)", 0, 0},
        flags{R"(, "difficult": true)", 1, 0}, flags{R"(, "ignore": 1)", 1, 0}, flags{R"(, "iscrowd": 1)", 0, 1},
        flags{R"(, "difficult": 0, "ignore": 1)", 0, 0}, flags{R"(, "iscrowd": 1, "ignore": 1, "difficult": 0)", 0, 0},
        flags{R"(, "ignore": 0, "difficult": 1, "iscrowd": 0)", 1, 0}, flags{R"(, "difficult": "1")", 1, 0},
        flags{R"(, "difficult": "0")", 0, 0}, flags{R"(, "difficult": 1.0)", 1, 0},
        flags{R"(, "difficult": null, "ignore": 1)", 0, 0}}) {
    SCOPED_TRACE(each.text);
    dataset const data = read_ground_truth(ground_truth_with(annotation(each.text)), voc());
    EXPECT_EQ(data.annotations.ignore.front(), each.ignore);
    EXPECT_EQ(data.annotations.crowd.front(), each.crowd);
    EXPECT_TRUE(data.warnings.empty());
  }
}

TEST(voc_json, difficult_is_1_and_nothing_else) {
  std::string rows;
  for (char const* const value : {"2", "-1", "\"Unspecified\"", "\"\"", "[1]", "0.5"}) {
    rows += (rows.empty() ? "" : ", ") + annotation(R"(, "iscrowd": 1, "difficult": )" + std::string(value));
  }
  dataset const data = read_ground_truth(ground_truth_with(rows), voc());
  EXPECT_EQ(data.annotations.ignore, std::vector<std::uint8_t>(6));
  EXPECT_EQ(data.annotations.crowd, std::vector<std::uint8_t>(6));
  EXPECT_EQ(warning_count(data.warnings, "difficult_not_0_or_1"), 6U);
  EXPECT_NE(warning_message(data.warnings, "difficult_not_0_or_1").find("annotations[0].difficult of gt.json: 2"),
            std::string::npos);
  expect_input_error([&] { static_cast<void>(read_ground_truth(ground_truth_with(rows), voc(parity::corrected))); },
                     "gt.json", "annotations[0].difficult", "expected 0 or 1, found 2");
}

TEST(voc_json, difficult_means_nothing_to_other_rules) {
  std::string const text = ground_truth_with(annotation(R"(, "difficult": 1, "iscrowd": 0)"));
  EXPECT_EQ(read_ground_truth(text).annotations.ignore.front(), 0);
}

TEST(voc_json, ids_may_stand_twice) {
  std::string const text = ground_truth_with(annotation("", 4) + "," + annotation("", 4));
  for (parity const mode : {parity::strict, parity::corrected}) {
    dataset const data = read_ground_truth(text, voc(mode));
    EXPECT_EQ(data.annotations.size(), 2U);
    EXPECT_TRUE(data.warnings.empty());
  }
}

TEST(voc_json, sizes_are_not_negative) {
  auto const expect = [](std::string const& fields, std::string const& place, std::string const& problem) {
    std::string const text = ground_truth_with(R"({"id": 1, "image_id": 1, "category_id": 1, )" + fields + "}");
    expect_input_error([&] { static_cast<void>(read_ground_truth(text, voc())); }, "gt.json", place, problem);
  };
  expect(R"("area": 12, "bbox": [1, 2, -3, 4])", "annotations[0].bbox[2]", "width -3 is negative");
  expect(R"("area": 12, "bbox": [1, 2, 3, -4.5])", "annotations[0].bbox[3]", "height -4.5 is negative");
  expect(R"("area": -12, "bbox": [1, 2, 3, 4])", "annotations[0].area", "-12 is negative (id 1)");
  std::string const result = R"([{"image_id": 1, "category_id": 1, "score": 1, "bbox": [0, 0, -1, 1]}])";
  expect_input_error([&] { static_cast<void>(read_results(result, small_ground_truth(), voc())); }, "dt.json",
                     "[0].bbox[2]", "width -1 is negative");
  EXPECT_EQ(read_results(result, small_ground_truth()).areas_px.front(), -1);
}

TEST(voc_json, areas_of_detections_follow_the_convention) {
  std::string const result = R"([{"image_id": 1, "category_id": 1, "score": 1, "bbox": [0, 0, 9, 4]}])";
  dataset const ground_truth = small_ground_truth();
  EXPECT_EQ(read_results(result, ground_truth, voc()).areas_px.front(), 50);
  EXPECT_EQ(read_results(result, ground_truth, voc(parity::strict, box_convention::continuous)).areas_px.front(), 36);
}

}  // namespace maskmetrics::testing
