/// @file
/// A memory resource that runs out.
#pragma once

#include <cstddef>
#include <new>

#include <maskmetrics/memory.hpp>

namespace support {

/// Passes on to another resource until @p limit bytes are held at once; says how many are left.
class limited_memory final : public maskmetrics::memory_resource {
public:
  limited_memory(maskmetrics::memory_resource& upstream, std::size_t limit) : upstream_(&upstream), limit_(limit) {}

  [[nodiscard]] void* allocate(std::size_t bytes, maskmetrics::stream_ref stream) override {
    if (bytes > limit_ - held_) throw std::bad_alloc();
    void* const pointer = upstream_->allocate(bytes, stream);
    held_ += bytes;
    if (held_ > most_held_) most_held_ = held_;
    ++calls_;
    return pointer;
  }
  void deallocate(void* pointer, std::size_t bytes, maskmetrics::stream_ref stream) noexcept override {
    held_ -= bytes;
    upstream_->deallocate(pointer, bytes, stream);
  }
  [[nodiscard]] std::size_t available() override { return limit_ - held_; }

  [[nodiscard]] std::size_t held() const { return held_; }
  [[nodiscard]] std::size_t most_held() const { return most_held_; }
  [[nodiscard]] std::size_t calls() const { return calls_; }

private:
  maskmetrics::memory_resource* upstream_;
  std::size_t limit_;
  std::size_t held_ = 0;
  std::size_t most_held_ = 0;
  std::size_t calls_ = 0;
};

}  // namespace support
