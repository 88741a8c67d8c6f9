// A buffer moves; a copy would have to say on which stream.
// expect: (use of deleted function|deleted constructor|deleted function).*buffer
#include <maskmetrics/memory.hpp>

#include <utility>

maskmetrics::buffer<double> pass_on(maskmetrics::buffer<double>& scores) {
#if defined(MUST_NOT_COMPILE)
  return scores;
#else
  return std::move(scores);
#endif
}
