// Where nothing is evaluated a warning says why, with counts, whatever evaluates.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include <maskmetrics/evaluate.hpp>
#include <maskmetrics/evaluator.hpp>
#include <maskmetrics/ingest.hpp>
#include <maskmetrics/prepared_ground_truth.hpp>
#include <maskmetrics/summary.hpp>

namespace maskmetrics::testing {

namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char const* nothing_to_find = "there is nothing to find, so that every AP and AR is -1";

std::string annotation(int id, int image, int category, int area, std::string const& flags) {
  return R"({"id": )" + std::to_string(id) + R"(, "image_id": )" + std::to_string(image) + R"(, "category_id": )" +
         std::to_string(category) + R"(, "bbox": [0, 0, 10, 10], "area": )" + std::to_string(area) + ", " + flags + "}";
}

std::string result(int image, int category) {
  return R"({"image_id": )" + std::to_string(image) + R"(, "category_id": )" + std::to_string(category) +
         R"(, "bbox": [0, 0, 10, 10], "score": 0.5})";
}

/// Images and categories 1 and 2; of LVIS' lists image 2 has category 2.
dataset truth_of(std::string const& annotations, protocol const& how) {
  return load_dataset({}, text_file::of("gt", R"({"images": [
      {"id": 1, "height": 20, "width": 20, "neg_category_ids": [], "not_exhaustive_category_ids": []},
      {"id": 2, "height": 20, "width": 20, "neg_category_ids": [2], "not_exhaustive_category_ids": []}],
      "categories": [{"id": 1, "name": "a", "frequency": "r"}, {"id": 2, "name": "b", "frequency": "c"}],
      "annotations": [)" + annotations + "]}"),
                      ingest_options::for_protocol(how));
}

detections results_of(std::string const& results, dataset const& truth, protocol const& how) {
  return load_detections({}, text_file::of("dt", "[" + results + "]"), truth, ingest_options::for_protocol(how));
}

/// The only warning about an empty evaluation; the others are of the files.
warning empty_warning(evaluation const& result) {
  warning found;
  for (warning const& each : result.warnings) {
    if (!each.code.starts_with("no_") && !each.code.starts_with("all_")) continue;
    EXPECT_EQ(found.code, "") << each.code;
    found = each;
  }
  return found;
}

struct empty_case {
  std::string annotations;
  std::string results;
  protocol how;
  std::string code;
  std::uint64_t count;
  std::string message;
};

std::vector<empty_case> cases_without_ground_truth() {
  std::string const crowd = R"("iscrowd": 1)";
  std::string const plain = R"("iscrowd": 0)";
  std::string const ignored = R"("iscrowd": 0, "ignore": 1)";
  protocol const coco = protocol::coco(iou_type::bbox);
  protocol const lvis = protocol::lvis(iou_type::bbox);
  protocol const voc = protocol::voc(iou_type::bbox);
  protocol first_image = coco;
  first_image.image_ids = {1};
  protocol unknown_images = coco;
  unknown_images.image_ids = {8, 9};
  protocol second_category = coco;
  second_category.category_ids = {2};
  protocol no_category = coco;
  no_category.category_ids.emplace();
  protocol huge = coco;
  huge.area_ranges = {{"all", 1e6, 1e9}, {"small", 1e6, 1e7}};
  protocol together = coco;
  together.use_categories = false;
  std::string const one = annotation(1, 2, 1, 100, plain);
  return {
      {annotation(1, 1, 1, 100, crowd) + "," + annotation(2, 2, 1, 100, crowd), result(1, 1), coco,
       "all_annotations_ignored", 2, "all 2 annotations are crowds or ignored: "},
      {"", result(1, 1), coco, "no_annotations_evaluated", 1,
       "the ground truth has no annotations of the 2 images and 2 categories that are evaluated: "},
      {"", result(1, 1), together, "no_annotations_evaluated", 1, "2 images and all categories that are evaluated: "},
      {one, result(1, 1), first_image, "no_annotations_evaluated", 1,
       "no annotations of the 1 image and 2 categories that are evaluated (annotations of other images: 1): "},
      {one + "," + annotation(2, 1, 77, 1, plain), result(1, 1), second_category, "no_annotations_evaluated", 2,
       "of the 2 images and 1 category that are evaluated (annotations of other categories: 2): "},
      {one, result(1, 1), no_category, "no_annotations_evaluated", 1, "and 0 categories"},
      {one, result(1, 1), unknown_images, "no_images_evaluated", 2,
       "no image is evaluated, none of 2 given image ids is known: "},
      {one + "," + annotation(2, 1, 1, 100, crowd), result(1, 1), huge, "no_annotations_in_area_ranges", 2,
       "no annotation counts (crowds or ignored: 1, outside of every area range: 1): "},
      {annotation(1, 1, 1, 0, plain), result(1, 1), lvis, "no_annotations_evaluated", 1,
       "(annotations without a positive, finite area: 1): "},
      {annotation(1, 1, 1, 100, ignored), result(1, 1), lvis, "all_annotations_ignored", 1,
       "the only annotation is ignored: "},
      {annotation(1, 1, 1, 100, R"("difficult": 1)"), result(1, 1), voc, "all_annotations_ignored", 1,
       "the only annotation is difficult or ignored: "},
      {"", result(1, 1), voc, "no_annotations_evaluated", 1, "the ground truth has no annotations"},
  };
}

}  // namespace

