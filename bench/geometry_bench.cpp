// Stage geometry: masks to intervals. Sizes are masks; bytes/s are those of strings, counts or coordinates.
//
//   geometry/<place>/<form>/<shape>    decoding and areas by all threads, as the stage pairwise does it for detections
//                                      without ground truth; on a device the masks' way there counts
//   geometry/decoder/<form>/<shape>    maskmetrics::mask_decoder on one thread: intervals, area and tight box
#include <cmath>
#include <numbers>

#include "support/mask_scene.hpp"
#include "support/registration.hpp"

namespace {

using bench::mask_shape;
using maskmetrics::mask_batch;
using maskmetrics::mask_form;

constexpr std::uint32_t many = 100003;
constexpr std::uint32_t few = 5000;

double somewhere(std::mt19937_64& random, std::uint32_t length) {
  return 80 + (length - 160) * bench::unit(random);
}

mask_batch run_lengths(mask_form form, mask_shape shape, std::uint32_t count) {
  std::mt19937_64 random(1);
  bench::batch_builder batch(form);
  for (std::uint32_t m = 0; m < count; ++m) {
    double const x = somewhere(random, bench::image_width);
    batch.add(bench::make_mask(random, shape, x, somewhere(random, bench::image_height)));
  }
  return batch.finish();
}

/// Rings that are easy and hard to rasterise.
enum class ring_shape : unsigned char { octagon, star, sliver, outside, rings };
char const* name_of(ring_shape shape) {
  constexpr char const* names[] = {"octagon", "star", "sliver", "outside", "rings"};
  return names[static_cast<std::size_t>(shape)];
}

/// 2,000 points, in turn near and far from the centre: every column is crossed again and again.
std::vector<double> star(double x, double y, double radius) {
  constexpr int num_points = 2000;
  std::vector<double> ring;
  for (int i = 0; i < num_points; ++i) {
    double const angle = 2 * std::numbers::pi * i / num_points;
    double const distance = i % 2 == 0 ? radius : radius / 4;
    ring.push_back(x + distance * std::cos(angle));
    ring.push_back(y + distance * std::sin(angle));
  }
  return ring;
}

std::vector<std::vector<double>> make_rings(std::mt19937_64& random, ring_shape shape) {
  double const x = somewhere(random, bench::image_width);
  double const y = somewhere(random, bench::image_height);
  double const radius = 10 + 60 * bench::unit(random);
  switch (shape) {
    case ring_shape::octagon:
      return {bench::octagon_ring(x, y, radius)};
    case ring_shape::star:
      return {star(x, y, radius)};
    case ring_shape::sliver:
      return {{x - 2 * radius, y, x + 2 * radius, y + .3, x + 2 * radius, y + .6}};
    case ring_shape::outside:
      return {bench::octagon_ring(x + bench::image_width, y, radius + 500)};
    case ring_shape::rings: {
      std::vector<std::vector<double>> rings;
      for (int i = 0; i < 20; ++i) rings.push_back(bench::octagon_ring(x + 5 * i, y + 3 * i, radius / 2));
      return rings;
    }
  }
  return {};
}

mask_batch polygons(ring_shape shape, std::uint32_t count) {
  std::mt19937_64 random(1);
  bench::batch_builder batch(mask_form::text);
  for (std::uint32_t m = 0; m < count; ++m) batch.add_polygon(make_rings(random, shape));
  return batch.finish();
}

void count_work(benchmark::State& state, std::size_t num_masks, std::size_t bytes) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(num_masks));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
}

void decode_in_stage(benchmark::State& state, bench::place const& where, bench::mask_scene const& scene) {
  bench::placed_scene const placed(where, scene, bench::overlap_of::masks);
  bench::run_timed(state, where, [&] { placed.pairwise(); });
  count_work(state, placed.num_detections(), placed.bytes());
}

void decode_one_by_one(benchmark::State& state, mask_batch const& masks) {
  maskmetrics::mask_decoder decoder;
  maskmetrics::mask_intervals mask;
  bench::run_timed(state, bench::places().front(), [&] {
    for (std::size_t row = 0; row < masks.entries.size(); ++row) {
      benchmark::DoNotOptimize(decoder.decode(masks, row, bench::image_height, bench::image_width, nullptr, mask));
    }
  });
  count_work(state, masks.entries.size(), bench::payload_bytes(masks));
}

/// Registers one kind of masks in every place and for the decoder.
/// @param make  a batch of a number of masks
template <class Make>
void register_masks(std::string const& kind, std::uint32_t largest, Make const& make) {
  auto const scene_of = [kind, make](std::uint32_t size) -> bench::mask_scene const& {
    return bench::keep_last(kind + std::to_string(size), [&] { return bench::mask_scene(make(size)); });
  };
  auto const add = largest >= many ? bench::register_sizes : bench::register_size;
  for (bench::place const& where : bench::places()) {
    add("geometry/" + where.name + "/" + kind, largest,
        [&where, scene_of](benchmark::State& state, std::uint32_t size) {
          decode_in_stage(state, where, scene_of(size));
        });
  }
  add("geometry/decoder/" + kind, largest,
      [scene_of](benchmark::State& state, std::uint32_t size) { decode_one_by_one(state, scene_of(size).detections); });
}

}  // namespace

int main(int argc, char** argv) {
  for (auto const& [name, form] :
       {std::pair{"text/", mask_form::text}, {"json_text/", mask_form::json_text}, {"counts/", mask_form::counts}}) {
    for (mask_shape const shape : {mask_shape::octagon, mask_shape::large, mask_shape::bar, mask_shape::dust,
                                   mask_shape::empty, mask_shape::full}) {
      register_masks(std::string(name) + bench::name_of(shape), shape == mask_shape::octagon ? many : few,
                     [form = form, shape](std::uint32_t count) { return run_lengths(form, shape, count); });
    }
  }
  for (ring_shape const shape :
       {ring_shape::octagon, ring_shape::star, ring_shape::sliver, ring_shape::outside, ring_shape::rings}) {
    register_masks(std::string("polygons/") + name_of(shape), shape == ring_shape::octagon ? many : few,
                   [shape](std::uint32_t count) { return polygons(shape, count); });
  }
  return bench::run_benches(argc, argv);
}
