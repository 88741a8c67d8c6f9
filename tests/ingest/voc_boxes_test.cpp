// Boxes of Pascal VOC's files in other layouts and units.
#include <gtest/gtest.h>

#include <memory>

#include "ingest/ingest_cases.hpp"
#include "ingest/test_folder.hpp"

namespace maskmetrics::testing {

namespace {

class voc_boxes : public test_folder {
protected:
  [[nodiscard]] static ingest_options plain() { return ingest_options::for_protocol(protocol::voc(iou_type::bbox)); }
  [[nodiscard]] static ingest_options with(box_format const& format) {
    ingest_options options = plain();
    options.ground_truth_boxes = options.result_boxes = format;
    return options;
  }
  /// YOLO's files, of an image of 80 x 100 px.
  [[nodiscard]] static ingest_options yolo() {
    ingest_options options = with({box_layout::cxcywh, box_units::relative});
    options.score_last = true;
    image_sizes sizes;
    sizes.add("a.jpg", {80, 100}, "sizes", "");
    options.image_sizes = std::make_shared<image_sizes const>(sizes);
    return options;
  }

  [[nodiscard]] dataset truth(std::string const& text, ingest_options const& options) const {
    (void)write("gts/a.txt", text);
    return load_dataset({}, folder_ / "gts", options);
  }
  [[nodiscard]] detections found(std::string const& text, dataset const& ground_truth,
                                 ingest_options const& options) const {
    (void)write("dets/a.txt", text);
    return load_detections({}, folder_ / "dets", ground_truth, options);
  }
  void expect_bad_truth(std::string const& text, ingest_options const& options, std::string const& place,
                        std::string const& problem) const {
    expect_input_error([&] { (void)truth(text, options); }, (folder_ / "gts/a.txt").string(), place, problem);
  }
};

void expect_box(box const& found, box const& expected) {
  EXPECT_EQ(found.x, expected.x);
  EXPECT_EQ(found.y, expected.y);
  EXPECT_EQ(found.width, expected.width);
  EXPECT_EQ(found.height, expected.height);
}

}  // namespace

TEST_F(voc_boxes, that_look_relative_are_refused) {
  expect_bad_truth("\ncat 0.5 0.5 0.25 0.25\ncat 0 0 1 1\n", plain(), "line 2",
                   "all coordinates are between 0 and 1: these look like parts of the image; boxes must be in pixels; "
                   "--box-units relative converts them, and --box-layout cxcywh reads centers, as YOLO writes them");
  dataset const pixels = truth("cat 10 5 40 20\n", plain());
  std::string const files[][2] = {{"dets/a.txt", "cat 0.9 0.5 0.5 0.25 0.25\n"},
                                  {"by_class/comp4_det_test_cat.txt", "a 0.9 0.25 0.25 0.5 0.5\n"}};
  for (auto const& [name, text] : files) {
    auto const file = write(name, text);
    expect_input_error([&] { (void)load_detections({}, file.parent_path(), pixels, plain()); }, file.string(), "line 1",
                       "--dt-box-units relative converts them");
  }
  (void)write("xml/a.xml",
              "<annotation><object><name>cat</name><bndbox><xmin>0.1</xmin><ymin>0.1</ymin><xmax>0.5</xmax>"
              "<ymax>0.5</ymax></bndbox></object></annotation>");
  expect_input_error([&] { (void)load_dataset({}, folder_ / "xml", plain()); }, (folder_ / "xml/a.xml").string(),
                     "line 1, object 0 (cat)", "all coordinates are between 0 and 1");
}

TEST_F(voc_boxes, that_are_called_pixels_are_taken) {
  dataset const data = truth("cat 0.5 0.5 0.25 0.25\n", with({box_layout::xywh, box_units::pixels}));
  expect_box(data.annotations.boxes[0], {.5, .5, .25, .25});
  EXPECT_TRUE(data.warnings.empty());
  // One pixel in the corner of an image is no part of it.
  EXPECT_TRUE(truth("cat 0 0 1 1\n", plain()).warnings.empty());
}

TEST_F(voc_boxes, of_yolo_are_read) {
  dataset const data = truth("0 0.25 0.5 0.5 0.25\n", yolo());
  EXPECT_EQ(data.images.heights, std::vector<std::uint32_t>{80});
  expect_box(data.annotations.boxes[0], {0, 30, 50, 20});
  EXPECT_EQ(data.annotations.areas_px, std::vector<double>{51 * 21});
  detections const results = found("0 0.25 0.5 0.5 0.5 0.75\n", data, yolo());
  expect_box(results.boxes[0], {0, 20, 50, 40});
  EXPECT_EQ(results.scores, std::vector<double>{.75});
  EXPECT_EQ(results.areas_px, std::vector<double>{51 * 41});
  EXPECT_TRUE(results.warnings.empty());
}

TEST_F(voc_boxes, need_sizes_where_they_are_relative) {
  ingest_options options = yolo();
  options.image_sizes = nullptr;
  expect_bad_truth("\n0 0.25 0.5 0.5 0.25\n", options, "line 2", "that of image 'a' is not known; --image-sizes");
}

TEST_F(voc_boxes, of_corners_are_read) {
  dataset const data = truth("cat 10 5 50 25\n", with({box_layout::xyxy, {}}));
  expect_box(data.annotations.boxes[0], {10, 5, 40, 20});
  expect_bad_truth("cat 10 5 9 25\n", with({box_layout::xyxy, {}}), "line 1", "x2 9 is less than x1 10");
  expect_bad_truth("cat 10 5 9\n", with({box_layout::xyxy, {}}), "line 1", "expected 5 values (class x1 y1 x2 y2)");
  expect_bad_truth("cat 10 x 9 2\n", with({box_layout::cxcywh, {}}), "line 1", "cy: expected a finite number");
}

TEST_F(voc_boxes, of_files_that_name_corners_have_no_other_layout) {
  (void)write("gts/a.xml",
              "<annotation><size><width>100</width><height>80</height></size><object><name>cat</name><bndbox>"
              "<xmin>0.25</xmin><ymin>0.5</ymin><xmax>0.5</xmax><ymax>1</ymax></bndbox></object></annotation>");
  ingest_options const options = with({box_layout::cxcywh, box_units::relative});
  dataset const data = load_dataset({}, folder_ / "gts", options);
  expect_box(data.annotations.boxes[0], {25, 40, 25, 40});
  auto const file = write("comp4_det_test_cat.txt", "a 0.9 0.25 0.5 0.5 1\n");
  expect_box(load_detections({}, file, data, options).boxes[0], {25, 40, 25, 40});
  try {
    (void)load_dataset({}, folder_ / "gts", plain());
    FAIL() << "expected an error";
  } catch (input_error const& error) {
    EXPECT_NE(error.problem().find("--box-units relative converts them"), std::string::npos) << error.what();
    EXPECT_EQ(error.problem().find("--box-layout"), std::string::npos) << error.what();
  }
}

TEST_F(voc_boxes, that_look_like_corners_are_counted) {
  dataset const data = truth("cat 10 5 50 25\ncat 60 30 90 70\n", plain());
  EXPECT_EQ(warning_count(data.warnings, "ground_truth_boxes_look_like_corners"), 2U);
  detections const results = found("cat 0.9 12 5 52 25\ncat 0.8 75 30 105 70\n", data, plain());
  EXPECT_EQ(warning_message(results.warnings, "result_boxes_look_like_corners"),
            "all 2 boxes of " + (folder_ / "dets").string() +
                " have a third number above the first and a fourth above the second: they look like corners, and were "
                "read as x y width height; --dt-box-layout xyxy reads corners; the first is line 1 of " +
                (folder_ / "dets/a.txt").string());
  EXPECT_TRUE(truth("cat 10 5 40 20\ncat 60 30 30 40\n", plain()).warnings.empty());
  EXPECT_TRUE(truth("cat 10 5 40 20\n", plain()).warnings.empty());
  EXPECT_TRUE(truth("cat 60 60 100 100\ncat 40 50 110 120\n", plain()).warnings.empty());
  // One object that covers nearly all of each picture.
  EXPECT_TRUE(truth("cat 1 2 90 60\ncat 10 5 80 70\n", plain()).warnings.empty());
}

TEST_F(voc_boxes, with_scores_at_the_other_end_are_counted) {
  dataset const data = truth("cat 10 5 40 20\n", plain());
  detections const pixels = found("cat 10 5 40 20 0.75\n", data, plain());
  EXPECT_EQ(warning_count(pixels.warnings, "score_order"), 1U);
  EXPECT_EQ(warning_count(pixels.warnings, "score_outside_0_1"), 1U);
  dataset const small = truth("0 0.5 0.9 0.5 0.1\n", yolo());
  ingest_options options = yolo();
  std::string const text = "0 0.75 0.9 0.25 0.2 0.9\n";
  EXPECT_EQ(warning_count(found(text, small, options).warnings, "score_order"), 0U);
  options.score_last = false;
  detections const wrong = found(text, small, options);
  EXPECT_NE(warning_message(wrong.warnings, "score_order").find("--dt-score last reads that; the first is line 1 of"),
            std::string::npos);
  std::string const right = "0 0.9 0.75 0.9 0.25 0.2\n";
  EXPECT_EQ(warning_count(found(right, small, options).warnings, "score_order"), 0U);
  options.score_last.reset();
  expect_input_error([&] { (void)found(right, small, options); }, (folder_ / "dets").string(), "",
                     "--dt-score first or --dt-score last does");
}

TEST_F(voc_boxes, that_were_rounded_look_relative_too) {
  expect_bad_truth("cat 0.5 0.25 0.125 1.000001\n", plain(), "line 1", "these look like parts of the image");
}

TEST_F(voc_boxes, count_scores_that_are_no_probabilities) {
  dataset const data = truth("cat 10 5 40 20\n", plain());
  detections const results = found("cat 0.5 10 5 40 20\n\ncat 7 10 5 40 20\n", data, plain());
  EXPECT_EQ(warning_message(results.warnings, "score_outside_0_1"),
            "scores outside of 0 to 1, which are taken as they are; the first is line 3 of " +
                (folder_ / "dets/a.txt").string() + ": 7");
}

}  // namespace maskmetrics::testing
