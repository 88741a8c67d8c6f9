// LVIS' columns: lists of categories by image, frequencies, and what is odd or wrong about them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ingest/ingest_cases.hpp"

namespace maskmetrics::testing {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace {

reading federated(std::size_t part_bytes = ingest::default_part_bytes) {
  return {ingest_options::for_protocol(protocol::lvis(iou_type::bbox)), 1, part_bytes};
}

/// Categories 5, 7 and 9 (r, c, f), these images, and one annotation of category 7 in image 1.
std::string with_images(std::string const& images) {
  return R"({"images": [)" + images + R"(],
             "categories": [{"id": 7, "frequency": "c"}, {"id": 5, "frequency": "r"}, {"id": 9, "frequency": "f"}],
             "annotations": [{"id": 1, "image_id": 1, "category_id": 7, "area": 4, "bbox": [0, 0, 2, 2]}]})";
}

/// One image, these categories, no annotation.
std::string with_categories(std::string const& categories) {
  return R"({"images": [{"id": 1, "neg_category_ids": [], "not_exhaustive_category_ids": []}], "annotations": [],
             "categories": [)" +
         categories + "]}";
}

std::vector<std::uint32_t> listed(category_lists const& lists, std::uint32_t image) {
  return {lists.of(image).begin(), lists.of(image).end()};
}

}  // namespace

TEST(federated_ground_truth, reads_lists_and_frequencies) {
  std::string const text = with_images(
      R"({"id": 3, "neg_category_ids": [9, 5, 9.0], "not_exhaustive_category_ids": []},
         {"id": 1, "not_exhaustive_category_ids": [7], "neg_category_ids": []},
         {"id": 2, "neg_category_ids": [7], "not_exhaustive_category_ids": [], "neg_category_ids": [5]})");
  for (std::size_t const part_bytes : {std::size_t{1}, ingest::default_part_bytes}) {
    dataset const data = read_ground_truth(text, federated(part_bytes));
    EXPECT_THAT(data.images.ids, ElementsAre(1, 2, 3));
    EXPECT_THAT(data.images.negatives.begin, ElementsAre(0U, 0U, 1U, 3U));
    EXPECT_THAT(listed(data.images.negatives, 1), ElementsAre(0U));
    EXPECT_THAT(listed(data.images.negatives, 2), ElementsAre(0U, 2U));
    EXPECT_THAT(listed(data.images.not_exhaustive, 0), ElementsAre(1U));
    EXPECT_THAT(listed(data.images.not_exhaustive, 2), IsEmpty());
    EXPECT_THAT(data.categories.frequencies,
                ElementsAre(category_frequency::rare, category_frequency::common, category_frequency::frequent));
    EXPECT_THAT(data.warnings, IsEmpty());
    EXPECT_THAT(data.annotations.crowd, ElementsAre(0));
  }
}

TEST(federated_ground_truth, leaves_out_what_coco_does_not_need) {
  std::string const text = with_images(R"({"id": 1, "neg_category_ids": "none", "not_exhaustive_category_ids": 7})");
  dataset const data = read_ground_truth(text, corrected());
  EXPECT_THAT(data.images.negatives.begin, IsEmpty());
  EXPECT_THAT(data.categories.frequencies, IsEmpty());
  EXPECT_EQ(warning_count(data.warnings, "category_lists_not_read"), 1U);
  EXPECT_THAT(warning_message(data.warnings, "category_lists_not_read"), HasSubstr("--protocol lvis"));
  expect_input_error(
      [&] { static_cast<void>(read_ground_truth(text)); }, "gt.json", "annotations[0]",
      "has no \"iscrowd\" (id 1), which the reference needs; corrected parity (--parity corrected) takes "
      "it for 0; the images list categories as LVIS does, is this for --protocol lvis?");
}

TEST(federated_ground_truth, needs_its_lists) {
  auto const expect = [](std::string const& images, std::string const& place, std::string const& problem) {
    SCOPED_TRACE(images);
    expect_input_error([&] { static_cast<void>(read_ground_truth(with_images(images), federated())); }, "gt.json",
                       place, problem);
  };
  expect(R"({"id": 1})", "images[0]", "has no \"neg_category_ids\" (id 1)");
  expect(R"({"id": 1, "neg_category_ids": []})", "images[0]", "has no \"not_exhaustive_category_ids\" (id 1)");
  expect(R"({"id": 1, "neg_category_ids": 5, "not_exhaustive_category_ids": []})", "images[0].neg_category_ids",
         "expected an array of integers, found 5 (id 1)");
  expect(R"({"id": 1, "neg_category_ids": [], "not_exhaustive_category_ids": [5, "7"]})",
         "images[0].not_exhaustive_category_ids[1]", "expected an integer of 64 bits, found \"7\" (id 1)");
}

