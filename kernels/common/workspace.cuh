/// @file
/// Scratch memory of a stage: sizes are added up first, then one allocation serves all arrays.
#pragma once

#include <cstddef>

#include <maskmetrics/context.hpp>
#include <maskmetrics/memory.hpp>
#include <maskmetrics/view.hpp>

#include "common/launch.cuh"

namespace maskmetrics::MASKMETRICS_KERNELS {

/// One array of a workspace_plan.
template <class T>
struct workspace_part {
  std::size_t offset = 0;  ///< bytes
  std::size_t count = 0;
};

/// What a stage needs, before anything is allocated.
class workspace_plan {
public:
  template <class T>
  [[nodiscard]] workspace_part<T> add(std::size_t count) {
    workspace_part<T> const part{bytes_, count};
    bytes_ += (count * sizeof(T) + alignment - 1) / alignment * alignment;
    return part;
  }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

private:
  static constexpr std::size_t alignment = 256;
  std::size_t bytes_ = 0;
};

/// The memory of a plan; goes back, in the order of the stream, when the stage has queued its work.
class stage_workspace {
public:
  stage_workspace(context const& ctx, workspace_plan const& plan) : memory_(plan.bytes(), *ctx.memory, ctx.stream) {}

  /// Uninitialised.
  template <class T>
  [[nodiscard]] view<T> operator[](workspace_part<T> part) const {
    return {reinterpret_cast<T*>(memory_.data() + part.offset), part.count};
  }

private:
  buffer<std::byte> memory_;
};

}  // namespace maskmetrics::MASKMETRICS_KERNELS
