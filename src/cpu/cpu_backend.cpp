#include <cstring>

#include "backend/backend.hpp"
#include "cpu/stages.hpp"

namespace maskmetrics {

backend const& cpu_backend() {
  static constexpr backend table{
      .name = "cpu",
      .uses_host_memory = true,
      .memory = [](context const&) -> memory_resource& { return host_memory(); },
      .copy_in = [](context const&, void* to, void const* from, std::size_t bytes) { std::memcpy(to, from, bytes); },
      .copy_out = [](context const&, void* to, void const* from, std::size_t bytes) { std::memcpy(to, from, bytes); },
      .synchronize = [](context const&) {},
      .pairwise = cpu::pairwise,
      .matching = cpu::matching,
      .ranking = cpu::ranking,
      .accumulate = cpu::accumulate,
  };
  return table;
}

}  // namespace maskmetrics
