#include "ingest/annotation_ids.hpp"

#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include <maskmetrics/error.hpp>

#include "ingest/array_reader.hpp"
#include "ingest/json_text.hpp"
#include "ingest/text_lines.hpp"

namespace maskmetrics::ingest {

namespace {

/// An id as a dictionary of Python knows it, and the number that it is stored as where a detection matches it.
struct annotation_id {
  std::string key;
  std::optional<double> value;
};

annotation_id id_of(std::string const& token) {
  if (token.starts_with('"')) {
    std::string text = unescaped(std::string_view(token).substr(1, token.size() - 2)).value_or(token);
    auto const value = finite_number(trimmed(text));
    return {'"' + std::move(text), value};
  }
  // What is no integer is one key however it is written.
  double const value = parse_number_token(token).value_or(std::numeric_limits<double>::infinity());
  bool const is_integer = token.find_first_of(".eEI") == std::string::npos;
  return {is_integer ? token : fmt::format("{}", value), value};
}

/// Numbers that are not taken yet.
class id_numbers {
public:
  explicit id_numbers(annotation_columns const& rows) {
    auto odd = rows.odd_ids.begin();
    for (std::size_t row = 0; row < rows.ids.size(); ++row) {
      if (odd != rows.odd_ids.end() && odd->row == row) {
        ++odd;
      } else {
        taken_.insert(rows.ids[row]);
      }
    }
  }

  /// True where the number was free.
  bool take(std::int64_t number) { return taken_.insert(number).second; }
  std::int64_t next() {
    while (!take(++last_)) {
    }
    return last_;
  }

private:
  std::unordered_set<std::int64_t> taken_;
  std::int64_t last_ = 0;
};

std::int64_t number_for(annotation_id const& id, id_numbers& numbers, std::string const& source,
                        std::string const& place, std::string const& found) {
  constexpr double limit = 9223372036854775808.0;  // 2^63
  double const value = id.value.value_or(std::numeric_limits<double>::infinity());
  bool const is_whole = value >= -limit && value < limit && value == std::trunc(value);
  if (!is_whole) return numbers.next();
  auto const number = static_cast<std::int64_t>(value);
  if (numbers.take(number)) return number;
  if (number == 0) {
    throw input_error(source, place, "expected one annotation whose id is 0, got another one, " + excerpt(found));
  }
  return numbers.next();
}

}  // namespace

void number_odd_ids(annotation_columns& rows, dataset& data, parity mode) {
  if (rows.odd_ids.empty()) return;
  id_numbers numbers(rows);
  std::unordered_map<std::string, std::int64_t> known;
  for (row_note const& note : rows.odd_ids) {
    std::string const place = element_place("annotations", note.row, ".id");
    annotation_id const id = id_of(note.text);
    if (!id.value && mode == parity::strict) {
      throw input_error(data.source, place,
                        fmt::format("expected a number, got {}; corrected parity takes it", excerpt(note.text)));
    }
    auto const [at, is_new] = known.try_emplace(id.key, 0);
    if (is_new) at->second = number_for(id, numbers, data.source, place, note.text);
    rows.ids[note.row] = at->second;
  }
  add_warning(data.warnings, "annotation_id_not_integer", rows.odd_ids.size(),
              fmt::format("annotations whose id is no integer of 64 bits, which changes no number; the first is {} of "
                          "{}: {}",
                          element_place("annotations", rows.odd_ids.front().row, ".id"), data.source,
                          excerpt(rows.odd_ids.front().text)));
}

}  // namespace maskmetrics::ingest
