/// @file
/// Copies between pageable host memory and a device, through pinned memory that is used again and again.
#pragma once

#include <cuda_runtime_api.h>

#include <array>
#include <cstddef>
#include <vector>

namespace maskmetrics::cuda {

/// Pinned memory in a few slots that take turns. A slot is filled while those before it travel; when its turn comes
/// again, its copies have to be over, and only for that does anything here wait. Not thread-safe.
class staging_ring {
public:
  static constexpr std::size_t num_slots = 4;
  static constexpr std::size_t slot_bytes = std::size_t{4} << 20U;

  staging_ring() = default;
  ~staging_ring();
  staging_ring(staging_ring const&) = delete;
  staging_ring& operator=(staging_ring const&) = delete;

  /// Queues a copy to the device. The source may change once it has returned.
  void copy_in(void* to, void const* from_host, std::size_t bytes, cudaStream_t stream);
  /// Queues a copy to the host. The target is complete after finish() and must live until then.
  void copy_out(void* to_host, void const* from, std::size_t bytes, cudaStream_t stream);
  /// Waits for the copies of every slot and completes what copy_out() promised.
  void finish();
  /// Forgets what copy_out() promised, after waiting for the copies; for when an error leaves the targets behind.
  void abandon() noexcept;

private:
  /// Bytes that arrive in a slot and belong elsewhere on the host.
  struct delivery {
    void* to_host;
    std::byte const* from;
    std::size_t bytes;
  };
  struct slot {
    std::byte* memory = nullptr;
    cudaEvent_t copied = nullptr;
    std::size_t used = 0;
    bool travelling = false;
    std::vector<delivery> deliveries;
  };

  /// Room for at least one byte. @param wanted  in: bytes asked for, out: bytes there are
  std::byte* reserve(std::size_t& wanted);
  void send(cudaStream_t stream);
  static void settle(slot& full);

  std::array<slot, num_slots> slots_;
  std::size_t current_ = 0;
};

}  // namespace maskmetrics::cuda
