// Boxes in other layouts and units than pixels from the top left corner, and what is said where they look so.
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <random>

#include <fmt/format.h>

#include <maskmetrics/tables.hpp>

#include "ingest/ingest_cases.hpp"

namespace maskmetrics::testing {

namespace {

constexpr double image_width = 128;
constexpr double image_height = 64;

/// What a file that means @p b says in a layout and a unit. All numbers are exact: sides of images are powers of two.
std::array<double, 4> numbers_that_mean(box const& b, box_layout layout, box_units units) {
  std::array<double, 4> numbers{b.x, b.y, b.width, b.height};
  if (layout == box_layout::xyxy) numbers = {b.x, b.y, b.x + b.width, b.y + b.height};
  if (layout == box_layout::cxcywh) numbers = {b.x + b.width / 2, b.y + b.height / 2, b.width, b.height};
  if (units == box_units::pixels) return numbers;
  return {numbers[0] / image_width, numbers[1] / image_height, numbers[2] / image_width, numbers[3] / image_height};
}

/// Boxes within the image, in eighths of a pixel.
std::vector<box> random_boxes(unsigned seed) {
  std::mt19937 random(seed);
  auto const part = [&](double most) {
    return std::uniform_int_distribution<int>(0, static_cast<int>(most * 8))(random) / 8.;
  };
  std::vector<box> boxes;
  for (int i = 0; i < 20; ++i) {
    double const x = part(image_width);
    double const y = part(image_height);
    boxes.push_back({x, y, part(image_width - x), part(image_height - y)});
  }
  return boxes;
}

void expect_boxes(std::vector<box> const& found, std::vector<box> const& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].x, expected[i].x);
    EXPECT_EQ(found[i].y, expected[i].y);
    EXPECT_EQ(found[i].width, expected[i].width);
    EXPECT_EQ(found[i].height, expected[i].height);
  }
}

constexpr std::array all_layouts = {box_layout::xywh, box_layout::xyxy, box_layout::cxcywh};
constexpr std::array all_units = {box_units::pixels, box_units::relative};

std::string json_of(std::array<double, 4> const& n) {
  return fmt::format("[{}, {}, {}, {}]", n[0], n[1], n[2], n[3]);
}

/// One image, 1, of 64 x 128 px, and these boxes of category 1.
std::string ground_truth_of(std::vector<std::array<double, 4>> const& boxes, std::string const& area = "9",
                            std::string const& size = R"("height": 64, "width": 128, )") {
  std::string annotations;
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    annotations +=
        fmt::format(R"({}{{"id": {}, "image_id": 1, "category_id": 1, "iscrowd": 0, "area": {}, "bbox": {}}})",
                    i == 0 ? "" : ", ", i + 1, area, json_of(boxes[i]));
  }
  return fmt::format(R"({{"images": [{{{}"id": 1, "file_name": "a.png"}}], "categories": [{{"id": 1, "name": "cat"}}],)"
                     R"( "annotations": [{}]}})",
                     size, annotations);
}

std::string results_of(std::vector<std::array<double, 4>> const& boxes, std::string const& more = "") {
  std::string results;
  for (std::array<double, 4> const& each : boxes) {
    results += fmt::format(R"({}{{"image_id": 1, "category_id": 1, "score": 0.5, {}"bbox": {}}})",
                           results.empty() ? "" : ", ", more, json_of(each));
  }
  return "[" + results + "]";
}

reading with_boxes(box_format const& format, bool masks = false) {
  reading how;
  how.options = {!masks, masks, parity::strict};
  how.options.ground_truth_boxes = how.options.result_boxes = format;
  return how;
}

dataset image_of_64_x_128() {
  return read_ground_truth(ground_truth_of({}), boxes_only());
}

}  // namespace

TEST(box_settling, reads_every_layout_and_unit_of_json) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    std::vector<box> const boxes = random_boxes(seed);
    for (box_layout const layout : all_layouts) {
      for (box_units const units : all_units) {
        std::vector<std::array<double, 4>> written;
        for (box const& b : boxes) written.push_back(numbers_that_mean(b, layout, units));
        reading const how = with_boxes({layout, units});
        dataset const truth = read_ground_truth(ground_truth_of(written), how);
        expect_boxes(truth.annotations.boxes, boxes);
        EXPECT_EQ(truth.annotations.areas_px.front(), 9);  // above 1, so these are pixels
        detections const found = read_results(results_of(written), truth, how);
        expect_boxes(found.boxes, boxes);
        for (std::size_t i = 0; i < boxes.size(); ++i) {
          EXPECT_EQ(found.areas_px[i], boxes[i].width * boxes[i].height);
        }
        EXPECT_TRUE(truth.warnings.empty());
        EXPECT_TRUE(found.warnings.empty());
      }
    }
  }
}

TEST(box_settling, does_not_depend_on_parts) {
  std::vector<std::array<double, 4>> written;
  std::vector<box> const boxes = random_boxes(1);
  for (box const& b : boxes) written.push_back(numbers_that_mean(b, box_layout::cxcywh, box_units::relative));
  reading how = with_boxes({box_layout::cxcywh, box_units::relative});
  how.part_bytes = 64;
  how.threads = 4;
  expect_boxes(read_results(results_of(written), image_of_64_x_128(), how).boxes, boxes);
}

