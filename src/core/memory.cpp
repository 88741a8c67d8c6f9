#include <maskmetrics/memory.hpp>

#include <new>
#include <utility>

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

class callback_memory_resource final : public memory_resource {
public:
  callback_memory_resource(allocate_function allocate, deallocate_function deallocate)
      : allocate_(std::move(allocate)), deallocate_(std::move(deallocate)) {}

  void* allocate(std::size_t bytes, stream_ref stream) override {
    void* const pointer = allocate_(bytes, stream);
    if (pointer == nullptr) throw std::bad_alloc();
    return pointer;
  }
  void deallocate(void* pointer, std::size_t bytes, stream_ref stream) noexcept override {
    deallocate_(pointer, bytes, stream);
  }

private:
  allocate_function allocate_;
  deallocate_function deallocate_;
};

}  // namespace

std::unique_ptr<memory_resource> callback_memory(allocate_function allocate, deallocate_function deallocate) {
  return std::make_unique<callback_memory_resource>(std::move(allocate), std::move(deallocate));
}

memory_resource& host_memory() noexcept {
  static host_memory_resource resource;
  return resource;
}

}  // namespace maskmetrics