TEST(federated_ground_truth, counts_contradictions) {
  dataset const data =
      read_ground_truth(with_images(R"({"id": 1, "neg_category_ids": [7, 5], "not_exhaustive_category_ids": [9, 7]},
                     {"id": 2, "neg_category_ids": [7, 8], "not_exhaustive_category_ids": [5]})"),
                        federated());
  EXPECT_EQ(warning_count(data.warnings, "category_negative_and_present"), 1U);
  EXPECT_THAT(warning_message(data.warnings, "category_negative_and_present"),
              HasSubstr("the first is image 1 of gt.json, category 7"));
  EXPECT_EQ(warning_count(data.warnings, "not_exhaustive_without_annotation"), 2U);
  EXPECT_THAT(warning_message(data.warnings, "not_exhaustive_without_annotation"),
              HasSubstr("the first is image 1 of gt.json, category 9"));
  EXPECT_EQ(warning_count(data.warnings, "unknown_category_listed"), 1U);
  EXPECT_THAT(warning_message(data.warnings, "unknown_category_listed"),
              HasSubstr("images[1].neg_category_ids of gt.json: 8"));
  EXPECT_EQ(data.warnings.size(), 3U);
}

TEST(federated_ground_truth, tells_missing_frequencies_from_the_image_count) {
  dataset const data = read_ground_truth(
      with_categories(R"({"id": 1, "image_count": 10}, {"id": 2, "image_count": 11}, {"id": 3, "image_count": 100},
                         {"id": 4, "image_count": 101}, {"id": 5, "image_count": null, "frequency": "r"})"),
      federated());
  EXPECT_THAT(data.categories.frequencies,
              ElementsAre(category_frequency::rare, category_frequency::common, category_frequency::common,
                          category_frequency::frequent, category_frequency::rare));
  EXPECT_EQ(warning_count(data.warnings, "frequency_from_image_count"), 4U);
}

TEST(federated_ground_truth, unknown_frequencies_are_errors) {
  auto const expect = [](std::string const& categories, std::string const& place, std::string const& problem) {
    SCOPED_TRACE(categories);
    expect_input_error([&] { static_cast<void>(read_ground_truth(with_categories(categories), federated())); },
                       "gt.json", place, problem);
  };
  expect(R"({"id": 1, "frequency": "x", "image_count": 5})", "categories[0].frequency",
         "expected \"r\", \"c\" or \"f\", found \"x\" (id 1)");
  expect(R"({"id": 1, "frequency": 2})", "categories[0].frequency", "expected \"r\", \"c\" or \"f\", found 2 (id 1)");
  expect(R"({"id": 1})", "categories[0]", "has no \"frequency\" and no \"image_count\" to tell it from (id 1)");
  expect(R"({"id": 1, "image_count": -1})", "categories[0]", "has no \"frequency\" and no \"image_count\"");
}

TEST(federated_ground_truth, says_that_crowds_are_not_read) {
  dataset const data = read_ground_truth(
      R"({"images": [{"id": 1, "neg_category_ids": [], "not_exhaustive_category_ids": []}],
          "categories": [{"id": 7, "frequency": "c"}],
          "annotations": [{"id": 1, "image_id": 1, "category_id": 7, "area": 4, "bbox": [0, 0, 2, 2], "iscrowd": 1},
                          {"id": 2, "image_id": 1, "category_id": 7, "area": 4, "bbox": [0, 0, 2, 2], "ignore": 1}]})",
      federated());
  EXPECT_EQ(warning_count(data.warnings, "crowd_not_read"), 1U);
  // boundary-iou-api reads them.
  EXPECT_TRUE(ingest_options::for_protocol(protocol::lvis(iou_type::boundary)).crowd_counts);
  EXPECT_EQ(data.warnings.size(), 1U);
  EXPECT_THAT(data.annotations.ignore, ElementsAre(0, 1));
}

TEST(federated_ground_truth, results_of_another_data_set_are_an_error) {
  dataset const data = read_ground_truth(
      with_images(R"({"id": 1, "neg_category_ids": [], "not_exhaustive_category_ids": []})"), federated());
  expect_input_error(
      [&] {
        static_cast<void>(read_results(R"([{"image_id": 99, "category_id": 7, "score": 1, "bbox": [0, 0, 1, 1]}])",
                                       data, federated()));
      },
      "dt.json", "[0].image_id", "the ground truth has no image 99");
}

}  // namespace maskmetrics::testing
