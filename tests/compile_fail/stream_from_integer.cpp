// No integer, 0 above all, becomes the default stream by accident.
// expect: (use of deleted function|deleted constructor|deleted function).*stream_ref
#include <maskmetrics/stream.hpp>

void launch(maskmetrics::stream_ref stream);

void use(void* handle) {
#if defined(MUST_NOT_COMPILE)
  static_cast<void>(handle);
  launch(0);
#else
  launch(maskmetrics::stream_ref(handle));
#endif
}
