// Stage matching over what an evaluator kept.
#include "support/kept_state.hpp"

int main(int argc, char** argv) {
  bench::register_state_benches("matching", [](bench::placed_state const& state) { state.matching(); });
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
}
