#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>

#include <maskmetrics/error.hpp>
#include <maskmetrics/report.hpp>

#include "end_to_end/synthetic_evaluation.hpp"

namespace maskmetrics {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::string content_of(fs::path const& file) {
  std::ifstream stream(file, std::ios::binary);
  EXPECT_TRUE(stream) << file;
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

void put(fs::path const& file, std::string const& content) {
  std::ofstream(file, std::ios::binary) << content;
}

std::string message_of(auto const& action) {
  try {
    action();
  } catch (output_error const& failure) {
    return failure.what();
  }
  return "no error";
}

/// A folder of its own for each test.
class output : public ::testing::Test {
protected:
  void SetUp() override {
    auto const* const info = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(::testing::TempDir()) / (std::string("maskmetrics_output_") + info->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  [[nodiscard]] std::vector<std::string> names_in(fs::path const& folder) const {
    std::vector<std::string> names;
    for (auto const& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
    return names;
  }

  fs::path folder_;
};

TEST_F(output, makes_folders_and_leaves_nothing_else) {
  fs::path const file = folder_ / "a" / "b" / "result.json";
  write_text(file, "text");
  EXPECT_EQ(content_of(file), "text");
  EXPECT_THAT(names_in(file.parent_path()), ElementsAre("result.json"));
}

TEST_F(output, replaces_a_file_and_the_file_behind_a_link) {
  put(folder_ / "target", "old");
  fs::create_symlink("target", folder_ / "link");
  write_text(folder_ / "link", "new");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_EQ(content_of(folder_ / "target"), "new");
  EXPECT_THAT(names_in(folder_), UnorderedElementsAre("target", "link"));
}

TEST_F(output, arrays_are_numpy_files) {
  evaluation const result = testing::synthetic_evaluation(protocol::coco(iou_type::bbox));
  write_arrays(folder_ / "arrays", result);
  EXPECT_THAT(names_in(folder_ / "arrays"), UnorderedElementsAre("precision.npy", "recall.npy", "scores.npy"));
  std::string const recall = content_of(folder_ / "arrays" / "recall.npy");
  ASSERT_EQ(recall.size(), 128 + result.recall.size() * sizeof(double));
  EXPECT_THAT(recall.substr(0, 128), ::testing::HasSubstr("'shape': (10, 13, 4, 3)"));
  EXPECT_EQ(std::memcmp(recall.data() + 128, result.recall.data(), result.recall.size() * sizeof(double)), 0);
  EXPECT_EQ(content_of(folder_ / "arrays" / "scores.npy").size(), 128 + result.scores.size() * sizeof(double));
}

TEST_F(output, arrays_of_lvis_have_no_axis_for_one_cap_and_no_scores) {
  protocol how = protocol::lvis(iou_type::bbox);
  write_arrays(folder_ / "one", testing::synthetic_evaluation(how));
  EXPECT_THAT(names_in(folder_ / "one"), UnorderedElementsAre("precision.npy", "recall.npy"));
  EXPECT_THAT(content_of(folder_ / "one" / "precision.npy"), ::testing::HasSubstr("'shape': (10, 101, 13, 4)"));
  EXPECT_THAT(content_of(folder_ / "one" / "recall.npy"), ::testing::HasSubstr("'shape': (10, 13, 4)"));
  how.max_dets = {10, 300};
  write_arrays(folder_ / "two", testing::synthetic_evaluation(how));
  EXPECT_THAT(content_of(folder_ / "two" / "recall.npy"), ::testing::HasSubstr("'shape': (10, 13, 4, 2)"));
}

TEST_F(output, nothing_appears_without_commit) {
  {
    output_set files;
    files.add_text(folder_ / "made" / "result.json", "text");
    files.add_arrays(folder_ / "made" / "arrays", testing::synthetic_evaluation(protocol::coco(iou_type::bbox)));
    EXPECT_FALSE(fs::exists(folder_ / "made" / "result.json"));
  }
  EXPECT_THAT(names_in(folder_), IsEmpty());
}

TEST_F(output, a_later_failure_takes_earlier_files_back) {
  put(folder_ / "first", "old");
  output_set files;
  files.add_text(folder_ / "first", "new");
  files.add_text(folder_ / "made" / "second", "new");
  files.add_text(folder_ / "third", "new");
  fs::create_directory(folder_ / "third");  // between adding and committing
  EXPECT_EQ(message_of([&] { files.commit(); }), "cannot write " + (folder_ / "third").string() + ": Is a directory");
  EXPECT_EQ(content_of(folder_ / "first"), "old");
  EXPECT_THAT(names_in(folder_), UnorderedElementsAre("first", "third"));
}

TEST_F(output, errors_name_file_and_reason) {
  EXPECT_EQ(message_of([&] { write_text(folder_, "text"); }), "cannot write " + folder_.string() + ": Is a directory");
  put(folder_ / "file", "");
  fs::path const below = folder_ / "file" / "result.json";
  EXPECT_EQ(message_of([&] { write_text(below, "text"); }), "cannot write " + below.string() + ": Not a directory");
  EXPECT_EQ(message_of([&] { check_writable(below); }), "cannot write " + below.string() + ": Not a directory");
  EXPECT_EQ(message_of([&] { check_writable(""); }), "cannot write : Is a directory");
}

TEST_F(output, a_full_device_is_an_error_and_stays_a_device) {
  if (!fs::is_character_file("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  EXPECT_EQ(message_of([] { write_text("/dev/full", "text"); }), "cannot write /dev/full: No space left on device");
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

TEST_F(output, check_writable_writes_nothing) {
  check_writable(folder_ / "not" / "there" / "yet.json");
  EXPECT_THAT(names_in(folder_), IsEmpty());
}

}  // namespace
}  // namespace maskmetrics
