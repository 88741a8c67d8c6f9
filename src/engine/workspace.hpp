/// @file
/// Memory of one evaluation in the backend's place.
#pragma once

#include <vector>

#include "backend/backend.hpp"

namespace maskmetrics {

/// Owns what the stages of one evaluation read and write. Host arrays are used in place where the backend can.
class workspace {
public:
  workspace(context const& ctx, backend const& stages) : ctx_(ctx), stages_(stages) {}

  /// Uninitialised memory for @p count elements.
  template <class T>
  [[nodiscard]] view<T> make(std::size_t count) {
    buffer<std::byte> memory(count * sizeof(T), stages_.memory(ctx_), {});
    view<T> const elements{reinterpret_cast<T*>(memory.data()), count};
    owned_.push_back(std::move(memory));
    return elements;
  }

  /// The host array where the stages can read it. The array must outlive the workspace's use.
  template <class T>
  [[nodiscard]] view<T const> place(std::vector<T> const& host) {
    if (stages_.uses_host_memory) return {host.data(), host.size()};
    view<T> const copy = make<T>(host.size());
    if (!host.empty()) stages_.copy_in(ctx_, copy.data(), host.data(), host.size() * sizeof(T));
    return copy;
  }

  /// Copies to the host; complete after backend::synchronize.
  template <class T>
  void fetch(view<T const> from, T* to_host) const {
    if (!from.empty()) stages_.copy_out(ctx_, to_host, from.data(), from.size() * sizeof(T));
  }

private:
  context const& ctx_;
  backend const& stages_;
  std::vector<buffer<std::byte>> owned_;
};

}  // namespace maskmetrics
