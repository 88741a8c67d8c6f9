// compute(): matching, ranking and accumulate over what an evaluator kept.
#include "support/kept_state.hpp"

int main(int argc, char** argv) {
  bench::register_state_benches("compute", [](bench::placed_state const& state) {
    state.matching();
    state.ranking();
    state.accumulate();
  });
  return bench::run_benches(argc, argv);
}
