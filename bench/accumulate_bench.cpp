// Stage accumulate over what an evaluator kept.
#include "support/kept_state.hpp"

int main(int argc, char** argv) {
  bench::register_state_benches("accumulate", [](bench::placed_state const& state) { state.accumulate(); });
  return bench::run_benches(argc, argv);
}
