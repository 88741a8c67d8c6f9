#include "ingest/json_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <system_error>

#include <fmt/format.h>

namespace maskmetrics::ingest {

namespace {

constexpr bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// True for what value_end() must stop at within arrays and objects.
constexpr std::array<bool, 256> structural = [] {
  std::array<bool, 256> table{};
  for (char const c : {'"', '[', ']', '{', '}'}) table[static_cast<unsigned char>(c)] = true;
  return table;
}();

std::size_t scalar_end(std::string_view text, std::size_t at) {
  std::size_t const end = std::min(text.find_first_of(" \t\n\r,:[]{}\"", at), text.size());
  std::string_view const token = text.substr(at, end - at);
  bool const known =
      token == "true" || token == "false" || token == "null" || is_number_token(token) || is_non_finite_token(token);
  if (!known) {
    throw json_fault{at, "expected a value, found " + (token.empty() ? character_at(text, at) : excerpt(token))};
  }
  return end;
}

std::size_t digits_end(std::string_view token, std::size_t at) {
  while (at < token.size() && is_digit(token[at])) ++at;
  return at;
}

/// Whether a number token far from one is a large number and not a small one.
bool is_above_one(std::string_view token) {
  std::size_t const mantissa_end = std::min(token.find_first_of("eE"), token.size());
  std::string_view const mantissa = token.substr(0, mantissa_end);
  std::size_t const first_digit = mantissa.find_first_of("123456789");
  if (first_digit == std::string_view::npos) return false;  // 0, whatever the power
  std::size_t const point = std::min(mantissa.find('.'), mantissa.size());
  // The power of ten of the first digit that is not 0, up to one.
  auto const shift = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first_digit);
  std::int64_t power = 0;
  bool negative = false;
  for (char const c : token.substr(mantissa_end)) {
    negative = negative || c == '-';
    constexpr std::int64_t plenty = std::int64_t{1} << 50U;  // more than any text has digits
    if (is_digit(c)) power = std::min(power * 10 + (c - '0'), plenty);
  }
  return shift + (negative ? -power : power) > 0;
}

/// The four hexadecimal digits of "\\uXXXX", whose backslash is at @p at; nothing where there are none.
std::optional<std::uint32_t> code_unit(std::string_view text, std::size_t at) {
  constexpr std::size_t length = 6;
  if (text.substr(at, 2) != "\\u" || text.size() - at < length) return {};
  std::uint32_t unit = 0;
  char const* const end = text.data() + at + length;
  auto const [stop, code] = std::from_chars(text.data() + at + 2, end, unit, 16);
  if (code != std::errc() || stop != end) return {};
  return unit;
}

void append_utf8(std::uint32_t point, std::string& out) {
  auto const byte = [&](std::uint32_t bits) { out.push_back(static_cast<char>(bits)); };
  auto const tail = [&](unsigned shift) { byte(0x80U | ((point >> shift) & 0x3FU)); };
  if (point < 0x80U) {
    byte(point);
  } else if (point < 0x800U) {
    byte(0xC0U | point >> 6U);
    tail(0);
  } else if (point < 0x10000U) {
    byte(0xE0U | point >> 12U);
    tail(6);
    tail(0);
  } else {
    byte(0xF0U | point >> 18U);
    tail(12);
    tail(6);
    tail(0);
  }
}

/// Appends the character of the "\\uXXXX" at @p at, or of the pair of them. @returns how long they are; 0: no such
/// escape
std::size_t append_code_point(std::string_view text, std::size_t at, std::string& out) {
  constexpr std::size_t length = 6;
  auto const first = code_unit(text, at);
  if (!first) return 0;
  bool const is_surrogate = *first >= 0xD800U && *first < 0xE000U;
  if (is_surrogate && *first < 0xDC00U) {
    auto const second = code_unit(text, std::min(at + length, text.size()));
    if (second && *second >= 0xDC00U && *second < 0xE000U) {
      append_utf8(0x10000U + ((*first - 0xD800U) << 10U) + (*second - 0xDC00U), out);
      return 2 * length;
    }
  }
  append_utf8(is_surrogate ? 0xFFFDU : *first, out);
  return length;
}

}  // namespace

std::size_t skip_space(std::string_view text, std::size_t at) noexcept {
  while (at < text.size() && is_space(text[at])) ++at;
  return at;
}

