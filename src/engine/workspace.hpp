/// @file
/// Memory of one evaluation in the backend's place.
#pragma once

#include <exception>
#include <vector>

#include "backend/backend.hpp"

namespace maskmetrics {

/// Owns what the stages of one evaluation read and write. Host arrays are used in place where the backend can.
class workspace {
public:
  workspace(execution& place, bool uses_host_memory) : place_(place), uses_host_memory_(uses_host_memory) {}

  /// Uninitialised memory for @p count elements.
  template <class T>
  [[nodiscard]] view<T> make(std::size_t count) {
    buffer<std::byte> memory(count * sizeof(T), *place_.ctx().memory, place_.ctx().stream);
    view<T> const elements{reinterpret_cast<T*>(memory.data()), count};
    owned_.push_back(std::move(memory));
    return elements;
  }

  /// The host array where the stages can read it. The array must outlive the workspace's use.
  template <class T>
  [[nodiscard]] view<T const> place(std::vector<T> const& host) {
    if (uses_host_memory_) return {host.data(), host.size()};
    view<T> const copy = make<T>(host.size());
    if (!host.empty()) place_.copy_in(copy.data(), host.data(), host.size() * sizeof(T));
    return copy;
  }

  /// Copies to the host; complete after execution::synchronize.
  template <class T>
  void fetch(view<T const> from, T* to_host) const {
    if (!from.empty()) place_.copy_out(to_host, from.data(), from.size() * sizeof(T));
  }

private:
  execution& place_;
  bool uses_host_memory_;
  std::vector<buffer<std::byte>> owned_;
};

/// Made after the targets of fetch(): where an error leaves the scope before they arrived, nothing writes to them
/// later.
class fetch_scope {
public:
  explicit fetch_scope(execution& place) : place_(place) {}
  ~fetch_scope() {
    if (std::uncaught_exceptions() > before_) place_.forget();
  }
  fetch_scope(fetch_scope const&) = delete;
  fetch_scope& operator=(fetch_scope const&) = delete;

private:
  execution& place_;
  int before_ = std::uncaught_exceptions();
};

}  // namespace maskmetrics
