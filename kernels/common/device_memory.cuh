/// @file
/// Device memory: the resources of memory.hpp, and one allocation for several arrays.
#pragma once

#include <cstddef>
#include <vector>

#include <maskmetrics/context.hpp>
#include <maskmetrics/memory.hpp>
#include <maskmetrics/view.hpp>

namespace maskmetrics::cuda {

/// Passes on to another resource and checks what a caller's own gives: memory of the device, or device_error with what
/// to do.
class checked_memory : public memory_resource {
public:
  /// @throws device_error for the library's resource of another device
  checked_memory(memory_resource& upstream, int ordinal);

  [[nodiscard]] void* allocate(std::size_t bytes, stream_ref stream) override;
  void deallocate(void* pointer, std::size_t bytes, stream_ref stream) noexcept override {
    upstream_->deallocate(pointer, bytes, stream);
  }
  [[nodiscard]] std::size_t available() override { return upstream_->available(); }

private:
  memory_resource* upstream_;
  int ordinal_;
  bool is_callers_;
};

}  // namespace maskmetrics::cuda
