// A file that ends too early is an error at every byte, or says the same.
#include <gtest/gtest.h>

#include "ingest/ingest_cases.hpp"

namespace maskmetrics::testing {

namespace {

constexpr char const* results_text =
    R"([{"image_id": 1, "category_id": 1, "score": 0.5, "bbox": [0, 0, 1.25, 1], "x": [{"a": null}, {}]},
        {"image_id": 2, "category_id": 2, "score": 1e-3, "bbox": [0, 0, 1, 1], "segmentation": {"size": [3, 4],
         "counts": "ab\\c}, {"}},
        {"image_id": 2, "category_id": 2, "score": 12, "bbox": [0, 0, 1, 1], "segmentation": [[1, 2, 3]]}]
)";

std::string const ground_truth_text =
    ground_truth_with(R"({"id": 1, "image_id": 1, "category_id": 1, "area": 12.5, "bbox": [1, 2, 3, 4], "iscrowd": 0,
         "segmentation": [[1, 2, 3.5]]}, {"id": 2, "image_id": 1, "category_id": 2, "area": 12.5, "bbox": [1, 2, 3, 4],
         "iscrowd": 1, "segmentation": {"size": [1, 2], "counts": [1, 1]}})") +
    " \n";

/// Reads every beginning of the text; all but those that lack white space only must fail.
template <class Read, class Check>
void truncate_everywhere(std::string const& text, Read const& read, Check const& check_same) {
  std::size_t const last = text.find_last_not_of(" \n");
  for (std::size_t size = 0; size <= text.size(); ++size) {
    for (std::size_t const part_bytes : {std::size_t{1}, std::size_t{60}, std::size_t{1} << 20U}) {
      SCOPED_TRACE("first " + std::to_string(size) + " bytes in parts of " + std::to_string(part_bytes));
      // A copy of exactly this size: reading behind its end is seen by AddressSanitizer.
      std::string const beginning(text, 0, size);
      try {
        auto const result = read(beginning, part_bytes);
        EXPECT_GT(size, last);
        check_same(result);
      } catch (input_error const& error) {
        EXPECT_LE(size, last) << error.what();
        EXPECT_FALSE(error.problem().empty());
      }
    }
  }
}

}  // namespace

TEST(truncation, of_results) {
  dataset const ground_truth = small_ground_truth();
  detections const whole = read_results(results_text, ground_truth);
  ASSERT_EQ(whole.size(), 3U);
  truncate_everywhere(
      results_text,
      [&](std::string const& text, std::size_t part_bytes) {
        return read_results(text, ground_truth, {{}, 2, part_bytes});
      },
      [&](detections const& result) { expect_same(result, whole); });
}

TEST(truncation, of_a_ground_truth) {
  dataset const whole = read_ground_truth(ground_truth_text);
  ASSERT_EQ(whole.annotations.size(), 2U);
  truncate_everywhere(
      ground_truth_text,
      [&](std::string const& text, std::size_t part_bytes) {
        return read_ground_truth(text, {{}, 2, part_bytes});
      },
      [&](dataset const& result) { expect_same(result, whole); });
}

TEST(truncation, every_byte_replaced_is_no_crash) {
  dataset const ground_truth = small_ground_truth();
  std::size_t read = 0;
  std::size_t refused = 0;
  for (char const byte : {'"', '\\', '{', '}', '[', ']', ',', ':', ' ', '0', '\0', '\xFF'}) {
    for (std::size_t at = 0; at < std::string_view(results_text).size(); ++at) {
      std::string text = results_text;
      text[at] = byte;
      try {
        if (read_results(text, ground_truth, {{}, 2, 60}).size() > 0) ++read;
      } catch (input_error const&) {
        ++refused;
      }
    }
  }
  EXPECT_GT(read, 500U);
  EXPECT_GT(refused, 2000U);
}

}  // namespace maskmetrics::testing
