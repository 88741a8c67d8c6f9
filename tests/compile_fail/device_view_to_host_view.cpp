// Device memory does not pass for host memory.
// expect: (use of deleted function|deleted constructor|deleted function).*host_view
#include <maskmetrics/view.hpp>

void sum(maskmetrics::host_view<float const> scores);

void use(maskmetrics::host_view<float const> on_host, maskmetrics::device_view<float const> on_device) {
#if defined(MUST_NOT_COMPILE)
  sum(on_device);
  static_cast<void>(on_host);
#else
  sum(on_host);
  static_cast<void>(on_device);
#endif
}
