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

}  // namespace maskmetrics
