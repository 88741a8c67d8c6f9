/// @file
/// One caller's hold on a device.
#pragma once

#include <memory>

#include <backend/backend.hpp>

#include "common/device_memory.cuh"
#include "common/staging.cuh"

namespace maskmetrics::cuda {

/// What an execution needs of a device and leaves to the next one: making streams and pinned memory takes milliseconds.
struct device_kit {
  explicit device_kit(int ordinal);
  ~device_kit();
  device_kit(device_kit const&) = delete;
  device_kit& operator=(device_kit const&) = delete;

  int ordinal;
  cudaStream_t stages = nullptr;  ///< for contexts without a stream
  cudaStream_t copies = nullptr;  ///< to the device, beside the kernels
  cudaEvent_t mark = nullptr;     ///< orders the two
  staging_ring in;                ///< for copies
  staging_ring out;               ///< for the stream of the stages, to the host; also small copies to the device
};

class cuda_execution;

/// An execution's memory, by which the stages find their execution.
class execution_memory final : public checked_memory {
public:
  execution_memory(memory_resource& upstream, int ordinal, cuda_execution& owner)
      : checked_memory(upstream, ordinal), owner_(&owner) {}
  [[nodiscard]] cuda_execution& owner() const { return *owner_; }

private:
  cuda_execution* owner_;
};

class cuda_execution final : public execution {
public:
  /// @throws device_error where the context's stream or memory is of another device
  explicit cuda_execution(context const& wanted);
  ~cuda_execution() override;
  cuda_execution(cuda_execution const&) = delete;
  cuda_execution& operator=(cuda_execution const&) = delete;

  [[nodiscard]] context const& ctx() const override { return ctx_; }
  void copy_in(void* to, void const* from_host, std::size_t bytes) override;
  void copy_out(void* to_host, void const* from, std::size_t bytes) override;
  void synchronize() override;
  void collect() override;
  void forget() noexcept override;

  /// Copies that need not wait for kernels queued later: begin_copies() after the target was allocated, copy_ahead(),
  /// launches that do not read the target, end_copies(), launches that do.
  void begin_copies();
  void copy_ahead(void* to, void const* from_host, std::size_t bytes);
  void end_copies();
  /// On the stream of the stages.
  void copy_in_order(void* to, void const* from_host, std::size_t bytes);

private:
  std::unique_ptr<device_kit> kit_;
  context ctx_;
  execution_memory memory_;
};

/// The execution that a stage's context belongs to.
/// @throws device_error where there is none: stages are called with execution::ctx()
[[nodiscard]] cuda_execution& execution_of(context const& ctx);

}  // namespace maskmetrics::cuda
