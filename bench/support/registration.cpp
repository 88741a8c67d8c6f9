#include "support/registration.hpp"

namespace bench {

namespace {

benchmark::internal::Benchmark* register_family(std::string const& name, sized_bench const& run) {
  return benchmark::RegisterBenchmark(name.c_str(),
                                      [run](benchmark::State& state) {
                                        run(state, static_cast<std::uint32_t>(state.range(0)));
                                        state.SetComplexityN(state.range(0));
                                      })
      ->UseManualTime()
      ->Unit(benchmark::kMillisecond);
}

}  // namespace

void register_sizes(std::string const& name, std::uint32_t largest, sized_bench const& run) {
  register_family(name, run)->Arg(largest / 4)->Arg(largest / 2)->Arg(largest)->Complexity(benchmark::oN);
}

void register_size(std::string const& name, std::uint32_t size, sized_bench const& run) {
  register_family(name, run)->Arg(size);
}

int run_benches(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace bench
