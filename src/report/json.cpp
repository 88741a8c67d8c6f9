#include "report/json.hpp"

#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace maskmetrics::report::json {

namespace {

/// Bytes of the well-formed UTF-8 character that @p text starts with; 0 where it starts with none.
std::size_t character_length(std::string_view text) {
  auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  unsigned char const lead = byte(0);
  if (lead < 0x80) return 1;
  std::size_t const length = lead >= 0xC2 && lead < 0xE0   ? 2
                             : lead >= 0xE0 && lead < 0xF0 ? 3
                             : lead >= 0xF0 && lead < 0xF5 ? 4
                                                           : 0;
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return 0;
  }
  // Overlong forms, surrogates and code points above U+10FFFF.
  bool const forbidden = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xED && byte(1) > 0x9F) ||
                         (lead == 0xF0 && byte(1) < 0x90) || (lead == 0xF4 && byte(1) > 0x8F);
  return forbidden ? 0 : length;
}

void append_ascii(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (static_cast<unsigned char>(c) < 0x20) {
    out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
  } else {
    out += c;
  }
}

std::string enclosed(char open, char close, std::vector<std::string> const& elements, int depth) {
  bool const on_one_line = depth == inline_layout || elements.empty();
  auto const indent = [&](int levels) { return fmt::format("\n{:{}}", "", 2 * levels); };
  std::string const separator = on_one_line ? std::string(", ") : fmt::format(",{}", indent(depth));
  std::string text(1, open);
  if (!on_one_line) text += indent(depth);
  text += fmt::format("{}", fmt::join(elements, separator));
  if (!on_one_line) text += indent(depth - 1);
  text += close;
  return text;
}

}  // namespace

std::string string(std::string_view text) {
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size();) {
    std::size_t const length = character_length(text.substr(i));
    if (length == 0) {
      out += "\xEF\xBF\xBD";
      ++i;
    } else if (length == 1) {
      append_ascii(out, text[i]);
      ++i;
    } else {
      out += text.substr(i, length);
      i += length;
    }
  }
  return out + '"';
}

std::string number(double value) {
  if (!std::isfinite(value)) return "null";
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string array(std::vector<std::string> const& elements, int depth) {
  return enclosed('[', ']', elements, depth);
}

std::string object(std::vector<member> const& members, int depth) {
  std::vector<std::string> elements;
  elements.reserve(members.size());
  for (auto const& [name, value] : members) elements.push_back(string(name) + ": " + value);
  return enclosed('{', '}', elements, depth);
}

}  // namespace maskmetrics::report::json
