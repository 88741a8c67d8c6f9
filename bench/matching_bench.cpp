// Stage matching over what an evaluator kept.
#include "support/kept_state.hpp"

int main(int argc, char** argv) {
  bench::register_state_benches("matching", [](bench::placed_state const& state) { state.matching(); });
  return bench::run_benches(argc, argv);
}
