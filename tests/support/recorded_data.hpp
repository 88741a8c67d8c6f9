/// @file
/// Recorded data sets, which lie beside the repository and not in it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace maskmetrics::testing {

/// $MASKMETRICS_TEST_DATA, or shared/data beside the repository.
inline std::filesystem::path recorded_data_folder() {
  if (char const* folder = std::getenv("MASKMETRICS_TEST_DATA")) return folder;
  return std::filesystem::path(MASKMETRICS_SOURCE_DIR).parent_path() / "shared" / "data";
}

/// Fixture of tests on recorded data. Without the data they are skipped, but fail where CI is "true".
/// Base is ::testing::Test or ::testing::TestWithParam<T>.
template <class Base = ::testing::Test>
class recorded_data_test : public Base {
protected:
  void SetUp() override {
    if (std::filesystem::is_directory(recorded_data_folder())) return;
    std::string const reason = "no recorded data at " + recorded_data_folder().string() + " (MASKMETRICS_TEST_DATA)";
    char const* const ci = std::getenv("CI");
    if (ci != nullptr && std::string_view(ci) == "true") FAIL() << reason;
    GTEST_SKIP() << reason;
  }

  [[nodiscard]] static std::filesystem::path recorded(std::string_view name) { return recorded_data_folder() / name; }
};

}  // namespace maskmetrics::testing
