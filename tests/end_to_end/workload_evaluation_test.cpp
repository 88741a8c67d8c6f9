#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <maskmetrics/maskmetrics.hpp>

#include <workload/files.hpp>

namespace {

namespace fs = std::filesystem;
using namespace maskmetrics::workload;

/// Reads a workload back as a user would and evaluates it.
TEST(workload_evaluation, detections_are_as_good_as_those_of_a_detector) {
  fs::path const folder = fs::temp_directory_path() / ("maskmetrics_workload_evaluation_" + std::to_string(::getpid()));
  settings const how{.kind = flavour::coco, .num_images = 300, .dets_per_image = 60, .seed = 2};
  written_workload const written = write_workload(how, result_fields::both, 0, folder);
  maskmetrics::context const ctx{.device = maskmetrics::parse_device("cpu"), .threads = 0, .progress = {}};
  for (maskmetrics::iou_type const type : {maskmetrics::iou_type::segm, maskmetrics::iou_type::bbox}) {
    maskmetrics::protocol const standard = maskmetrics::protocol::coco(type);
    maskmetrics::ingest_options const options = maskmetrics::ingest_options::for_protocol(standard);
    maskmetrics::dataset const ground_truth = maskmetrics::load_dataset(ctx, written.ground_truth, options);
    maskmetrics::detections const results = maskmetrics::load_detections(ctx, written.results, ground_truth, options);
    EXPECT_EQ(ground_truth.images.size(), 300U);
    EXPECT_EQ(ground_truth.categories.size(), 80U);
    EXPECT_EQ(ground_truth.annotations.size(), written.num_annotations);
    EXPECT_EQ(results.size(), written.num_detections);
    maskmetrics::summary const numbers =
        maskmetrics::summarize(maskmetrics::evaluate(ctx, ground_truth, results, standard));
    ASSERT_EQ(numbers.metrics.size(), 12U);
    EXPECT_EQ(numbers.metrics[0].name, "AP");
    EXPECT_THAT(numbers.metrics[0].value, testing::AllOf(testing::Gt(0.2), testing::Lt(0.6)));
    EXPECT_GT(numbers.metrics[1].value, numbers.metrics[0].value);  // AP50
    EXPECT_LT(numbers.metrics[3].value, numbers.metrics[5].value);  // small things are harder than large ones
  }
  fs::remove_all(folder);
}

/// The generator's LVIS files hold together: no warning, and a detector that is no better on categories it never saw.
TEST(workload_evaluation, lvis_scenes_evaluate_under_lvis_rules) {
  fs::path const folder = fs::temp_directory_path() / ("maskmetrics_workload_lvis_" + std::to_string(::getpid()));
  settings const scenes{.kind = flavour::lvis, .num_images = 60, .dets_per_image = 310, .seed = 5};
  written_workload const written = write_workload(scenes, result_fields::both, 0, folder);
  maskmetrics::context const ctx{.device = maskmetrics::parse_device("cpu"), .threads = 0, .progress = {}};
  maskmetrics::protocol how = maskmetrics::protocol::lvis(maskmetrics::iou_type::bbox);
  auto const needs = maskmetrics::ingest_options::for_protocol(how);
  maskmetrics::dataset const ground_truth = maskmetrics::load_dataset(ctx, written.ground_truth, needs);
  maskmetrics::detections const results = maskmetrics::load_detections(ctx, written.results, ground_truth, needs);
  maskmetrics::evaluation const federated = maskmetrics::evaluate(ctx, ground_truth, results, how);
  EXPECT_TRUE(federated.warnings.empty());
  maskmetrics::summary const numbers = maskmetrics::summarize(federated);
  ASSERT_EQ(numbers.metrics.size(), 13U);
  EXPECT_THAT(numbers.metrics[0].value, testing::AllOf(testing::Gt(0.2), testing::Lt(0.9)));
  how.rules = maskmetrics::rule_set::coco;
  maskmetrics::evaluation const coco = maskmetrics::evaluate(ctx, ground_truth, results, how);
  std::uint64_t num_federated = 0;
  std::uint64_t num_coco = 0;
  for (std::uint64_t const count : federated.num_detections) num_federated += count;
  for (std::uint64_t const count : coco.num_detections) num_coco += count;
  EXPECT_EQ(num_coco, 60U * 300U);
  EXPECT_LT(num_federated, num_coco);
  EXPECT_GT(num_federated, 0U);
  fs::remove_all(folder);
}

}  // namespace