TEST(box_settling, areas_of_results_with_masks_are_those_of_their_boxes) {
  std::string const mask = R"("segmentation": {"size": [64, 128], "counts": "00"}, )";
  reading const how = with_boxes({box_layout::xyxy, box_units::relative}, true);
  detections const found = read_results(results_of({{.25, .5, .5, 1}}, mask), image_of_64_x_128(), how);
  EXPECT_EQ(found.areas_px, std::vector<double>{32 * 32});
}

TEST(box_settling, boxes_stand_for_masks_in_pixels) {
  reading const how = with_boxes({box_layout::xyxy, box_units::relative}, true);
  detections const found = read_results(results_of({{.25, .5, .5, 1}}), image_of_64_x_128(), how);
  EXPECT_EQ(found.masks.entries.front().form, mask_form::box);
  expect_boxes(found.boxes, {{32, 32, 32, 32}});
}

TEST(box_settling, own_boxes_of_masks_alone_are_converted) {
  std::string const mask = R"("image_id": 1, "category_id": 1, "score": 1, "segmentation": {"size": [64, 128], )"
                           R"("counts": "XP1<d1000000000000000000000000000000000000000000000h_5"})";
  std::string const text = "[{" + mask + "}, {" + mask + R"(, "bbox": [0.25, 0.5, 0.5, 1]}])";
  reading how = with_boxes({box_layout::xyxy, box_units::relative});
  how.options.masks = true;
  detections const found = read_results(text, image_of_64_x_128(), how);
  ASSERT_EQ(found.boxes.size(), 2U);
  // The tight box of a mask is in pixels, whatever the others are in.
  expect_boxes(found.boxes, {{16, 8, 24, 12}, {32, 32, 32, 32}});
}

TEST(box_settling, relative_areas_are_converted) {
  reading const how = with_boxes({box_layout::xywh, box_units::relative});
  EXPECT_EQ(read_ground_truth(ground_truth_of({{0, 0, .5, .5}}, "0.25"), how).annotations.areas_px,
            std::vector<double>{.25 * 64 * 128});
  EXPECT_EQ(read_ground_truth(ground_truth_of({{0, 0, .5, .5}}, "2048"), how).annotations.areas_px,
            std::vector<double>{2048});
  EXPECT_EQ(read_ground_truth(ground_truth_of({{0, 0, .5, .5}}, "0"), how).annotations.areas_px,
            std::vector<double>{0});
}

TEST(box_settling, relative_boxes_need_sizes) {
  reading how = with_boxes({box_layout::xywh, box_units::relative});
  std::string const text = ground_truth_of({{0, 0, .5, .5}}, "0.25", "");
  expect_input_error([&] { (void)read_ground_truth(text, how); }, "gt.json", "annotations[0].bbox",
                     "the size of their image, and that of image 1 is not known; --image-sizes");
  image_sizes sizes;
  sizes.add("a.png", {64, 128}, "sizes", "");
  how.options.image_sizes = std::make_shared<image_sizes const>(sizes);
  dataset const truth = read_ground_truth(text, how);
  expect_boxes(truth.annotations.boxes, {{0, 0, 64, 32}});
  EXPECT_EQ(truth.images.heights, std::vector<std::uint32_t>{64});
  EXPECT_TRUE(truth.images.names.empty());  // which only VOC's rules have
}

TEST(box_settling, says_that_boxes_look_relative) {
  std::string const text = ground_truth_of({{0, .5, .5, .5}, {0, 0, 1, 1}});
  dataset const truth = read_ground_truth(text, boxes_only());
  EXPECT_EQ(warning_count(truth.warnings, "ground_truth_boxes_look_relative"), 2U);
  EXPECT_EQ(warning_message(truth.warnings, "ground_truth_boxes_look_relative"),
            "all 2 boxes of gt.json are within [0, 1]; boxes are in pixels; relative coordinates are not converted "
            "unless --box-units relative says so; the first is annotations[0].bbox of gt.json");
  expect_boxes(truth.annotations.boxes, {{0, .5, .5, .5}, {0, 0, 1, 1}});
  detections const found = read_results(results_of({{.5, .5, .5, .5}}), truth, boxes_only());
  EXPECT_EQ(warning_count(found.warnings, "result_boxes_look_relative"), 1U);
  // Who says pixels means them.
  EXPECT_TRUE(read_ground_truth(text, with_boxes({box_layout::xywh, box_units::pixels})).warnings.empty());
}

TEST(box_settling, says_that_boxes_beside_masks_look_relative) {
  std::string const mask = R"("segmentation": {"size": [64, 128], "counts": "00"}, )";
  detections const found = read_results(results_of({{0, 0, .5, .5}}, mask), image_of_64_x_128(), masks_only());
  EXPECT_EQ(warning_count(found.warnings, "result_boxes_look_relative"), 1U);
  EXPECT_TRUE(read_results(results_of({{0, 0, 5, 5}}, mask), image_of_64_x_128(), masks_only()).warnings.empty());
}

