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
    maskmetrics::ingest_options const options = maskmetrics::ingest_options::for_iou(type, maskmetrics::parity::strict);
    maskmetrics::dataset const ground_truth = maskmetrics::load_dataset(ctx, written.ground_truth, options);
    maskmetrics::detections const results = maskmetrics::load_detections(ctx, written.results, ground_truth, options);
    EXPECT_EQ(ground_truth.images.size(), 300U);
    EXPECT_EQ(ground_truth.categories.size(), 80U);
    EXPECT_EQ(ground_truth.annotations.size(), written.num_annotations);
    EXPECT_EQ(results.size(), written.num_detections);
    maskmetrics::summary const numbers =
        maskmetrics::summarize(maskmetrics::evaluate(ctx, ground_truth, results, maskmetrics::protocol::coco(type)));
    ASSERT_EQ(numbers.metrics.size(), 12U);
    EXPECT_EQ(numbers.metrics[0].name, "AP");
    EXPECT_THAT(numbers.metrics[0].value, testing::AllOf(testing::Gt(0.2), testing::Lt(0.6)));
    EXPECT_GT(numbers.metrics[1].value, numbers.metrics[0].value);  // AP50
    EXPECT_LT(numbers.metrics[3].value, numbers.metrics[5].value);  // small things are harder than large ones
  }
  fs::remove_all(folder);
}

}  // namespace