std::size_t string_end(std::string_view text, std::size_t at) {
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '"') return i + 1;
    if (text[i] == '\\') ++i;
  }
  throw json_fault{at, "string without end"};
}

std::size_t value_end(std::string_view text, std::size_t at) {
  if (at >= text.size()) throw json_fault{at, "expected a value, found the end of the file"};
  if (text[at] == '"') return string_end(text, at);
  if (text[at] != '[' && text[at] != '{') return scalar_end(text, at);
  std::string open;  // the closing brackets that are due
  for (std::size_t i = at; i < text.size(); ++i) {
    char const c = text[i];
    if (!structural[static_cast<unsigned char>(c)]) continue;
    if (c == '"') {
      i = string_end(text, i) - 1;
    } else if (c == '[' || c == '{') {
      open.push_back(c == '[' ? ']' : '}');
    } else if (c != open.back()) {
      throw json_fault{i, fmt::format("expected '{}', found '{}'", open.back(), c)};
    } else {
      open.pop_back();
      if (open.empty()) return i + 1;
    }
  }
  throw json_fault{text.size(), fmt::format("expected '{}', found the end of the file", open.back())};
}

bool is_non_finite_token(std::string_view token) noexcept {
  return token == "NaN" || token == "Infinity" || token == "-Infinity";
}

bool is_number_token(std::string_view token) noexcept {
  std::size_t at = token.starts_with('-') ? 1 : 0;
  std::size_t const integer = at;
  at = digits_end(token, at);
  if (at == integer || (token[integer] == '0' && at > integer + 1)) return false;
  if (at < token.size() && token[at] == '.') {
    std::size_t const fraction = at + 1;
    at = digits_end(token, fraction);
    if (at == fraction) return false;
  }
  if (at < token.size() && (token[at] == 'e' || token[at] == 'E')) {
    ++at;
    if (at < token.size() && (token[at] == '+' || token[at] == '-')) ++at;
    std::size_t const exponent = at;
    at = digits_end(token, exponent);
    if (at == exponent) return false;
  }
  return at == token.size();
}

std::optional<double> parse_number_token(std::string_view token) {
  if (!is_number_token(token)) return {};
  double number = 0;
  auto const [end, code] = std::from_chars(token.data(), token.data() + token.size(), number);
  if (code == std::errc()) return number;
  double const sign = token.starts_with('-') ? -1.0 : 1.0;
  if (!is_above_one(token)) return sign * 0.0;
  if (token.find_first_of(".eE") == std::string_view::npos) return {};
  return sign * std::numeric_limits<double>::infinity();
}

std::optional<std::string> unescaped(std::string_view inner) {
  std::string out;
  for (std::size_t at = 0; at < inner.size();) {
    if (inner[at] != '\\') {
      out.push_back(inner[at++]);
    } else if (at + 1 < inner.size() && inner[at + 1] == 'u') {
      std::size_t const length = append_code_point(inner, at, out);
      if (length == 0) return {};
      at += length;
    } else {
      constexpr std::string_view names = "\"\\/bfnrt";
      constexpr std::string_view meant = "\"\\/\b\f\n\r\t";
      std::size_t const which = at + 1 < inner.size() ? names.find(inner[at + 1]) : std::string_view::npos;
      if (which == std::string_view::npos) return {};
      out.push_back(meant[which]);
      at += 2;
    }
  }
  return out;
}

std::string character_at(std::string_view text, std::size_t at) {
  if (at >= text.size()) return "the end of the file";
  auto const c = static_cast<unsigned char>(text[at]);
  return c >= 0x20 && c < 0x7F ? fmt::format("'{}'", text[at]) : fmt::format("byte 0x{:02x}", c);
}

std::string excerpt(std::string_view token) {
  constexpr std::size_t most = 60;
  std::size_t size = std::min(token.size(), most);
  if (size < token.size()) {
    auto const continues = [&] { return (static_cast<unsigned char>(token[size]) & 0xC0U) == 0x80U; };
    while (size > 0 && continues()) --size;
  }
  std::string shown;
  for (char const c : token.substr(0, size)) shown.push_back(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
  return size < token.size() ? shown + "..." : shown;
}

}  // namespace maskmetrics::ingest
