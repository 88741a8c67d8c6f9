// The CUDA backend with its kernels run on the host, under the names that the engine asks for: linked into a test it
// takes the place of kernels/cuda_backend.cu or src/backend/cuda_unavailable.cpp, so that cuda:0 is the emulator.
#include <cstring>
#include <memory>

#include <backend/backend.hpp>
#include <maskmetrics/version.hpp>
#include <stages.hpp>

#include "emulation/every_way.hpp"
#include "emulation/guarded_memory.hpp"
#include "emulation/thrust_ranking.hpp"

namespace maskmetrics {

namespace {

/// The next of many ways to run: order of threads and blocks, contents of fresh memory. No result may show it.
emulation::schedule next_schedule() {
  using emulation::schedule_order;
  static std::uint64_t call = 0;
  ++call;
  constexpr schedule_order orders[] = {schedule_order::forward, schedule_order::shuffled, schedule_order::reverse};
  constexpr std::uint8_t poisons[] = {0xA5, 0xFF, 0x00, 0x7F};
  return {orders[call % 3], call, poisons[call % 4]};
}

template <auto Stage, class... Arguments>
auto run_stage(Arguments const&... arguments) {
  emulation::scoped_schedule const scope(next_schedule());
  struct check_after {
    ~check_after() noexcept(false) { emulation::check_guarded_memory(); }
  } const check;
  return Stage(arguments...);
}

class emulated_execution final : public execution {
public:
  explicit emulated_execution(context const& ctx) : ctx_(ctx) {
    if (ctx_.memory == nullptr) ctx_.memory = &emulation::guarded_memory();
  }

  [[nodiscard]] context const& ctx() const override { return ctx_; }
  void copy_in(void* to, void const* from_host, std::size_t bytes) override { std::memcpy(to, from_host, bytes); }
  void copy_out(void* to_host, void const* from, std::size_t bytes) override { std::memcpy(to_host, from, bytes); }
  void synchronize() override {}
  void collect() override {}
  void forget() noexcept override {}

private:
  context ctx_;
};

}  // namespace

bool built_with_cuda() noexcept {
  return true;
}

availability cuda_availability(int ordinal) {
  return ordinal == 0 ? availability{true, {}} : availability{false, "the emulator is cuda:0"};
}

void order_streams(int /*ordinal*/, stream_ref /*before*/, stream_ref /*after*/) {}  // all is done when a call returns

memory_resource& cuda_pool_memory(int /*ordinal*/) {
  return emulation::guarded_memory();
}

memory_resource& cuda_plain_memory(int /*ordinal*/) {
  return emulation::guarded_memory();
}

backend const& cuda_backend() {
  static constexpr backend table{
      .name = "emulated cuda",
      .uses_host_memory = false,
      .open = [](context const& ctx) -> std::unique_ptr<execution> {
        return std::make_unique<emulated_execution>(ctx);
      },
      .pairwise = run_stage<emulated::pairwise, context, pairwise_input, pairwise_measures>,
      .matching = run_stage<emulated::matching, context, matching_input, matching_output>,
      .ranking = emulation::thrust_ranking,
      .accumulate = run_stage<emulated::accumulate, context, accumulate_input, accumulate_output>,
      .dense_overlaps =
          run_stage<emulated::dense_overlaps, context, view<dense_image const>, dense_boundaries, dense_output>,
      .combine_prototypes = run_stage<emulated::combine_prototypes, context, prototype_maps, view<float>>,
  };
  return table;
}

}  // namespace maskmetrics
