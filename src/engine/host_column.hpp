/// @file
/// A column of an update as it is kept until the update is worked in: a copy in host memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <maskmetrics/evaluator.hpp>

#include "backend/backend.hpp"

namespace maskmetrics {

class host_column {
public:
  host_column() = default;
  /// Copies; from a device, what arrives is complete after execution::collect().
  /// @param place  where device memory is copied from; nullptr where there is none
  /// @param count  numbers
  host_column(number_column const& source, std::size_t count, execution* place);

  [[nodiscard]] bool present() const { return present_; }
  [[nodiscard]] double number(std::size_t i) const;
  /// Fractions are cut off; only ask columns of whole numbers.
  [[nodiscard]] std::int64_t whole(std::size_t i) const;

private:
  std::vector<std::byte> bytes_;
  number_type type_ = number_type::float64;
  bool present_ = false;
};

[[nodiscard]] std::size_t bytes_per_number(number_type type);
[[nodiscard]] bool is_whole(number_type type);

}  // namespace maskmetrics
