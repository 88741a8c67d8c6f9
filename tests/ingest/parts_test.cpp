// Where an array is cut and how many threads read it changes nothing.
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "ingest/ingest_cases.hpp"

namespace maskmetrics::testing {

namespace {

/// Ways to write the same elements.
struct layout {
  char const* name;
  char const* after_open;
  char const* between;  ///< with the comma
  char const* before_close;
};

constexpr layout layouts[] = {
    {"compact", "", ",", ""},
    {"spaced", "", ", ", ""},
    {"lines", "\n", ",\n", "\n"},
    {"indented", "\n    ", "\n    ,\r\n\t    ", "\n  "},
};

/// Things that look like the border of two elements and are none.
constexpr char const* traps[] = {
    R"(, "note": "},{")",
    R"(, "note": "}, {\"image_id\": 1}, {")",
    R"(, "note": "\\\"},\n{")",
    R"(, "parts": [{"a": 1}, {"b": [{}, {}]},{"c": "}"}])",
    R"(, "deep": {"x": [{"image_id": 5},{"image_id": 6}]})",
    "",
};

std::string join(std::vector<std::string> const& elements, layout const& how) {
  std::string text = std::string("[") + how.after_open;
  for (std::size_t i = 0; i < elements.size(); ++i) text += (i == 0 ? "" : how.between) + elements[i];
  return text + how.before_close + "]";
}

std::vector<std::string> random_results(std::size_t count, bool traps_too, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::string> elements;
  for (std::size_t i = 0; i < count; ++i) {
    std::string const row = std::to_string(i);
    std::string element = R"({"image_id": )" + std::to_string(1 + random() % 2) + R"(, "category_id": )" +
                          std::to_string(1 + random() % 3) + R"(, "score": 0.)" + std::to_string(random()) +
                          R"(, "bbox": [)" + row + ".25, 2, 3, " + std::to_string(random() % 100) + "]";
    if (random() % 3 == 0) element += R"(, "segmentation": [[1, 2, 3, )" + row + "], [5]]";
    if (random() % 3 == 0) element += R"(, "segmentation": {"counts": "a)" + row + R"(", "size": [3, 4]})";
    if (random() % 3 == 0) element += R"(, "segmentation": {"counts": [1, )" + row + R"(], "size": [3, 4]})";
    if (traps_too) element += traps[random() % std::size(traps)];
    elements.push_back(element + "}");
  }
  return elements;
}

std::string annotation_of(std::string const& result, std::size_t row) {
  return R"({"id": )" + std::to_string(row * 3) + R"(, "iscrowd": 0, "area": 1)" + "," + result.substr(1);
}

std::string ground_truth_of(std::vector<std::string> const& results, layout const& how) {
  std::vector<std::string> annotations;
  for (std::size_t row = 0; row < results.size(); ++row) annotations.push_back(annotation_of(results[row], row));
  return R"({"annotations": )" + join(annotations, how) + R"(, "images": )" +
         join({R"({"id": 2, "x": "},{"})", R"({"id": 1, "y": [{},{}]})"}, how) + R"(, "categories": )" +
         join({R"({"id": 3, "name": "},{"})", R"({"id": 2})", R"({"id": 1, "name": "b"})"}, how) + "}";
}

reading in_parts(std::size_t part_bytes, int threads) {
  return {{true, true, parity::strict}, threads, part_bytes};
}

class parts : public ::testing::TestWithParam<layout> {};

}  // namespace

TEST_P(parts, results_do_not_depend_on_them) {
  dataset const ground_truth = read_ground_truth(
      R"({"images": [{"id": 1}, {"id": 2}], "categories": [{"id": 1}, {"id": 2}], "annotations": []})");
  for (bool const traps_too : {false, true}) {
    for (std::size_t const count : {0U, 1U, 2U, 40U}) {
      std::string const text = join(random_results(count, traps_too, 7), GetParam());
      detections const whole = read_results(text, ground_truth, in_parts(std::size_t{1} << 30U, 1));
      ASSERT_EQ(whole.size(), count);
      for (std::size_t const part_bytes : {1U, 7U, 50U, 200U, 1000U, 5000U}) {
        for (int const threads : {1, 2, 7}) {
          SCOPED_TRACE("parts of " + std::to_string(part_bytes) + ", threads " + std::to_string(threads));
          expect_same(read_results(text, ground_truth, in_parts(part_bytes, threads)), whole);
        }
      }
    }
  }
}

TEST_P(parts, a_ground_truth_does_not_depend_on_them) {
  for (bool const traps_too : {false, true}) {
    std::string const text = ground_truth_of(random_results(30, traps_too, 8), GetParam());
    dataset const whole = read_ground_truth(text, in_parts(std::size_t{1} << 30U, 1));
    ASSERT_EQ(whole.annotations.size(), 30U);
    for (std::size_t const part_bytes : {1U, 13U, 150U, 900U}) {
      for (int const threads : {1, 2, 7}) {
        SCOPED_TRACE("parts of " + std::to_string(part_bytes) + ", threads " + std::to_string(threads));
        expect_same(read_ground_truth(text, in_parts(part_bytes, threads)), whole);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(layouts, parts, ::testing::ValuesIn(layouts),
                         [](auto const& each) { return each.param.name; });

TEST(part_faults, are_those_of_the_whole) {
  dataset const ground_truth = small_ground_truth();
  std::vector<std::string> elements(
      50, R"({"image_id": 1, "category_id": 1, "score": 1, "bbox": [1, 2, 3, 4], "n": "},{"})");
  elements[33] = R"({"image_id": 1, "category_id": 1, "score": "},{", "bbox": [1, 2, 3, 4]})";
  elements[40] = R"({"image_id": 5})";
  std::string text = join(elements, layouts[0]);
  for (std::size_t const part_bytes : {1U, 40U, 300U, 100000U}) {
    for (int const threads : {1, 2, 7}) {
      expect_input_error([&] { static_cast<void>(read_results(text, ground_truth, in_parts(part_bytes, threads))); },
                         "dt.json", "[33].score", R"(expected a number, found "},{" (image_id 1))");
    }
  }
  elements[33] = R"({"image_id": 1, "category_id": 1 "score": 1, "bbox": [1, 2, 3, 4]})";
  text = join(elements, layouts[0]);
  std::string const place =
      "byte " + std::to_string(text.find("\"score\": 1, \"bbox\": [1, 2, 3, 4]}", text.find("1 \"score\"")));
  for (std::size_t const part_bytes : {1U, 40U, 300U, 100000U}) {
    for (int const threads : {1, 2, 7}) {
      expect_input_error([&] { static_cast<void>(read_results(text, ground_truth, in_parts(part_bytes, threads))); },
                         "dt.json", place, "(in [33])");
    }
  }
}

TEST(part_progress, is_told_and_ends_with_all) {
  std::string const text = join(random_results(200, false, 9), layouts[0]);
  std::vector<std::uint64_t> done;
  context ctx;
  ctx.threads = 2;
  ctx.progress = [&](char const* stage, std::uint64_t at, std::uint64_t total) {
    EXPECT_STREQ(stage, "reading results");
    EXPECT_EQ(total, text.size());
    done.push_back(at);
  };
  static_cast<void>(
      ingest::read_detections(ctx, ingest::byte_source::of("dt.json", text), small_ground_truth(), {}, 500));
  ASSERT_GT(done.size(), 10U);
  EXPECT_TRUE(std::is_sorted(done.begin(), done.end()));
  EXPECT_EQ(done.back(), text.size());
}

}  // namespace maskmetrics::testing
