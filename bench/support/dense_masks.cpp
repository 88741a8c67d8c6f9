#include "support/dense_masks.hpp"

#include <cstddef>

namespace bench {

std::vector<unsigned char> random_rectangles(std::mt19937_64& random, std::uint32_t count, std::uint32_t height,
                                             std::uint32_t width) {
  std::vector<unsigned char> bytes(std::size_t{count} * height * width);
  for (std::uint32_t m = 0; m < count; ++m) {
    std::uint64_t const rows = 1 + random() % (height / 2 + 1) % height;
    std::uint64_t const columns = 1 + random() % (width / 2 + 1) % width;
    std::uint64_t const top = random() % (height - rows + 1);
    std::uint64_t const left = random() % (width - columns + 1);
    for (std::uint64_t y = top; y < top + rows; ++y) {
      for (std::uint64_t x = left; x < left + columns; ++x) bytes[(std::size_t{m} * height + y) * width + x] = 1;
    }
  }
  return bytes;
}

}  // namespace bench
