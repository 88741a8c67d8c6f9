/// @file
/// The little of JSON that is read without building anything: where values end, and what a scalar token is.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace maskmetrics::ingest {

/// A text that is not JSON.
struct json_fault {
  std::size_t at = 0;  ///< byte in the text
  std::string problem;
};

/// Bytes of the UTF-8 byte order mark that the text begins with, 0 where there is none.
[[nodiscard]] constexpr std::size_t byte_order_mark_size(std::string_view text) noexcept {
  return text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
}

/// First position at or after @p at that is not white space; may be text.size().
[[nodiscard]] std::size_t skip_space(std::string_view text, std::size_t at) noexcept;

/// First position that is neither byte order mark nor white space; may be text.size().
[[nodiscard]] inline std::size_t skip_to_content(std::string_view text) noexcept {
  return skip_space(text, byte_order_mark_size(text));
}

/// End of the string whose opening quote is at @p at.
/// @throws json_fault where it is not closed
[[nodiscard]] std::size_t string_end(std::string_view text, std::size_t at);

/// End of the value that begins at @p at. Brackets are matched by kind; a scalar that stands alone must be one that
/// JSON knows, those inside of arrays and objects are not looked at.
/// @throws json_fault for anything else
[[nodiscard]] std::size_t value_end(std::string_view text, std::size_t at);

/// NaN, Infinity or -Infinity: what Python's json module accepts beyond JSON.
[[nodiscard]] bool is_non_finite_token(std::string_view token) noexcept;

/// A number in JSON's grammar, whatever its size.
[[nodiscard]] bool is_number_token(std::string_view token) noexcept;

/// The double nearest to a number token. As in Python, infinite for a fraction or a power beyond the range of doubles;
/// nothing for an integer beyond it, and for what is no number.
[[nodiscard]] std::optional<double> parse_number_token(std::string_view token);

/// The characters that a string has between its quotes. Half of a surrogate pair, which Python's json accepts, becomes
/// U+FFFD. Nothing for an escape that JSON does not know.
[[nodiscard]] std::optional<std::string> unescaped(std::string_view inner);

/// The character at @p at for a message: 'x', or "the end of the file".
[[nodiscard]] std::string character_at(std::string_view text, std::size_t at);

/// A token for a message, shortened where it is long.
[[nodiscard]] std::string excerpt(std::string_view token);

}  // namespace maskmetrics::ingest
