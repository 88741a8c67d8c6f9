/// @file
/// Non-owning arrays. host_view and device_view do not convert into each other, so a pointer cannot
/// silently change memory.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "maskmetrics/host_device.hpp"

namespace maskmetrics {

/// Pointer and length, whatever the memory. Stage interfaces use it: there the context's device
/// decides which memory is meant. Trivially copyable, so kernels take it by value.
template <class T>
class view {
public:
  constexpr view() = default;
  MASKMETRICS_HOST_DEVICE constexpr view(T* data, std::size_t size) : data_(data), size_(size) {}
  /// A view of mutable elements is a view of constant ones.
  template <class U, class = std::enable_if_t<std::is_same_v<T, U const>>>
  MASKMETRICS_HOST_DEVICE constexpr view(view<U> other) : data_(other.data()), size_(other.size()) {}

  MASKMETRICS_HOST_DEVICE constexpr T* data() const { return data_; }
  MASKMETRICS_HOST_DEVICE constexpr std::size_t size() const { return size_; }
  MASKMETRICS_HOST_DEVICE constexpr bool empty() const { return size_ == 0; }
  MASKMETRICS_HOST_DEVICE constexpr T& operator[](std::size_t i) const { return data_[i]; }
  MASKMETRICS_HOST_DEVICE constexpr T* begin() const { return data_; }
  MASKMETRICS_HOST_DEVICE constexpr T* end() const { return data_ + size_; }
  MASKMETRICS_HOST_DEVICE constexpr view subview(std::size_t first, std::size_t count) const {
    return {data_ + first, count};
  }

private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

template <class T>
class device_view;

/// A view of host memory.
template <class T>
class host_view : public view<T> {
public:
  using view<T>::view;
  constexpr host_view() = default;
  /// Any contiguous host container: vector, array, span.
  template <class Container,
            class = std::enable_if_t<std::is_convertible_v<decltype(std::declval<Container&>().data()), T*>>>
  constexpr host_view(Container& elements) : view<T>(elements.data(), elements.size()) {}
  template <class U>
  host_view(device_view<U>&) = delete;
  template <class U>
  host_view(device_view<U> const&) = delete;
};

/// A view of device memory.
template <class T>
class device_view : public view<T> {
public:
  using view<T>::view;
  constexpr device_view() = default;
  template <class U>
  device_view(host_view<U> const&) = delete;
};

}  // namespace maskmetrics
