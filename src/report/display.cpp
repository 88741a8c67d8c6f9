#include "report/display.hpp"

#include <fmt/format.h>

namespace maskmetrics::report {

std::string printable(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto const byte = static_cast<unsigned char>(text[i]);
    // C2 80 to C2 9F is the second block of control characters, U+0080 to U+009F.
    bool const second_block =
        byte == 0xC2 && i + 1 < text.size() && (static_cast<unsigned char>(text[i + 1]) & 0xE0U) == 0x80;
    if (byte < 0x20 || byte == 0x7F || second_block) {
      clean += '?';
      if (second_block) ++i;
    } else {
      clean += text[i];
    }
  }
  return clean;
}

std::size_t display_width(std::string_view text) {
  // Padded to as many columns as it has bytes, which no text exceeds, it grows by what its width is short of that.
  return 2 * text.size() - fmt::formatted_size("{:<{}}", text, text.size());
}

std::string metric_cell(double value) {
  return value > -1 ? fmt::format("{:.3f}", value) : std::string("-");
}

}  // namespace maskmetrics::report
