// Host memory does not pass for device memory.
// expect: (use of deleted function|deleted constructor|deleted function).*device_view
#include <maskmetrics/view.hpp>

void launch(maskmetrics::device_view<float const> scores);

void use(maskmetrics::host_view<float const> on_host, maskmetrics::device_view<float const> on_device) {
#if defined(MUST_NOT_COMPILE)
  launch(on_host);
  static_cast<void>(on_device);
#else
  launch(on_device);
  static_cast<void>(on_host);
#endif
}
