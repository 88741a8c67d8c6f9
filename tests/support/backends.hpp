/// @file
/// Every place where stages run, and arrays in its memory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <backend/backend.hpp>
#include <maskmetrics/context.hpp>

namespace support {

/// A backend with a number of threads.
struct backend_under_test {
  std::string name;  ///< for messages
  maskmetrics::backend const* stages = nullptr;
  maskmetrics::context ctx;  ///< what stages are called with
  std::shared_ptr<maskmetrics::execution> place;
};

/// The CPU with 1, 2 and 7 threads, and CUDA where there is a usable device.
[[nodiscard]] std::vector<backend_under_test> const& backends();

/// An array in a backend's memory.
template <class T>
class placed {
public:
  placed(backend_under_test const& where, std::size_t size)
      : where_(&where), values_(size, *where.ctx.memory, where.ctx.stream) {}
  placed(backend_under_test const& where, std::vector<T> const& values) : placed(where, values.size()) {
    if (!values.empty()) where.place->copy_in(values_.data(), values.data(), values.size() * sizeof(T));
  }

  [[nodiscard]] maskmetrics::view<T> all() const { return values_.all(); }
  /// Waits for what was queued and copies to the host.
  [[nodiscard]] std::vector<T> fetch() const { return fetch(*where_, values_); }
  [[nodiscard]] static std::vector<T> fetch(backend_under_test const& where, maskmetrics::buffer<T> const& values) {
    std::vector<T> on_host(values.size());
    if (!on_host.empty()) where.place->copy_out(on_host.data(), values.data(), on_host.size() * sizeof(T));
    where.place->synchronize();
    return on_host;
  }

private:
  backend_under_test const* where_;
  maskmetrics::buffer<T> values_;
};

}  // namespace support
