#include <gtest/gtest.h>

#include <cstdio>

#include <backend/backend.hpp>

namespace {

/// Ends the run with what was left out, so that nobody takes a skipped test for a passed one.
class skip_count : public ::testing::EmptyTestEventListener {
public:
  void OnTestProgramEnd(::testing::UnitTest const& all) override {
    if (all.skipped_test_count() == 0) return;
    maskmetrics::availability const state = maskmetrics::cuda_availability(0);
    if (state.usable) {
      std::printf("%d tests skipped: they need more than one GPU\n", all.skipped_test_count());
    } else {
      std::printf("%d GPU tests not run: no CUDA device (%s)\n", all.skipped_test_count(), state.reason.c_str());
    }
  }
};

}  // namespace

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  ::testing::UnitTest::GetInstance()->listeners().Append(new skip_count);
  return RUN_ALL_TESTS();
}
