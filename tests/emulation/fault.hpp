/// @file
/// What an emulated kernel can do wrong.
#pragma once

#include <source_location>
#include <stdexcept>
#include <string>

namespace emulation {

enum class fault_kind : unsigned char {
  barrier_divergence,    ///< threads of a block or lanes of a mask do not meet at one place
  out_of_bounds,         ///< index outside of a shared array, access outside of guarded memory, stack overflow
  uninitialized_memory,  ///< results depend on what memory held before anything wrote it
  race,                  ///< results depend on the order in which threads or blocks run
  bad_launch,            ///< a grid that no device accepts
};

[[nodiscard]] char const* to_string(fault_kind kind) noexcept;

/// Thrown on the host by launch(), or by every_way() where results differ.
class kernel_fault : public std::runtime_error {
public:
  kernel_fault(fault_kind kind, std::string const& message)
      : std::runtime_error(std::string(to_string(kind)) + ": " + message), kind_(kind) {}
  [[nodiscard]] fault_kind kind() const noexcept { return kind_; }

private:
  fault_kind kind_;
};

/// "geometry.cu:57"
[[nodiscard]] std::string to_string(std::source_location const& where);

}  // namespace emulation
