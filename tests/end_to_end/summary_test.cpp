#include <maskmetrics/summary.hpp>

#include <gmock/gmock.h>

#include <maskmetrics/error.hpp>
#include <maskmetrics/report.hpp>

#include "end_to_end/synthetic_evaluation.hpp"

namespace maskmetrics {
namespace {

using ::testing::ElementsAre;
using testing::names_of;
using testing::synthetic_evaluation;

protocol coco_with_max_dets(std::vector<std::uint32_t> max_dets, parity mode = parity::strict) {
  protocol how = protocol::coco(iou_type::segm);
  how.max_dets = std::move(max_dets);
  how.parity = mode;
  return how;
}

std::vector<double> values_of(summary const& numbers) {
  std::vector<double> values;
  for (metric const& number : numbers.metrics) values.push_back(number.value);
  return values;
}

double value_of(summary const& numbers, std::string const& name) {
  for (metric const& number : numbers.metrics) {
    if (number.name == name) return number.value;
  }
  ADD_FAILURE() << "no metric " << name;
  return 0;
}

/// Bits and lines as pycocotools 2.0.11 gives them for the same arrays.
TEST(summarize, equals_the_reference_in_every_bit) {
  summary const numbers = summarize(synthetic_evaluation(protocol::coco(iou_type::segm)));
  EXPECT_THAT(values_of(numbers),
              ElementsAre(0x1.ff84aeab4bc38p-2, 0x1.ff5c6648d172bp-2, 0x1.fe859c11e1362p-2, 0x1.ff7b1cfbdf427p-2,
                          0x1.ff9c172dc1ebcp-2, 0x1.ff73e28cb1c56p-2, 0x1.144d69fb83a8ap-1, 0x1.e5e332b67e44fp-2,
                          0x1.142524e3f05f1p-1, 0x1.5afb95d851986p-1, 0x1.04502ca773f2dp-1, 0x1.f8cb61126b797p-2));
  EXPECT_THAT(names_of(numbers),
              ElementsAre("AP", "AP50", "AP75", "APs", "APm", "APl", "AR@1", "AR@10", "AR@100", "ARs", "ARm", "ARl"));
  ASSERT_EQ(numbers.metrics.size(), 12U);
  EXPECT_EQ(numbers.metrics[0].line, " Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 0.500");
  EXPECT_EQ(numbers.metrics[1].line, " Average Precision  (AP) @[ IoU=0.50      | area=   all | maxDets=100 ] = 0.499");
  EXPECT_EQ(numbers.metrics[4].line, " Average Precision  (AP) @[ IoU=0.50:0.95 | area=medium | maxDets=100 ] = 0.500");
  EXPECT_EQ(numbers.metrics[6].line, " Average Recall     (AR) @[ IoU=0.50:0.95 | area=   all | maxDets=  1 ] = 0.540");
  EXPECT_EQ(numbers.metrics[9].line, " Average Recall     (AR) @[ IoU=0.50:0.95 | area= small | maxDets=100 ] = 0.678");
  EXPECT_TRUE(numbers.warnings.empty());
}

TEST(summarize, categories_average_main_area_and_largest_cap) {
  std::vector<category_metrics> const categories =
      summarize(synthetic_evaluation(protocol::coco(iou_type::segm))).categories;
  ASSERT_EQ(categories.size(), 13U);
  EXPECT_EQ(categories[0].ap, 0x1.ffb1495cff569p-2);
  EXPECT_EQ(categories[0].ap50, 0x1.f1bf24de897bfp-2);
  EXPECT_EQ(categories[0].ap75, 0x1.000eca79d1b16p-1);
  EXPECT_EQ(categories[0].ar, 0x1.24c9f5580a261p-1);
  EXPECT_EQ(categories[1].id, 11);
  EXPECT_EQ(categories[1].name, "category 1");
  EXPECT_EQ(categories[1].ap, 0x1.ffe01a61eba75p-2);
  EXPECT_EQ(categories[1].ar, 0x1.c299c09224072p-4);
  EXPECT_EQ(categories[2].ap, -1);
  EXPECT_EQ(categories[2].ap50, -1);
  EXPECT_EQ(categories[2].ap75, -1);
  EXPECT_EQ(categories[2].ar, -1);
  EXPECT_EQ(categories[12].num_ground_truths, 12U);
  EXPECT_EQ(categories[12].num_detections, 112U);
}

TEST(summarize, main_area_is_the_one_labelled_all) {
  protocol how = protocol::coco(iou_type::segm);
  std::swap(how.area_ranges[0], how.area_ranges[3]);
  std::vector<category_metrics> const categories = summarize(synthetic_evaluation(how)).categories;
  EXPECT_EQ(categories[4].num_ground_truths, 3004U);
}

TEST(summarize_strict, ap_is_absent_without_max_dets_100) {
  summary const numbers = summarize(synthetic_evaluation(coco_with_max_dets({1, 10, 300})));
  EXPECT_EQ(value_of(numbers, "AP"), -1);
  EXPECT_EQ(numbers.metrics[0].line,
            " Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = -1.000");
  // The cells are those of the third cap, whatever its number.
  EXPECT_EQ(value_of(numbers, "AP50"), 0x1.ff5c6648d172bp-2);
  EXPECT_EQ(value_of(numbers, "AR@300"), 0x1.142524e3f05f1p-1);
  ASSERT_EQ(numbers.warnings.size(), 1U);
  EXPECT_EQ(numbers.warnings[0].code, "ap_needs_max_dets_100");
}

TEST(summarize_strict, reads_the_third_cap_where_there_are_more) {
  evaluation const result = synthetic_evaluation(coco_with_max_dets({1, 10, 50, 100}));
  summary const numbers = summarize(result);
  EXPECT_THAT(names_of(numbers),
              ElementsAre("AP", "AP50", "AP75", "APs", "APm", "APl", "AR@1", "AR@10", "AR@50", "ARs", "ARm", "ARl"));
  EXPECT_NE(value_of(numbers, "AP"), -1);
  EXPECT_TRUE(numbers.warnings.empty());
}

TEST(summarize_strict, fewer_than_three_max_dets_fail_as_in_the_reference) {
  evaluation const one = synthetic_evaluation(coco_with_max_dets({100}));
  try {
    (void)summarize(one);
    FAIL() << "no error";
  } catch (protocol_error const& failure) {
    EXPECT_STREQ(failure.what(), "max_dets: the summary of strict parity reads the first three, but there is 1");
  }
  EXPECT_THROW((void)summarize(synthetic_evaluation(coco_with_max_dets({10, 100}))), protocol_error);
  EXPECT_EQ(summarize_categories(one).size(), 13U);
}

TEST(summarize, thresholds_are_looked_up_exactly) {
  protocol how = protocol::coco(iou_type::bbox);
  how.iou_thresholds = {0.4, 0.5000000000000001, 0.75};
  evaluation result = synthetic_evaluation(how);
  summary const numbers = summarize(result);
  EXPECT_EQ(value_of(numbers, "AP50"), -1);
  EXPECT_NE(value_of(numbers, "AP75"), -1);
  EXPECT_EQ(numbers.metrics[0].line.substr(0, 45), " Average Precision  (AP) @[ IoU=0.40:0.75 | a");
  EXPECT_EQ(numbers.categories[0].ap50, -1);
  EXPECT_NE(numbers.categories[0].ap75, -1);
}

TEST(summarize, a_label_that_several_ranges_carry_takes_them_all) {
  protocol how = protocol::coco(iou_type::bbox);
  how.iou_thresholds = {0.5};
  how.recall_thresholds = {0};
  how.area_ranges = {{"all", 0, 10}, {"all", 10, 20}};
  evaluation result = synthetic_evaluation(how);
  for (double& value : result.recall.all()) value = -1;
  // [T = 1, K, A = 2, M = 3]: the cells of category 0 at the third cap.
  result.recall.all()[2] = 0.25;
  result.recall.all()[5] = 0.75;
  EXPECT_EQ(value_of(summarize(result), "AR@100"), 0.5);
}

TEST(summarize, unpairable_labels_and_caps_fail_as_in_the_reference) {
  protocol how = coco_with_max_dets({100, 100, 100});
  how.area_ranges = {{"all", 0, 10}, {"all", 10, 20}};
  EXPECT_THROW((void)summarize(synthetic_evaluation(how)), protocol_error);
}

TEST(summarize_corrected, equals_strict_for_cocos_own_protocol) {
  summary const strict = summarize(synthetic_evaluation(protocol::coco(iou_type::segm)));
  summary const corrected = summarize(synthetic_evaluation(coco_with_max_dets({1, 10, 100}, parity::corrected)));
  EXPECT_EQ(values_of(strict), values_of(corrected));
  EXPECT_EQ(names_of(strict), names_of(corrected));
}

TEST(summarize_corrected, fits_max_dets_and_area_ranges) {
  protocol how = coco_with_max_dets({5, 300}, parity::corrected);
  how.area_ranges = {{"all", 0, 1e10}, {"tiny", 0, 64}};
  summary const numbers = summarize(synthetic_evaluation(how));
  EXPECT_THAT(names_of(numbers), ElementsAre("AP", "AP50", "AP75", "AP_tiny", "AR@5", "AR@300", "AR_tiny"));
  EXPECT_NE(value_of(numbers, "AP"), -1);
  EXPECT_EQ(numbers.metrics[0].line.substr(0, 75),
            " Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=300 ] = 0");
  EXPECT_TRUE(numbers.warnings.empty());
}

TEST(summarize_corrected, leaves_out_thresholds_that_are_not_there) {
  protocol how = coco_with_max_dets({10}, parity::corrected);
  how.iou_thresholds = {0.3, 0.75};
  EXPECT_THAT(names_of(summarize(synthetic_evaluation(how))),
              ElementsAre("AP", "AP75", "APs", "APm", "APl", "AR@10", "ARs", "ARm", "ARl"));
}

/// Bits and lines as lvis-api 0.5.3 gives them for the same arrays.
TEST(summarize_lvis, equals_the_reference_in_every_bit) {
  summary const numbers = summarize(synthetic_evaluation(protocol::lvis(iou_type::segm)));
  EXPECT_THAT(names_of(numbers), ElementsAre("AP", "AP50", "AP75", "APs", "APm", "APl", "APr", "APc", "APf", "AR@300",
                                             "ARs@300", "ARm@300", "ARl@300"));
  EXPECT_THAT(values_of(numbers),
              ElementsAre(0x1.ff6f5b8f08121p-2, 0x1.fcd90f0c32f13p-2, 0x1.fff29fb57356bp-2, 0x1.ff52368e139f1p-2,
                          0x1.ff6e823f78408p-2, 0x1.ff95044168c38p-2, 0x1.ff42ad1bea548p-2, 0x1.ffa0fec08f18dp-2,
                          0x1.ff794ba1a8b2bp-2, 0x1.087960c47a64ap-1, 0x1.04c7af6108071p-1, 0x1.fc27561220217p-2,
                          0x1.008ee4a63c2e8p-1));
  EXPECT_EQ(numbers.metrics[1].line,
            " Average Precision  (AP) @[ IoU=0.50      | area=   all | maxDets=300 catIds=all] = 0.497");
  EXPECT_EQ(numbers.metrics[3].line,
            " Average Precision  (AP) @[ IoU=0.50:0.95 | area=     s | maxDets=300 catIds=all] = 0.499");
  EXPECT_EQ(numbers.metrics[6].line,
            " Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=300 catIds=  r] = 0.499");
  EXPECT_EQ(numbers.metrics[12].line,
            " Average Recall     (AR) @[ IoU=0.50:0.95 | area=     l | maxDets=300 catIds=all] = 0.501");
  EXPECT_TRUE(numbers.warnings.empty());
}

TEST(summarize_lvis, frequencies_without_categories_are_absent) {
  evaluation result = synthetic_evaluation(protocol::lvis(iou_type::segm));
  result.category_frequencies.assign(13, category_frequency::common);
  summary const numbers = summarize(result);
  EXPECT_EQ(value_of(numbers, "APr"), -1);
  EXPECT_EQ(value_of(numbers, "APc"), value_of(numbers, "AP"));
  EXPECT_EQ(value_of(numbers, "APf"), -1);
}

TEST(summarize_lvis, fits_other_caps) {
  protocol how = protocol::lvis(iou_type::segm);
  how.max_dets = {10, 100};
  EXPECT_THAT(names_of(summarize(synthetic_evaluation(how))),
              ElementsAre("AP", "AP50", "AP75", "APs", "APm", "APl", "APr", "APc", "APf", "AR@10", "AR@100", "ARs@100",
                          "ARm@100", "ARl@100"));
  how.max_dets = {all_detections};
  EXPECT_EQ(names_of(summarize(synthetic_evaluation(how)))[9], "AR@all");
}

TEST(summarize_lvis, corrected_fits_thresholds_and_areas) {
  protocol how = protocol::lvis(iou_type::segm);
  how.parity = parity::corrected;
  EXPECT_EQ(values_of(summarize(synthetic_evaluation(how))),
            values_of(summarize(synthetic_evaluation(protocol::lvis(iou_type::segm)))));
  how.iou_thresholds = {0.5};
  how.area_ranges = {{"all", 0, 1e10}, {"tiny", 0, 64}};
  EXPECT_THAT(names_of(summarize(synthetic_evaluation(how))),
              ElementsAre("AP", "AP50", "AP_tiny", "APr", "APc", "APf", "AR@300", "AR_tiny@300"));
}

TEST(summarize_lvis_fixed, names_the_cap_on_categories) {
  summary const numbers = summarize(synthetic_evaluation(protocol::lvis_fixed(iou_type::segm)));
  EXPECT_EQ(numbers.metrics[9].name, "AR@10000");
  EXPECT_EQ(numbers.metrics[9].line.substr(0, 88),
            " Average Recall     (AR) @[ IoU=0.50:0.95 | area=   all | maxDets=10000 catIds=all] = 0.");
}

TEST(recall_curve, averages_thresholds_and_categories_at_every_cap) {
  protocol how = coco_with_max_dets({100});
  how.iou_thresholds = {0.5};
  how.recall_curve = {7, 70};
  evaluation result = synthetic_evaluation(how);
  for (double& value : result.recall_curve.all()) value = -1;
  // [T = 1, K = 13, A = 4, N = 2]: category 0, then 3.
  result.recall_curve.all()[0] = .25;
  result.recall_curve.all()[1] = .5;
  result.recall_curve.all()[3 * 8] = .75;
  recall_curve const curve = summarize_recall_curve(result);
  EXPECT_THAT(curve.area_labels, ElementsAre("all", "small", "medium", "large"));
  ASSERT_EQ(curve.points.size(), 2U);
  EXPECT_EQ(curve.points[0].max_dets, 7U);
  EXPECT_THAT(curve.points[0].ar, ElementsAre(.5, -1, -1, -1));
  EXPECT_EQ(curve.points[1].max_dets, 70U);
  EXPECT_THAT(curve.points[1].ar, ElementsAre(.5, -1, -1, -1));
  EXPECT_EQ(format_recall_curve(curve),
            "  max dets      AR all    AR small   AR medium    AR large\n"
            "         7       0.500           -           -           -\n"
            "        70       0.500           -           -           -\n");
  EXPECT_EQ(format_recall_curve({}), "");
}

TEST(can_summarize, needs_three_max_dets_where_the_reference_does) {
  EXPECT_FALSE(can_summarize(coco_with_max_dets({100})));
  EXPECT_TRUE(can_summarize(coco_with_max_dets({1, 10, 100})));
  EXPECT_TRUE(can_summarize(coco_with_max_dets({100}, parity::corrected)));
  EXPECT_TRUE(can_summarize(protocol::lvis(iou_type::bbox)));
}

}  // namespace
}  // namespace maskmetrics
