#include <maskmetrics/device.hpp>

#include <charconv>

#include <maskmetrics/error.hpp>

namespace maskmetrics {

device parse_device(std::string_view text) {
  if (text == "auto") return {device_kind::automatic, 0};
  if (text == "cpu") return {device_kind::cpu, 0};
  if (text == "cuda") return {device_kind::cuda, 0};
  constexpr std::string_view prefix = "cuda:";
  if (text.starts_with(prefix)) {
    std::string_view const number = text.substr(prefix.size());
    int ordinal = -1;
    auto const [end, failure] = std::from_chars(number.data(), number.data() + number.size(), ordinal);
    if (failure == std::errc() && end == number.data() + number.size() && ordinal >= 0) {
      return {device_kind::cuda, ordinal};
    }
  }
  throw protocol_error("device must be auto, cpu, cuda or cuda:N, got '" + std::string(text) + "'");
}

std::string to_string(device value) {
  switch (value.kind) {
    case device_kind::automatic:
      return "auto";
    case device_kind::cpu:
      return "cpu";
    case device_kind::cuda:
      break;
  }
  return "cuda:" + std::to_string(value.ordinal);
}

}  // namespace maskmetrics
