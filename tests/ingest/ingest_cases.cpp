#include "ingest/ingest_cases.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>

namespace maskmetrics::testing {

namespace {

context context_of(reading const& how) {
  context ctx;
  ctx.threads = how.threads;
  return ctx;
}

std::vector<std::uint64_t> bits(std::vector<double> const& values) {
  std::vector<std::uint64_t> out;
  for (double const value : values) out.push_back(std::bit_cast<std::uint64_t>(value));
  return out;
}

std::vector<std::uint64_t> bits(std::vector<box> const& boxes) {
  std::vector<double> values;
  for (box const& each : boxes) values.insert(values.end(), {each.x, each.y, each.width, each.height});
  return bits(values);
}

void expect_same_masks(mask_batch const& a, mask_batch const& b) {
  EXPECT_EQ(a.source, b.source);
  EXPECT_EQ(bits(a.coordinates), bits(b.coordinates));
  EXPECT_EQ(a.counts, b.counts);
  ASSERT_EQ(a.rings.size(), b.rings.size());
  for (std::size_t i = 0; i < a.rings.size(); ++i) {
    EXPECT_EQ(a.rings[i].begin, b.rings[i].begin) << "ring " << i;
    EXPECT_EQ(a.rings[i].num_values, b.rings[i].num_values) << "ring " << i;
  }
  ASSERT_EQ(a.entries.size(), b.entries.size());
  for (std::size_t i = 0; i < a.entries.size(); ++i) {
    mask_entry const& x = a.entries[i];
    mask_entry const& y = b.entries[i];
    EXPECT_EQ(x.form, y.form) << "mask " << i;
    EXPECT_EQ(x.begin, y.begin) << "mask " << i;
    EXPECT_EQ(x.length, y.length) << "mask " << i;
    EXPECT_EQ(x.height, y.height) << "mask " << i;
    EXPECT_EQ(x.width, y.width) << "mask " << i;
    if (x.form == mask_form::json_text) {
      EXPECT_EQ(a.text_of(x), b.text_of(y)) << "mask " << i;
    }
  }
}

void expect_same_warnings(std::vector<warning> const& a, std::vector<warning> const& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].code, b[i].code);
    EXPECT_EQ(a[i].count, b[i].count);
    EXPECT_EQ(a[i].message, b[i].message);
  }
}

}  // namespace

dataset read_ground_truth(std::string_view text, reading const& how) {
  auto const source = ingest::byte_source::of("gt.json", std::string(text));
  return ingest::read_dataset(context_of(how), source, how.options, how.part_bytes);
}

detections read_results(std::string_view text, dataset const& ground_truth, reading const& how) {
  auto const source = ingest::byte_source::of("dt.json", std::string(text));
  return ingest::read_detections(context_of(how), source, ground_truth, how.options, how.part_bytes);
}

std::string ground_truth_with(std::string_view annotations) {
  return R"({"info": {"year": 2014}, "licenses": [{"id": 1, "name": "]}"}],
             "images": [{"id": 1, "height": 30, "width": 20}, {"id": 2, "height": 40, "width": 50}],
             "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}],
             "annotations": [)" +
         std::string(annotations) + "]}";
}

dataset small_ground_truth() {
  return read_ground_truth(ground_truth_with(""));
}

void expect_input_error(std::function<void()> const& read, std::string const& source, std::string const& place,
                        std::string const& problem) {
  try {
    read();
    ADD_FAILURE() << "no error; expected " << source << ": " << place << ": " << problem;
  } catch (input_error const& error) {
    EXPECT_EQ(error.source(), source) << error.what();
    EXPECT_EQ(error.place(), place) << error.what();
    EXPECT_THAT(error.problem(), ::testing::HasSubstr(problem));
  }
}

void expect_same(dataset const& a, dataset const& b) {
  EXPECT_EQ(a.images.ids, b.images.ids);
  EXPECT_EQ(a.images.heights, b.images.heights);
  EXPECT_EQ(a.images.widths, b.images.widths);
  EXPECT_EQ(a.categories.ids, b.categories.ids);
  EXPECT_EQ(a.categories.names, b.categories.names);
  EXPECT_EQ(a.categories.frequencies, b.categories.frequencies);
  EXPECT_EQ(a.images.negatives.begin, b.images.negatives.begin);
  EXPECT_EQ(a.images.negatives.categories, b.images.negatives.categories);
  EXPECT_EQ(a.images.not_exhaustive.begin, b.images.not_exhaustive.begin);
  EXPECT_EQ(a.images.not_exhaustive.categories, b.images.not_exhaustive.categories);
  EXPECT_EQ(a.annotations.ids, b.annotations.ids);
  EXPECT_EQ(a.annotations.image_indices, b.annotations.image_indices);
  EXPECT_EQ(a.annotations.category_indices, b.annotations.category_indices);
  EXPECT_EQ(bits(a.annotations.areas_px), bits(b.annotations.areas_px));
  EXPECT_EQ(bits(a.annotations.boxes), bits(b.annotations.boxes));
  EXPECT_EQ(a.annotations.crowd, b.annotations.crowd);
  EXPECT_EQ(a.annotations.ignore, b.annotations.ignore);
  expect_same_masks(a.annotations.masks, b.annotations.masks);
  expect_same_warnings(a.warnings, b.warnings);
}

void expect_same(detections const& a, detections const& b) {
  EXPECT_EQ(a.image_indices, b.image_indices);
  EXPECT_EQ(a.category_indices, b.category_indices);
  EXPECT_EQ(bits(a.scores), bits(b.scores));
  EXPECT_EQ(bits(a.areas_px), bits(b.areas_px));
  EXPECT_EQ(bits(a.boxes), bits(b.boxes));
  EXPECT_EQ(a.ids, b.ids);
  expect_same_masks(a.masks, b.masks);
  expect_same_warnings(a.warnings, b.warnings);
}

std::uint64_t warning_count(std::vector<warning> const& warnings, std::string_view code) {
  auto const at =
      std::find_if(warnings.begin(), warnings.end(), [&](warning const& each) { return each.code == code; });
  return at == warnings.end() ? 0 : at->count;
}

std::string warning_message(std::vector<warning> const& warnings, std::string_view code) {
  auto const at =
      std::find_if(warnings.begin(), warnings.end(), [&](warning const& each) { return each.code == code; });
  return at == warnings.end() ? "" : at->message;
}

}  // namespace maskmetrics::testing
