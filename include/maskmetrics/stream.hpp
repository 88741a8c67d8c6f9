/// @file
/// A stream by handle, without a CUDA header.
#pragma once

namespace maskmetrics {

/// Non-owning reference to a CUDA stream (a cudaStream_t). Work on the CPU ignores it.
/// There is no default stream to fall into by accident: an integer does not convert.
class stream_ref {
public:
  constexpr stream_ref() = default;
  constexpr explicit stream_ref(void* handle) : handle_(handle) {}
  stream_ref(int) = delete;

  [[nodiscard]] constexpr void* handle() const { return handle_; }
  friend bool operator==(stream_ref, stream_ref) = default;

private:
  void* handle_ = nullptr;
};

/// Handle of CUDA's default stream (cudaStreamLegacy), which waits for every stream that does not refuse to.
[[nodiscard]] inline stream_ref default_stream() {
  return stream_ref(reinterpret_cast<void*>(1));
}

/// Lets what is queued on @p after from here on wait for what is queued on @p before. Waits for nothing itself.
/// @param ordinal  CUDA device of both streams
/// @throws device_error where the device or a stream cannot be used
void order_streams(int ordinal, stream_ref before, stream_ref after);

}  // namespace maskmetrics
