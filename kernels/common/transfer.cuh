/// @file
/// Copies between host and device inside of a stage.
#pragma once

#include <cstddef>

#include <maskmetrics/context.hpp>

#include "common/launch.cuh"

namespace maskmetrics::MASKMETRICS_KERNELS {

#if defined(MASKMETRICS_EMULATED)
/// Copies that kernels queued between begin() and end() do not wait for. The emulator copies at once.
class upload_scope {
public:
  explicit upload_scope(context const& /*ctx*/) {}
  void copy(void* to, void const* from_host, std::size_t bytes) {
    if (bytes != 0) std::memcpy(to, from_host, bytes);
  }
  void end() {}
};

inline void upload_in_order(context const& /*ctx*/, void* to, void const* from_host, std::size_t bytes) {
  if (bytes != 0) std::memcpy(to, from_host, bytes);
}

inline void download_and_wait(context const& /*ctx*/, void* to_host, void const* from, std::size_t bytes) {
  if (bytes != 0) std::memcpy(to_host, from, bytes);
}
#else
/// Copies to the device through pinned memory, beside kernels that are queued between its making and end(): make it
/// after the targets were allocated, copy(), launch what does not read the targets, end(), launch what does.
class upload_scope {
public:
  /// @throws device_error where ctx is not one of an execution
  explicit upload_scope(context const& ctx);
  ~upload_scope();
  upload_scope(upload_scope const&) = delete;
  upload_scope& operator=(upload_scope const&) = delete;

  /// The source may change once it has returned.
  void copy(void* to, void const* from_host, std::size_t bytes);
  /// Lets everything queued from here on wait for the copies.
  void end();

private:
  context const& ctx_;
  bool open_ = true;
};

/// Copies to the device through pinned memory, between what was queued before and what will be. For a few bytes, which
/// are there sooner than copies beside the kernels can be ordered.
void upload_in_order(context const& ctx, void* to, void const* from_host, std::size_t bytes);

/// Copies a few bytes to the host and waits for the stream.
void download_and_wait(context const& ctx, void* to_host, void const* from, std::size_t bytes);
#endif

}  // namespace maskmetrics::MASKMETRICS_KERNELS
