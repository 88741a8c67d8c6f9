// A state that somebody changed: every three bytes of the input change one byte of a good state, whose checksum is then
// made to fit. An input_error, or a state that serialises to the same bytes and can be merged and computed.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include <zlib.h>

#include <maskmetrics/error.hpp>
#include <maskmetrics/evaluator.hpp>

namespace {

constexpr std::size_t checksum_at = 8;
constexpr std::size_t body_at = 24;

maskmetrics::evaluator make_evaluator() {
  maskmetrics::context ctx;
  ctx.device = {maskmetrics::device_kind::cpu, 0};
  ctx.threads = 1;
  maskmetrics::protocol how = maskmetrics::protocol::coco(maskmetrics::iou_type::bbox);
  how.iou_thresholds = {.5, .75};
  how.recall_thresholds = {0, .5, 1};
  return maskmetrics::evaluator(ctx, how);
}

std::string good_state() {
  std::array<double, 3> const scores{.9, .8, .7};
  std::array<std::int64_t, 3> const labels{1, 2, 1};
  std::array<double, 12> const boxes{0, 0, 10, 10, 5, 5, 20, 20, 1, 1, 9, 9};
  maskmetrics::evaluator of_boxes = make_evaluator();
  for (std::int64_t id = 1; id <= 3; ++id) {
    maskmetrics::image_update image;
    image.image_id = id;
    image.detections.count = 3;
    image.detections.scores = {scores.data()};
    image.detections.labels = {labels.data(), maskmetrics::number_type::int64};
    image.detections.boxes = {boxes.data()};
    image.ground_truths.emplace();
    image.ground_truths->count = static_cast<std::uint32_t>(id);
    image.ground_truths->labels = {labels.data(), maskmetrics::number_type::int64};
    image.ground_truths->boxes = {boxes.data()};
    of_boxes.update(image);
  }
  return of_boxes.state().serialize();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* bytes, std::size_t size) {
  static std::string const good = good_state();
  std::string state = good;
  for (std::size_t i = 0; i + 3 <= size; i += 3) {
    std::size_t const place = bytes[i] + 256U * bytes[i + 1];
    std::size_t const at = body_at + place % (state.size() - body_at);
    state[at] = static_cast<char>(state[at] ^ bytes[i + 2]);
  }
  std::uint64_t const sum =
      crc32_z(0, reinterpret_cast<unsigned char const*>(state.data()) + body_at, state.size() - body_at);
  std::memcpy(state.data() + checksum_at, &sum, sizeof sum);
  try {
    maskmetrics::evaluator_state const taken = maskmetrics::evaluator_state::deserialize(state);
    if (taken.serialize() != state) std::abort();
    maskmetrics::evaluator whole = make_evaluator();
    whole.merge(taken);
    if (whole.compute().num_images != taken.num_images()) std::abort();
  } catch (maskmetrics::error const&) {
    if (state == good) std::abort();
  }
  return 0;
}
