// The streaming evaluator as a training loop uses it: update() of every image with bool masks where they are, then
// compute(); on the caller's thread, or queued for a thread of the evaluator's own. Sizes are images of 100 detections
// and 10 ground truths; bytes/s are those of detection masks, each counted once. On the device the masks of some images
// take turns, more than fit into its caches.
#include <maskmetrics/evaluator.hpp>

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "support/dense_masks.hpp"
#include "support/device_timer.hpp"
#include "support/registration.hpp"

namespace {

constexpr std::uint32_t num_found = 100;
constexpr std::uint32_t num_true = 10;
constexpr std::uint32_t height = 480;
constexpr std::uint32_t width = 640;
constexpr std::uint32_t num_kinds = 16;  // of images
constexpr std::size_t mask_bytes = std::size_t{height} * width;

/// Images whose masks lie in a place's memory, and whose scores and labels do not.
class images {
public:
  explicit images(bench::place const& where)
      : space_(where.name == "cpu" ? maskmetrics::memory_space::host : maskmetrics::memory_space::device),
        random_(1),
        found_(where, bench::random_rectangles(random_, num_kinds * num_found, height, width)),
        true_(where, bench::random_rectangles(random_, num_kinds * num_true, height, width)) {
    for (std::uint32_t i = 0; i < num_found; ++i) {
      scores_.push_back(static_cast<double>(random_() % 10000) / 10000);
      labels_.push_back(static_cast<std::int64_t>(random_() % 80));
    }
  }

  [[nodiscard]] maskmetrics::image_update image(std::uint32_t id) const {
    maskmetrics::image_update one;
    one.image_id = id;
    one.height = height;
    one.width = width;
    one.detections.count = num_found;
    one.detections.scores = {scores_.data()};
    one.detections.labels = {labels_.data(), maskmetrics::number_type::int64};
    one.detections.masks = masks(found_, id, num_found);
    one.ground_truths.emplace();
    one.ground_truths->count = num_true;
    one.ground_truths->labels = one.detections.labels;
    one.ground_truths->masks = masks(true_, id, num_true);
    return one;
  }

private:
  [[nodiscard]] maskmetrics::image_masks masks(bench::placed<unsigned char> const& all, std::uint32_t id,
                                               std::uint32_t count) const {
    unsigned char const* const first = all.all().data() + id % num_kinds * count * mask_bytes;
    return {maskmetrics::contiguous_masks(first, count, height, width), space_};
  }

  maskmetrics::memory_space space_;
  std::mt19937_64 random_;
  bench::placed<unsigned char> found_;
  bench::placed<unsigned char> true_;
  std::vector<double> scores_;
  std::vector<std::int64_t> labels_;
};

void validate(benchmark::State& state, bench::place const& where, std::size_t queue_length, std::uint32_t num_images) {
  images const& data = bench::keep_last(where.name, [&] { return images(where); });
  maskmetrics::evaluator_options options;
  options.queue_length = queue_length;
  maskmetrics::evaluator masks(where.ctx(), maskmetrics::protocol::coco(maskmetrics::iou_type::segm), options);
  bench::run_timed(state, where, [&] {
    masks.reset();
    for (std::uint32_t id = 0; id < num_images; ++id) masks.update(data.image(id));
    benchmark::DoNotOptimize(masks.compute().precision.data());
  });
  std::int64_t const detections = state.iterations() * std::int64_t{num_images} * num_found;
  state.SetItemsProcessed(detections);
  state.SetBytesProcessed(detections * static_cast<std::int64_t>(mask_bytes));
}

}  // namespace

int main(int argc, char** argv) {
  for (bench::place const& where : bench::places()) {
    for (std::size_t const queue_length : {0U, 16U}) {
      bench::register_sizes("evaluator/" + where.name + "/100x480x640,gt10" + (queue_length != 0 ? ",queued" : ""),
                            where.name == "cpu" ? 64 : 5000,
                            [&where, queue_length](benchmark::State& state, std::uint32_t size) {
                              validate(state, where, queue_length, size);
                            });
    }
  }
  return bench::run_benches(argc, argv);
}
