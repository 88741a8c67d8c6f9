#include <maskmetrics/memory.hpp>

#include <new>

namespace maskmetrics {

namespace {

constexpr std::align_val_t cache_line{64};

class host_memory_resource final : public memory_resource {
public:
  void* allocate(std::size_t bytes, stream_ref /*stream*/) override { return ::operator new(bytes, cache_line); }
  void deallocate(void* pointer, std::size_t /*bytes*/, stream_ref /*stream*/) noexcept override {
    ::operator delete(pointer, cache_line);
  }
};

}  // namespace

memory_resource& host_memory() noexcept {
  static host_memory_resource resource;
  return resource;
}

}  // namespace maskmetrics
