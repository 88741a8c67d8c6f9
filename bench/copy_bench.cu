// The ceiling of everything that moves bytes: a large copy on the device, bytes read plus bytes written.
#include <cuda_runtime_api.h>

#include "support/device_timer.hpp"
#include "support/registration.hpp"

int main(int argc, char** argv) {
  for (bench::place const& where : bench::places()) {
    if (where.name != "cuda") continue;
    benchmark::RegisterBenchmark("copy/cuda/4GiB",
                                 [&where](benchmark::State& state) {
                                   std::size_t const bytes = std::size_t{4} << 30U;
                                   bench::placed<std::byte> const from(where, bytes);
                                   bench::placed<std::byte> const to(where, bytes);
                                   auto* const stream = static_cast<cudaStream_t>(where.ctx().stream.handle());
                                   cudaMemsetAsync(from.all().data(), 0x5A, bytes, stream);
                                   bench::run_timed(state, where, [&] {
                                     cudaMemcpyAsync(to.all().data(), from.all().data(), bytes,
                                                     cudaMemcpyDeviceToDevice, stream);
                                   });
                                   state.SetBytesProcessed(static_cast<std::int64_t>(2 * bytes) * state.iterations());
                                 })
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond);
  }
  return bench::run_benches(argc, argv);
}
