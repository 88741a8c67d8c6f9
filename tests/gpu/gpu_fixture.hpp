/// @file
/// Tests that need a GPU. Without one they are skipped, and the program says how many were and why.
#pragma once

#include <gtest/gtest.h>

#include <backend/backend.hpp>

namespace gpu {

class device_test : public ::testing::Test {
protected:
  void SetUp() override {
    maskmetrics::availability const state = maskmetrics::cuda_availability(0);
    if (!state.usable) GTEST_SKIP() << state.reason;
  }
};

/// On a device.
[[nodiscard]] inline maskmetrics::context on_cuda(int ordinal = 0) {
  maskmetrics::context ctx;
  ctx.device = {maskmetrics::device_kind::cuda, ordinal};
  return ctx;
}

}  // namespace gpu
