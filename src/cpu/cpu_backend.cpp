#include <cstring>
#include <memory>

#include "backend/backend.hpp"
#include "cpu/stages.hpp"

namespace maskmetrics {

namespace {

/// Everything is done when the call returns.
class cpu_execution final : public execution {
public:
  explicit cpu_execution(context const& ctx) : ctx_(ctx) {
    ctx_.device = {device_kind::cpu, 0};
    ctx_.memory = &host_memory();
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

backend const& cpu_backend() {
  static constexpr backend table{
      .name = "cpu",
      .uses_host_memory = true,
      .open = [](context const& ctx) -> std::unique_ptr<execution> { return std::make_unique<cpu_execution>(ctx); },
      .pairwise = cpu::pairwise,
      .matching = cpu::matching,
      .ranking = cpu::ranking,
      .accumulate = cpu::accumulate,
      .dense_overlaps = cpu::dense_overlaps,
      .combine_prototypes = cpu::combine_prototypes,
  };
  return table;
}

}  // namespace maskmetrics
