#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include <maskmetrics/error.hpp>

#include <workload/files.hpp>

namespace {

using namespace maskmetrics::workload;
namespace fs = std::filesystem;

/// A folder of its own for each test.
class workload_files : public testing::Test {
protected:
  workload_files()
      : folder_(fs::temp_directory_path() / ("maskmetrics_workload_" + std::to_string(::getpid()) + "_" +
                                             testing::UnitTest::GetInstance()->current_test_info()->name())) {
    fs::create_directories(folder_);
  }
  ~workload_files() override { fs::remove_all(folder_); }

  fs::path folder_;
};

std::string bytes_of(fs::path const& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// FNV-1a.
std::uint64_t hash_of(fs::path const& file) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (char const byte : bytes_of(file)) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001B3U;
  return hash;
}

settings small(flavour kind) {
  return {.kind = kind, .num_images = 40, .dets_per_image = 30, .seed = 11};
}

TEST_F(workload_files, same_bytes_for_any_number_of_threads) {
  for (flavour const kind : {flavour::coco, flavour::lvis}) {
    settings how = small(kind);
    how.num_images = 101;
    write_workload(how, result_fields::both, 1, folder_ / "1");
    std::string const ground_truth = bytes_of(folder_ / "1" / "gt.json");
    std::string const results = bytes_of(folder_ / "1" / "dt.json");
    ASSERT_FALSE(results.empty());
    for (int const threads : {2, 7}) {
      fs::path const folder = folder_ / std::to_string(threads);
      write_workload(how, result_fields::both, threads, folder);
      EXPECT_EQ(bytes_of(folder / "gt.json"), ground_truth) << threads;
      EXPECT_EQ(bytes_of(folder / "dt.json"), results) << threads;
    }
  }
}

/// Pinned, so that a seed means the same workload on every machine and after every change. A change that is meant to
/// alter the scenes pins new values.
TEST_F(workload_files, same_bytes_as_ever) {
  write_workload(small(flavour::coco), result_fields::both, 0, folder_ / "coco");
  EXPECT_EQ(hash_of(folder_ / "coco" / "gt.json"), 0x2A2FC29C8059C449U);
  EXPECT_EQ(hash_of(folder_ / "coco" / "dt.json"), 0xBFDF626FE6B970BAU);
  write_workload(small(flavour::lvis), result_fields::both, 0, folder_ / "lvis");
  EXPECT_EQ(hash_of(folder_ / "lvis" / "gt.json"), 0xD066B656AB203FCFU);
  EXPECT_EQ(hash_of(folder_ / "lvis" / "dt.json"), 0x1E66443B84645EB2U);
}

TEST_F(workload_files, another_seed_gives_other_bytes) {
  settings how = small(flavour::coco);
  write_workload(how, result_fields::segm, 0, folder_ / "a");
  how.seed = 12;
  write_workload(how, result_fields::segm, 0, folder_ / "b");
  EXPECT_NE(bytes_of(folder_ / "a" / "dt.json"), bytes_of(folder_ / "b" / "dt.json"));
}

TEST_F(workload_files, reports_what_was_written) {
  written_workload const written = write_workload(small(flavour::coco), result_fields::both, 0, folder_);
  EXPECT_EQ(written.ground_truth, folder_ / "gt.json");
  EXPECT_EQ(written.results, folder_ / "dt.json");
  EXPECT_EQ(written.num_detections, 40U * 30U);
  std::uint64_t num_objects = 0;
  for (std::uint32_t i = 0; i < 40; ++i) num_objects += make_scene(small(flavour::coco), i).objects.size();
  EXPECT_EQ(written.num_annotations, num_objects);
  EXPECT_EQ(written.num_bytes, fs::file_size(written.ground_truth) + fs::file_size(written.results));
}

TEST_F(workload_files, results_carry_the_fields_asked_for) {
  auto const text = [&](result_fields fields) {
    write_workload(small(flavour::coco), fields, 0, folder_);
    return bytes_of(folder_ / "dt.json");
  };
  std::string const segm = text(result_fields::segm);
  EXPECT_NE(segm.find("\"segmentation\""), std::string::npos);
  EXPECT_EQ(segm.find("\"bbox\""), std::string::npos);
  std::string const bbox = text(result_fields::bbox);
  EXPECT_EQ(bbox.find("\"segmentation\""), std::string::npos);
  EXPECT_NE(bbox.find("\"bbox\""), std::string::npos);
  std::string const both = text(result_fields::both);
  EXPECT_NE(both.find("\"segmentation\""), std::string::npos);
  EXPECT_NE(both.find("\"bbox\""), std::string::npos);
}

TEST_F(workload_files, no_detections_are_an_empty_array) {
  settings how = small(flavour::coco);
  how.dets_per_image = 0;
  write_workload(how, result_fields::both, 0, folder_);
  EXPECT_EQ(bytes_of(folder_ / "dt.json"), "[]\n");
}

TEST_F(workload_files, leaves_nothing_behind_where_writing_fails) {
  fs::create_directories(folder_ / "dt.json");  // in the way of the results
  EXPECT_THROW(write_workload(small(flavour::coco), result_fields::both, 0, folder_), maskmetrics::output_error);
  EXPECT_FALSE(fs::exists(folder_ / "dt.json.partial"));
  EXPECT_FALSE(fs::exists(folder_ / "gt.json.partial"));
}

TEST_F(workload_files, names_a_folder_that_cannot_be_made) {
  std::ofstream(folder_ / "file") << "in the way";
  try {
    write_workload(small(flavour::coco), result_fields::both, 0, folder_ / "file" / "below");
    FAIL() << "expected an output_error";
  } catch (maskmetrics::output_error const& problem) {
    EXPECT_NE(std::string(problem.what()).find((folder_ / "file" / "below").string()), std::string::npos);
  }
}

TEST(workload_json, numbers_are_printed_as_python_prints_them) {
  auto const text = [](double value, unsigned decimals) {
    std::string json;
    append_number(json, value, decimals);
    return json;
  };
  EXPECT_EQ(text(0, 2), "0.0");
  EXPECT_EQ(text(12, 2), "12.0");
  EXPECT_EQ(text(12.5, 2), "12.5");
  EXPECT_EQ(text(0.07, 2), "0.07");
  EXPECT_EQ(text(639.99, 2), "639.99");
  EXPECT_EQ(text(0.9995, 4), "0.9995");
  EXPECT_EQ(text(0.001, 4), "0.001");
}

}  // namespace
