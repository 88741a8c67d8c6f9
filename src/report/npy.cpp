#include "report/npy.hpp"

#include <bit>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace maskmetrics::report {

std::string npy_header(std::vector<std::size_t> const& shape) {
  constexpr std::size_t alignment = 64;
  constexpr std::string_view magic("\x93NUMPY\x01\x00", 8);
  constexpr std::size_t length_field = 2;
  constexpr char byte_order = std::endian::native == std::endian::little ? '<' : '>';
  std::string dictionary = fmt::format("{{'descr': '{}f8', 'fortran_order': False, 'shape': ({}{}), }}", byte_order,
                                       fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
  std::size_t const unpadded = magic.size() + length_field + dictionary.size() + 1;
  dictionary.append((alignment - unpadded % alignment) % alignment, ' ');
  dictionary += '\n';
  std::string header(magic);
  header += static_cast<char>(dictionary.size() & 0xFFU);
  header += static_cast<char>(dictionary.size() >> 8U & 0xFFU);
  return header + dictionary;
}

}  // namespace maskmetrics::report