TEST(box_settling, tiny_boxes_do_not_look_relative) {
  EXPECT_TRUE(read_ground_truth(ground_truth_of({{0, 0, 1, 1}, {1, 1, 0, 0}}), boxes_only()).warnings.empty());
  EXPECT_TRUE(read_ground_truth(ground_truth_of({{0, 0, .5, .5}, {2, 2, .5, .5}}), boxes_only()).warnings.empty());
}

TEST(box_settling, says_that_boxes_look_like_corners) {
  dataset const truth = read_ground_truth(ground_truth_of({{10, 5, 50, 25}, {80, 30, 110, 60}}), boxes_only());
  EXPECT_EQ(warning_count(truth.warnings, "ground_truth_boxes_look_like_corners"), 2U);
  std::string const text = warning_message(truth.warnings, "ground_truth_boxes_look_like_corners");
  EXPECT_NE(text.find("1 would leave their images"), std::string::npos) << text;
  EXPECT_NE(text.find("--box-layout xyxy reads corners; the first is annotations[1].bbox of gt.json"),
            std::string::npos)
      << text;
  // The same sizes fit where the boxes begin near the corner.
  EXPECT_TRUE(read_ground_truth(ground_truth_of({{10, 5, 50, 25}, {15, 4, 110, 60}}), boxes_only()).warnings.empty());
}

TEST(box_settling, says_that_boxes_leave_their_images) {
  detections const found = read_results(results_of({{64, 32, 120, 60}, {30, 30, 20, 20}, {64, 32, 100, 50}}),
                                        image_of_64_x_128(), boxes_only());
  EXPECT_EQ(warning_count(found.warnings, "result_boxes_leave_images"), 2U);
  EXPECT_EQ(
      warning_message(found.warnings, "result_boxes_leave_images"),
      "2 of 3 boxes of dt.json leave their images; the first is [0].bbox of dt.json; --dt-box-layout cxcywh would "
      "fit all of them");
  reading const relative = with_boxes({box_layout::xywh, box_units::relative});
  detections const pixels = read_results(results_of({{64, 32, 12, 6}}), image_of_64_x_128(), relative);
  EXPECT_NE(warning_message(pixels.warnings, "result_boxes_leave_images").find("are they in pixels?"),
            std::string::npos);
}

TEST(box_settling, says_that_corners_are_upside_down) {
  dataset const truth =
      read_ground_truth(ground_truth_of({{10, 5, 50, 25}, {60, 30, 30, 40}}), with_boxes({box_layout::xyxy, {}}));
  EXPECT_EQ(warning_count(truth.warnings, "ground_truth_boxes_upside_down"), 1U);
  expect_boxes(truth.annotations.boxes, {{10, 5, 40, 20}, {60, 30, -30, 10}});
}

TEST(box_settling, counts_scores_that_are_no_probabilities) {
  std::string const one = R"({"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": )";
  auto const read = [&](std::string const& scores) {
    return read_results("[" + scores + "]", image_of_64_x_128(), boxes_only()).warnings;
  };
  EXPECT_TRUE(read(one + "0}, " + one + "1}").empty());
  std::vector<warning> const odd = read(one + "0.5}, " + one + "1.5}, " + one + "-3}");
  EXPECT_EQ(warning_count(odd, "score_outside_0_1"), 2U);
  EXPECT_EQ(warning_message(odd, "score_outside_0_1"),
            "scores outside of 0 to 1, which are taken as they are; the first is [1].score of dt.json: 1.5");
  EXPECT_EQ(warning_count(read(one + "NaN}"), "score_outside_0_1"), 0U);
}

TEST(box_settling, upside_down_corners_are_errors_under_the_rules_of_voc) {
  reading how = with_boxes({box_layout::xyxy, {}});
  how.options.rules = rule_set::voc;
  expect_input_error(
      [&] {
        (void)read_ground_truth(ground_truth_of({{10, 5, 9, 25}}), how);
      },
      "gt.json", "annotations[0].bbox[2]", "width -1 is negative");
  expect_boxes(read_ground_truth(ground_truth_of({{10, 5, 50, 25}}), how).annotations.boxes, {{10, 5, 40, 20}});
}

TEST(box_settling, of_columns_is_that_of_files) {
  ingest_options const options = with_boxes({box_layout::cxcywh, box_units::relative}).options;
  result_columns columns;
  columns.source = "dt";
  columns.image_ids = {1};
  columns.category_ids = {1};
  columns.scores = {.5};
  columns.boxes = {{.5, .5, .25, .5}};
  detections const made = make_detections({}, columns, image_of_64_x_128(), options);
  expect_boxes(made.boxes, {{48, 16, 32, 32}});
  EXPECT_EQ(made.areas_px, std::vector<double>{32 * 32});
  detections later = made;
  later.boxes = columns.boxes;
  later.areas_px = {.125};
  settle_detections(later, image_of_64_x_128(), options);
  expect_boxes(later.boxes, made.boxes);
  EXPECT_EQ(later.areas_px, made.areas_px);
}

}  // namespace maskmetrics::testing
