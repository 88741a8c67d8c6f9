#include <limits>

#include <gmock/gmock.h>

#include <maskmetrics/error.hpp>
#include <maskmetrics/protocol.hpp>

namespace maskmetrics {
namespace {

using ::testing::ElementsAre;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

/// What validate() says to COCO's protocol after @p change; empty where it says nothing.
template <class Change>
std::string complaint_about(Change const& change) {
  protocol how = protocol::coco(iou_type::bbox);
  change(how);
  try {
    how.validate();
  } catch (protocol_error const& failure) {
    return failure.what();
  }
  return {};
}

TEST(protocol_coco, has_numpys_thresholds) {
  protocol const how = protocol::coco(iou_type::segm);
  EXPECT_EQ(how.iou, iou_type::segm);
  EXPECT_THAT(how.iou_thresholds, ElementsAre(0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.8999999999999999, 0.95));
  ASSERT_EQ(how.recall_thresholds.size(), 101U);
  EXPECT_EQ(how.recall_thresholds[0], 0.0);
  EXPECT_EQ(how.recall_thresholds[35], 0.35000000000000003);
  EXPECT_EQ(how.recall_thresholds[95], 0.9500000000000001);
  EXPECT_EQ(how.recall_thresholds[100], 1.0);
}

TEST(protocol_coco, has_the_usual_areas_and_caps) {
  protocol const how = protocol::coco(iou_type::bbox);
  ASSERT_EQ(how.area_ranges.size(), 4U);
  EXPECT_EQ(how.area_ranges[0].label, "all");
  EXPECT_EQ(how.area_ranges[0].high_px, 1e10);
  EXPECT_EQ(how.area_ranges[1].label, "small");
  EXPECT_EQ(how.area_ranges[2].label, "medium");
  EXPECT_EQ(how.area_ranges[2].low_px, 1024);
  EXPECT_EQ(how.area_ranges[2].high_px, 9216);
  EXPECT_EQ(how.area_ranges[3].label, "large");
  EXPECT_THAT(how.max_dets, ElementsAre(1, 10, 100));
  EXPECT_TRUE(how.use_categories);
  EXPECT_EQ(how.parity, parity::strict);
}

TEST(protocol_lvis, is_cocos_with_one_cap_on_images) {
  protocol const how = protocol::lvis(iou_type::segm);
  protocol const coco = protocol::coco(iou_type::segm);
  EXPECT_EQ(how.rules, rule_set::lvis);
  EXPECT_EQ(how.iou_thresholds, coco.iou_thresholds);
  EXPECT_EQ(how.recall_thresholds, coco.recall_thresholds);
  ASSERT_EQ(how.area_ranges.size(), 4U);
  EXPECT_EQ(how.area_ranges[2].label, "medium");
  EXPECT_EQ(how.area_ranges[2].high_px, 9216);
  EXPECT_THAT(how.max_dets, ElementsAre(300));
  EXPECT_EQ(how.cap, cap_scope::image);
  EXPECT_EQ(how.max_dets_per_category, 0U);
  EXPECT_EQ(coco.rules, rule_set::coco);
  EXPECT_EQ(coco.cap, cap_scope::category);
}

TEST(protocol_lvis, leaves_upper_ends_of_areas_out_for_boundaries) {
  protocol const how = protocol::lvis(iou_type::boundary);
  EXPECT_LT(how.area_ranges[1].high_px, 1024);
  EXPECT_GT(how.area_ranges[1].high_px, 1023.999);
  EXPECT_EQ(how.area_ranges[2].low_px, 1024);
}

TEST(protocol_lvis_fixed, caps_categories_instead_of_images) {
  protocol const how = protocol::lvis_fixed(iou_type::bbox);
  EXPECT_EQ(how.rules, rule_set::lvis);
  EXPECT_THAT(how.max_dets, ElementsAre(all_detections));
  EXPECT_EQ(how.max_dets_per_category, 10'000U);
}

TEST(protocol_validate, sorts_caps) {
  protocol how = protocol::coco(iou_type::bbox);
  how.max_dets = {100, 1, 10};
  how.recall_curve = {1000, 5};
  how.validate();
  EXPECT_THAT(how.max_dets, ElementsAre(1, 10, 100));
  EXPECT_THAT(how.recall_curve, ElementsAre(5, 1000));
  EXPECT_EQ(how.deepest_cap(), 1000U);
}

TEST(protocol_validate, accepts_what_is_unusual_but_makes_sense) {
  EXPECT_EQ(complaint_about([](protocol& how) { how.iou_thresholds = {1.0, 0.0, 0.5}; }), "");
  EXPECT_EQ(complaint_about([](protocol& how) { how.recall_thresholds = {0.5, 0.5}; }), "");
  EXPECT_EQ(complaint_about([](protocol& how) { how.area_ranges = {{"one", 7, 7}, {"one", 0, infinity}}; }), "");
  EXPECT_EQ(complaint_about([](protocol& how) { how.max_dets = {10, 10}; }), "");
  EXPECT_EQ(complaint_about([](protocol& how) { how.image_ids.emplace(); }), "");
}

TEST(protocol_validate, wants_a_boundary_within_the_image) {
  auto const complaint = [](double ratio) {
    return complaint_about([=](protocol& how) { how.boundary_dilation_ratio = ratio; });
  };
  EXPECT_EQ(protocol::coco(iou_type::boundary).boundary_dilation_ratio, 0.02);
  EXPECT_EQ(complaint(1e-300), "");
  EXPECT_EQ(complaint(1), "");
  EXPECT_EQ(complaint(0), "boundary_dilation_ratio: 0 is not above 0 and at most 1");
  EXPECT_EQ(complaint(-0.02), "boundary_dilation_ratio: -0.02 is not above 0 and at most 1");
  EXPECT_EQ(complaint(2), "boundary_dilation_ratio: 2 is not above 0 and at most 1");
  EXPECT_EQ(complaint(nan), "boundary_dilation_ratio: nan is not above 0 and at most 1");
  EXPECT_EQ(complaint(infinity), "boundary_dilation_ratio: inf is not above 0 and at most 1");
}

TEST(protocol_validate, names_field_and_value) {
  EXPECT_EQ(complaint_about([](protocol& how) { how.iou_thresholds.clear(); }),
            "iou_thresholds: at least one is needed");
  EXPECT_EQ(complaint_about([](protocol& how) {
              how.iou_thresholds = {0.5, 50};
            }),
            "iou_thresholds[1]: 50 is not between 0 and 1");
  EXPECT_EQ(complaint_about([](protocol& how) { how.iou_thresholds = {nan}; }),
            "iou_thresholds[0]: nan is not between 0 and 1");
  EXPECT_EQ(complaint_about([](protocol& how) { how.recall_thresholds.clear(); }),
            "recall_thresholds: at least one is needed");
  EXPECT_EQ(complaint_about([](protocol& how) {
              how.recall_thresholds = {0, -0.5};
            }),
            "recall_thresholds[1]: -0.5 is not between 0 and 1");
  EXPECT_EQ(complaint_about([](protocol& how) {
              how.recall_thresholds = {0, 1, 0.5};
            }),
            "recall_thresholds[2]: 0.5 stands after 1, but they must ascend");
  EXPECT_EQ(complaint_about([](protocol& how) { how.area_ranges.clear(); }), "area_ranges: at least one is needed");
  EXPECT_EQ(complaint_about([](protocol& how) {
              how.area_ranges[1] = {"small", 10, 5};
            }),
            "area_ranges[1] (small): 10:5 holds no area");
  EXPECT_EQ(complaint_about([](protocol& how) {
              how.area_ranges[0] = {"all", 0, nan};
            }),
            "area_ranges[0] (all): 0:nan holds no area");
  EXPECT_EQ(complaint_about([](protocol& how) { how.area_ranges[3].label.clear(); }),
            "area_ranges[3]: the label is empty");
  EXPECT_EQ(complaint_about([](protocol& how) { how.max_dets.clear(); }), "max_dets: at least one is needed");
  EXPECT_EQ(complaint_about([](protocol& how) { how.max_dets = {1, 0}; }), "max_dets[1]: 0 keeps no detection");
  EXPECT_EQ(complaint_about([](protocol& how) { how.recall_curve = {0}; }), "recall_curve[0]: 0 keeps no detection");
  EXPECT_EQ(complaint_about([](protocol& how) {
              how.area_ranges[0] = {"all", -infinity, 5};
            }),
            "area_ranges[0] (all): the low end is -inf");
}

TEST(label_area_ranges, labels_by_position_and_keeps_given_labels) {
  auto const ranges = label_area_ranges({{"", 0, 1e10}, {"tiny", 0, 8}, {"", 8, 16}, {"", 16, 32}, {"", 32.5, 1e10}});
  std::vector<std::string> labels;
  for (area_range const& range : ranges) labels.push_back(range.label);
  EXPECT_THAT(labels, ElementsAre("all", "tiny", "medium", "large", "32.5:10000000000"));
}

}  // namespace
}  // namespace maskmetrics
