// Which backend an evaluation takes, with the emulator as the one CUDA device.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include <backend/backend.hpp>
#include <maskmetrics/error.hpp>
#include <maskmetrics/evaluate.hpp>

namespace {

using maskmetrics::choose_backend;
using maskmetrics::device;
using maskmetrics::device_kind;
using maskmetrics::iou_type;
using maskmetrics::protocol;

std::string refusal_of(device wanted) {
  try {
    static_cast<void>(choose_backend(wanted));
    return {};
  } catch (maskmetrics::device_error const& failure) {
    return failure.what();
  }
}

TEST(device_choice, of_automatic_is_cuda_where_it_can) {
  auto const chosen = choose_backend({});
  EXPECT_EQ(chosen.stages, &maskmetrics::cuda_backend());
  EXPECT_EQ(to_string(chosen.chosen), "cuda:0");
  EXPECT_EQ(chosen.fallback, "");
}

TEST(device_choice, of_cpu_is_cpu) {
  auto const chosen = choose_backend({device_kind::cpu, 0});
  EXPECT_EQ(chosen.stages, &maskmetrics::cpu_backend());
  EXPECT_EQ(chosen.fallback, "");
}

TEST(device_choice, falls_back_from_an_ordinal_that_is_not_there) {
  auto const chosen = choose_backend({device_kind::automatic, 3});
  EXPECT_EQ(chosen.stages, &maskmetrics::cpu_backend());
  EXPECT_EQ(chosen.fallback, "the emulator is cuda:0");
}

TEST(device_choice, refuses_what_was_asked_for_and_cannot_be) {
  EXPECT_EQ(refusal_of({device_kind::cuda, 3}), "device cuda:3 cannot be used: the emulator is cuda:0");
}

TEST(device_choice, tells_of_a_fallback_once) {
  maskmetrics::dataset const nothing;
  maskmetrics::detections const none;
  maskmetrics::context ctx;
  ctx.device = {device_kind::automatic, 3};
  auto const result = maskmetrics::evaluate(ctx, nothing, none, protocol::coco(iou_type::boundary));
  EXPECT_EQ(to_string(result.device), "cpu");
  auto const told = std::count_if(result.warnings.begin(), result.warnings.end(),
                                  [](auto const& w) { return w.code == "cuda_unavailable"; });
  EXPECT_EQ(told, 1);
}

}  // namespace