TEST(empty_evaluation, says_why_every_number_is_minus_one) {
  for (empty_case const& each : cases_without_ground_truth()) {
    SCOPED_TRACE(each.message);
    dataset const truth = truth_of(each.annotations, each.how);
    detections const results = results_of(each.results, truth, each.how);
    for (evaluation const& found :
         {evaluate({}, truth, results, each.how), evaluate({}, prepared_ground_truth({}, truth, each.how), results),
          matched_evaluation({}, truth, results, each.how).accumulate(each.how.recall_thresholds)}) {
      warning const why = empty_warning(found);
      EXPECT_EQ(why.code, each.code);
      EXPECT_EQ(why.count, each.count);
      EXPECT_THAT(why.message, HasSubstr(each.message));
      EXPECT_THAT(why.message, HasSubstr(nothing_to_find));
      for (metric const& number : summarize(found).metrics) EXPECT_EQ(number.value, -1) << number.name;
      EXPECT_THAT(summarize(found).warnings, IsEmpty());
    }
  }
}

TEST(empty_evaluation, says_why_no_result_counts) {
  std::string const plain =
      annotation(1, 1, 1, 100, R"("iscrowd": 0)") + "," + annotation(2, 2, 1, 100, R"("iscrowd": 0)");
  protocol const coco = protocol::coco(iou_type::bbox);
  protocol first_image = coco;
  first_image.image_ids = {1};
  protocol const lvis = protocol::lvis(iou_type::bbox);
  for (empty_case const& each : {
           empty_case{plain, result(1, 7) + "," + result(2, 8), coco, "no_detections_evaluated", 2,
                      "none of 2 results is evaluated (of categories that are unknown or not evaluated: 2)"},
           {plain, result(2, 1) + "," + result(1, 9), first_image, "no_detections_evaluated", 2,
            "(of images that are not evaluated: 1, of categories that are unknown or not evaluated: 1)"},
           {plain, result(1, 2), lvis, "no_detections_evaluated", 1,
            "the only result is not evaluated (of categories that their image neither has annotations of nor lists in "
            "neg_category_ids, or without an area: 1)"},
       }) {
    SCOPED_TRACE(each.message);
    dataset const truth = truth_of(each.annotations, each.how);
    evaluation const found = evaluate({}, truth, results_of(each.results, truth, each.how), each.how);
    warning const why = empty_warning(found);
    EXPECT_EQ(why.code, each.code);
    EXPECT_EQ(why.count, each.count);
    EXPECT_THAT(why.message, HasSubstr(each.message));
    EXPECT_EQ(summarize(found).metrics.front().value, 0);
  }
}

TEST(empty_evaluation, says_nothing_where_something_counts) {
  protocol const coco = protocol::coco(iou_type::bbox);
  dataset const truth = truth_of(annotation(1, 1, 1, 100, R"("iscrowd": 0)"), coco);
  EXPECT_EQ(empty_warning(evaluate({}, truth, results_of(result(1, 1), truth, coco), coco)).code, "");
  // In LVIS' list of image 2.
  protocol const lvis = protocol::lvis(iou_type::bbox);
  dataset const listed = truth_of(annotation(1, 1, 1, 100, R"("iscrowd": 0)"), lvis);
  EXPECT_EQ(empty_warning(evaluate({}, listed, results_of(result(2, 2), listed, lvis), lvis)).code, "");
}

TEST(empty_evaluation, of_an_evaluator) {
  protocol const coco = protocol::coco(iou_type::bbox);
  auto const truth = std::make_shared<dataset const>(truth_of(annotation(1, 1, 1, 100, R"("iscrowd": 1)"), coco));
  evaluator subject({}, coco, truth);
  EXPECT_EQ(empty_warning(subject.compute()).code, "no_images_evaluated");
  image_update image;
  image.image_id = 2;
  subject.update(image);
  EXPECT_EQ(empty_warning(subject.compute()).message,
            std::string("the ground truth has no annotations of the 1 image and 2 categories that are evaluated: ") +
                nothing_to_find);
  image.image_id = 1;
  subject.update(image);
  warning const why = empty_warning(subject.compute());
  EXPECT_EQ(why.code, "all_annotations_ignored");
  EXPECT_EQ(why.count, 1U);
}

TEST(empty_evaluation, of_a_summary_of_other_areas) {
  protocol how = protocol::coco(iou_type::bbox);
  how.area_ranges = {{"tiny", 0, 50}, {"rest", 50, 1e9}};
  dataset const truth = truth_of(annotation(1, 1, 1, 100, R"("iscrowd": 0)"), how);
  summary const numbers = summarize(evaluate({}, truth, results_of(result(1, 1), truth, how), how));
  ASSERT_EQ(numbers.warnings.size(), 1U);
  EXPECT_EQ(numbers.warnings.front().code, "no_annotations_in_summary");
  EXPECT_THAT(numbers.warnings.front().message, HasSubstr("evaluated are tiny, rest"));
  how.parity = parity::corrected;
  EXPECT_THAT(summarize(evaluate({}, truth, results_of(result(1, 1), truth, how), how)).warnings, IsEmpty());
}

}  // namespace maskmetrics::testing
