// Pascal VOC from the protocol to what is printed.
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <maskmetrics/error.hpp>
#include <maskmetrics/report.hpp>
#include <maskmetrics/summary.hpp>

#include "end_to_end/synthetic_evaluation.hpp"

namespace maskmetrics {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::names_of;
using testing::synthetic_evaluation;

/// An evaluation of categories that all have ground truth but those that the arrays leave out.
evaluation voc_evaluation(protocol const& how) {
  evaluation result = synthetic_evaluation(how);
  for (std::size_t k = 0; k < result.shape.num_categories; ++k) {
    for (std::size_t a = 0; a < result.shape.num_area_ranges; ++a) {
      bool const absent = k % 5 == 2 || (a == 1 && k % 2 == 0);
      result.num_ground_truths[k * result.shape.num_area_ranges + a] = absent ? 0 : 10;
    }
  }
  return result;
}

TEST(protocol_voc, is_by_every_point_where_nothing_else_is_said) {
  protocol const how = protocol::voc(iou_type::bbox);
  EXPECT_EQ(how.rules, rule_set::voc);
  EXPECT_EQ(how.interpolation, interpolation::every_point);
  EXPECT_EQ(how.box_convention, box_convention::inclusive);
  EXPECT_THAT(how.iou_thresholds, ElementsAre(.5));
  EXPECT_EQ(how.recall_thresholds, protocol::coco(iou_type::bbox).recall_thresholds);
  EXPECT_THAT(how.max_dets, ElementsAre(all_detections));
  ASSERT_EQ(how.area_ranges.size(), 1U);
  EXPECT_EQ(how.area_ranges.front().label, "all");
}

TEST(protocol_voc, takes_any_number_of_points) {
  protocol const eleven = protocol::voc(iou_type::segm, 11);
  EXPECT_EQ(eleven.interpolation, interpolation::points);
  // numpy.linspace(0, 1, 11): three tenths are one bit above 0.3.
  EXPECT_THAT(eleven.recall_thresholds, ElementsAre(0, .1, .2, 0x1.3333333333334p-2, .4, .5, 0x1.3333333333334p-1,
                                                    0x1.6666666666667p-1, .8, .9, 1));
  EXPECT_THAT(protocol::voc(iou_type::segm, 1).recall_thresholds, ElementsAre(0));
  EXPECT_THAT(protocol::voc(iou_type::segm, 2).recall_thresholds, ElementsAre(0, 1));
}

TEST(protocol_voc, has_what_other_rules_refuse) {
  auto const complaint = [](protocol how) -> std::string {
    try {
      how.validate();
    } catch (protocol_error const& failure) {
      return failure.what();
    }
    return "";
  };
  EXPECT_EQ(complaint(protocol::voc(iou_type::bbox)), "");
  protocol every = protocol::coco(iou_type::bbox);
  every.interpolation = interpolation::every_point;
  EXPECT_EQ(complaint(every), "interpolation: every point is for the rules of Pascal VOC");
  protocol inclusive = protocol::lvis(iou_type::bbox);
  inclusive.box_convention = box_convention::inclusive;
  EXPECT_EQ(complaint(inclusive), "box_convention: inclusive boxes are for the rules of Pascal VOC");
}

TEST(summarize_voc, is_the_mean_over_categories_and_every_category) {
  evaluation const result = voc_evaluation(protocol::voc(iou_type::bbox));
  summary const numbers = summarize(result);
  EXPECT_THAT(names_of(numbers),
              ElementsAre("mAP@0.5", "AP@0.5 category 0", "AP@0.5 category 1", "AP@0.5 category 3", "AP@0.5 category 4",
                          "AP@0.5 category 5", "AP@0.5 category 6", "AP@0.5 category 8", "AP@0.5 category 9",
                          "AP@0.5 category 10", "AP@0.5 category 11"));
  // Category k has 17 k / 1009; 2, 7 and 12 have nothing to find.
  EXPECT_EQ(numbers.metrics[2].value, 17. / 1009);
  EXPECT_DOUBLE_EQ(numbers.metrics[0].value, 17. * (0 + 1 + 3 + 4 + 5 + 6 + 8 + 9 + 10 + 11) / 1009 / 10);
  EXPECT_EQ(
      numbers.metrics[0].line,
      " Mean Average Precision (mAP) @[ IoU=0.50      | area=   all | points=every | class=        all ] = 0.096");
  EXPECT_EQ(
      numbers.metrics[2].line,
      " Average Precision       (AP) @[ IoU=0.50      | area=   all | points=every | class= category 1 ] = 0.017");
  EXPECT_EQ(
      numbers.metrics[10].line,
      " Average Precision       (AP) @[ IoU=0.50      | area=   all | points=every | class=category 11 ] = 0.185");
  EXPECT_TRUE(numbers.warnings.empty());
  EXPECT_EQ(numbers.categories[1].ap, 17. / 1009);
  EXPECT_EQ(numbers.categories[1].ap50, 17. / 1009);
  EXPECT_EQ(numbers.categories[1].ap75, -1);
  EXPECT_THAT(numbers.categories[1].ap_by_threshold, ElementsAre(17. / 1009));
  EXPECT_EQ(numbers.categories[2].ap, -1);
}

TEST(summarize_voc, averages_the_samples_by_points) {
  evaluation const result = voc_evaluation(protocol::voc(iou_type::bbox, 3));
  summary const numbers = summarize(result);
  // Sample r of category k is (13 r + k) 7919 mod 1009 / 1009.
  auto const sample = [](int r, int k) { return (13 * r + k) * 7919 % 1009 / 1009.; };
  EXPECT_EQ(numbers.metrics[1].value, ((sample(2, 0) + sample(1, 0)) + sample(0, 0)) / 3);
  EXPECT_EQ(numbers.metrics[2].value, ((sample(2, 1) + sample(1, 1)) + sample(0, 1)) / 3);
  EXPECT_THAT(numbers.metrics[1].line, HasSubstr("| points=    3 |"));
}

TEST(summarize_voc, fits_thresholds_and_areas) {
  protocol how = protocol::voc(iou_type::bbox);
  how.iou_thresholds = {.25, .5, .505};
  how.area_ranges = {{"tiny", 0, 64}, {"all", 0, 1e10}};
  evaluation const result = voc_evaluation(how);
  summary const numbers = summarize(result);
  ASSERT_GE(numbers.metrics.size(), 8U);
  EXPECT_EQ(numbers.metrics[0].name, "mAP");
  EXPECT_THAT(numbers.metrics[0].line, HasSubstr("IoU=0.25:0.51 | area=   all |"));
  EXPECT_EQ(numbers.metrics[1].name, "mAP@0.25");
  EXPECT_EQ(numbers.metrics[3].name, "mAP@0.505");
  EXPECT_DOUBLE_EQ(numbers.metrics[0].value,
                   (numbers.metrics[1].value + numbers.metrics[2].value + numbers.metrics[3].value) / 3);
  EXPECT_EQ(numbers.metrics[4].name, "mAP_tiny");
  EXPECT_NE(numbers.metrics[4].value, numbers.metrics[0].value);
  EXPECT_THAT(numbers.metrics[4].line, HasSubstr("area=  tiny |"));
}

TEST(summarize_voc, of_one_class_has_no_lines_by_class) {
  protocol how = protocol::voc(iou_type::bbox);
  how.use_categories = false;
  EXPECT_THAT(names_of(summarize(voc_evaluation(how))), ElementsAre("mAP@0.5"));
}

TEST(summarize_voc, prints_names_that_leave_the_cursor_alone) {
  evaluation result = voc_evaluation(protocol::voc(iou_type::bbox));
  result.category_names[1] = "a\x1b[2Jb";
  std::string const text = format_summary(summarize(result));
  EXPECT_THAT(text, HasSubstr("a?[2Jb"));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(format_json_voc, has_parameters_and_precision_by_threshold) {
  evaluation const result = voc_evaluation(protocol::voc(iou_type::bbox));
  std::string const text = format_json(result, summarize(result));
  EXPECT_THAT(text, HasSubstr(R"("rules": "voc")"));
  EXPECT_THAT(text, HasSubstr(R"("interpolation": "every_point")"));
  EXPECT_THAT(text, HasSubstr(R"("box_convention": "inclusive")"));
  EXPECT_THAT(text, HasSubstr(R"("max_dets": [null])"));
  EXPECT_THAT(text, HasSubstr(R"("mAP@0.5": )"));
  EXPECT_THAT(text, HasSubstr(fmt::format("\"AP_by_iou_threshold\": [{}]", 17. / 1009)));
}

TEST(arrays_voc, hold_average_precision_by_every_point) {
  EXPECT_THAT(array_files(protocol::voc(iou_type::bbox)),
              ElementsAre("precision.npy", "recall.npy", "scores.npy", "average_precision.npy"));
  EXPECT_THAT(array_files(protocol::voc(iou_type::bbox, 11)), ElementsAre("precision.npy", "recall.npy", "scores.npy"));
  auto const folder = std::filesystem::path(::testing::TempDir()) / "maskmetrics_arrays_voc";
  std::filesystem::remove_all(folder);
  write_arrays(folder, voc_evaluation(protocol::voc(iou_type::bbox)));
  EXPECT_EQ(std::filesystem::file_size(folder / "average_precision.npy"), 128U + 13 * sizeof(double));
  std::filesystem::remove_all(folder);
}

ranked_category named_rows() {
  ranked_category table;
  table.category_name = "dog";
  table.iou_threshold = 0.5;
  table.area = {"all", 0, 1e10};
  table.max_dets = all_detections;
  table.num_ground_truths = 2;
  table.interpolation = interpolation::every_point;
  table.average_precision = 0.5;
  table.rows = {{1, 4, 0.9, true, false, 1, 0, 1, 0.5, 1, "2007_000027"},
                {2, 0, 0.3, false, true, 1, 1, .5, .5, .5, "a,\"b"}};
  return table;
}

TEST(format_ranked_voc, calls_images_by_name) {
  EXPECT_EQ(format_ranked(named_rows()),
            "category dog, IoU threshold 0.5, area all [0, 10000000000] px, max_dets all\n"
            "ground truths 2, detections 2 (0 ignored), AP by every point 0.500\n"
            "\n"
            "       image  confidence  TP  FP  cum TP  cum FP  precision  recall  monotone\n"
            " 2007_000027    0.900000   x           1       0     1.0000  0.5000    1.0000\n"
            "        a,\"b    0.300000       x       1       1     0.5000  0.5000    0.5000\n");
  EXPECT_EQ(format_ranked_csv(named_rows()),
            "image_id,result_row,confidence,true_positive,false_positive,cumulative_true_positives,"
            "cumulative_false_positives,precision,recall,monotone_precision,image_name\n"
            "1,4,0.9,1,0,1,0,1,0.5,1,2007_000027\n"
            "2,0,0.3,0,1,1,1,0.5,0.5,0.5,\"a,\"\"b\"\n");
}

}  // namespace
}  // namespace maskmetrics
