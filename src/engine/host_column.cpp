#include "engine/host_column.hpp"

#include <cstring>

#include <maskmetrics/semantics/dense.hpp>

namespace maskmetrics {

namespace {

template <class T>
T read(std::byte const* at) {
  T value{};
  std::memcpy(&value, at, sizeof value);
  return value;
}

}  // namespace

std::size_t bytes_per_number(number_type type) {
  switch (type) {
    case number_type::float64:
    case number_type::int64:
      return 8;
    case number_type::float32:
    case number_type::int32:
      return 4;
    case number_type::float16:
    case number_type::bfloat16:
      return 2;
    case number_type::uint8:
      break;
  }
  return 1;
}

bool is_whole(number_type type) {
  return type == number_type::int64 || type == number_type::int32 || type == number_type::uint8;
}

host_column::host_column(number_column const& source, std::size_t count, execution* place)
    : type_(source.type), present_(source.present()) {
  if (!present_ || count == 0) return;
  bytes_.resize(count * bytes_per_number(type_));
  if (source.where == memory_space::host) {
    std::memcpy(bytes_.data(), source.data, bytes_.size());
  } else {
    place->copy_out(bytes_.data(), source.data, bytes_.size());
  }
}

double host_column::number(std::size_t i) const {
  std::byte const* const at = bytes_.data() + i * bytes_per_number(type_);
  switch (type_) {
    case number_type::float64:
      return read<double>(at);
    case number_type::float32:
      return static_cast<double>(read<float>(at));
    case number_type::float16:
      return static_cast<double>(semantics::half_to_float(read<std::uint16_t>(at)));
    case number_type::bfloat16:
      return static_cast<double>(semantics::bfloat16_to_float(read<std::uint16_t>(at)));
    case number_type::int64:
    case number_type::int32:
    case number_type::uint8:
      break;
  }
  return static_cast<double>(whole(i));
}

std::int64_t host_column::whole(std::size_t i) const {
  std::byte const* const at = bytes_.data() + i * bytes_per_number(type_);
  switch (type_) {
    case number_type::int64:
      return read<std::int64_t>(at);
    case number_type::int32:
      return read<std::int32_t>(at);
    case number_type::uint8:
      return read<std::uint8_t>(at);
    default:
      return static_cast<std::int64_t>(number(i));
  }
}

}  // namespace maskmetrics
