#include "ingest/element_reader.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <maskmetrics/semantics/box_layout.hpp>

#include "ingest/json_text.hpp"

namespace maskmetrics::ingest {

std::string_view key_of(ondemand::field& field) {
  // The parser's first stage has made sure that the string ends.
  char const* const begin = field.key().raw();
  char const* end = begin;
  while (*end != '"' && *end != '\\') ++end;
  if (*end == '"') return {begin, static_cast<std::size_t>(end - begin)};
  std::string_view key;
  auto const code = field.unescaped_key().get(key);
  if (code == simdjson::SUCCESS) return key;
  // A key with half of a surrogate pair is none of those that are read.
  while (*end != '"') end += *end == '\\' ? 2 : 1;
  if (!unescaped({begin, static_cast<std::size_t>(end - begin)})) throw parser_fault{code, 0};
  return {};
}

std::string_view token_of(ondemand::value& value) {
  std::string_view token = value.raw_json_token();
  token.remove_suffix(token.size() - (token.find_last_not_of(" \t\n\r") + 1));
  return token;
}

std::string describe(ondemand::value& value) {
  std::string_view const token = token_of(value);
  if (token.starts_with('[')) return "an array";
  if (token.starts_with('{')) return "an object";
  return excerpt(token);
}

std::string text_in(ondemand::value& value) {
  std::string_view token = token_of(value);
  if (!token.starts_with('"')) return {};
  token = token.substr(1, token.size() - 2);
  if (token.find('\\') == std::string_view::npos) return std::string(token);
  auto text = unescaped(token);
  if (!text) throw parser_fault{simdjson::STRING_ERROR, 0};
  return *std::move(text);
}

bool is_text_or_number(ondemand::value& value) {
  std::string_view const token = token_of(value);
  return token.starts_with('"') || is_number_token(token) || is_non_finite_token(token);
}

bool may_be_other_id(ondemand::value& value) {
  return is_text_or_number(value) || token_of(value) == "null";
}

bool is_truthy(ondemand::value& value) {
  std::string_view const token = token_of(value);
  if (token.starts_with('[')) {
    ondemand::array elements = take<ondemand::array>(value.get_array());
    return !take<bool>(elements.is_empty());
  }
  if (token.starts_with('{')) {
    ondemand::object fields = take<ondemand::object>(value.get_object());
    return !take<bool>(fields.is_empty());
  }
  if (token == "false" || token == "null" || token == "\"\"") return false;
  return number_of(value).value_or(1.0) != 0.0;
}

std::optional<std::int64_t> integer_of(ondemand::value& value) {
  std::int64_t integer = 0;
  if (value.get_int64().get(integer) == simdjson::SUCCESS) return integer;
  // An integer token beyond 64 bits is not the double next to it.
  if (token_of(value).find_first_of(".eE") == std::string_view::npos) return {};
  double const number = number_of(value).value_or(std::numeric_limits<double>::infinity());
  constexpr double limit = 9223372036854775808.0;  // 2^63
  if (!(number >= -limit && number < limit) || number != std::trunc(number)) return {};
  return static_cast<std::int64_t>(number);
}

std::optional<double> number_of(ondemand::value& value) {
  double number = 0;
  if (read_double(value, number)) return number;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  std::string_view const token = token_of(value);
  if (token == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (token == "Infinity") return infinity;
  if (token == "-Infinity") return -infinity;
  return parse_number_token(token);
}

void require_size(box const& numbers, box_layout layout) {
  box const bounds = semantics::box_of(numbers, layout);
  if (bounds.width < 0) throw element_fault{".bbox[2]", fmt::format("width {} is negative", bounds.width)};
  if (bounds.height < 0) throw element_fault{".bbox[3]", fmt::format("height {} is negative", bounds.height)};
}

void tally::add(std::uint64_t at_row, std::string_view detail) {
  if (count == 0) {
    row = at_row;
    what = detail;
  }
  ++count;
}

void tally::append(tally const& later, std::uint64_t base) {
  if (later.count == 0) return;
  if (count == 0) {
    row = base + later.row;
    what = later.what;
  }
  count += later.count;
}

void element_reader::integer(ondemand::value value, unsigned field, char const* path, std::int64_t& out) {
  if (value.get_int64().get(out) == simdjson::SUCCESS) {
    good(field);
  } else if (auto const number = integer_of(value)) {
    out = *number;
    good(field);
  } else {
    bad(field, path, "expected an integer of 64 bits, found " + describe(value));
  }
}

void element_reader::size(ondemand::value value, unsigned field, char const* path, std::uint32_t most,
                          std::uint32_t& out) {
  auto const number = integer_of(value);
  if (number && *number >= 0 && *number <= std::int64_t{most}) {
    out = static_cast<std::uint32_t>(*number);
    good(field);
  } else {
    bad(field, path, fmt::format("expected an integer from 0 to {}, found {}", most, describe(value)));
  }
}

bool element_reader::accept(double number, std::string const& path, unsigned field) {
  if (mode_ == parity::corrected) {
    bad(field, path, fmt::format("expected a finite number, found {}", number));
    return false;
  }
  non_finite_.add(row_, path);
  return true;
}

bool element_reader::one_of(ondemand::value value, unsigned field, std::string const& path, double& out) {
  if (read_double(value, out)) return true;
  auto const number = number_of(value);
  if (!number) {
    bad(field, path, "expected a number, found " + describe(value));
    return false;
  }
  out = *number;
  return std::isfinite(*number) || accept(*number, path, field);
}

void element_reader::number(ondemand::value value, unsigned field, char const* path, double& out) {
  if (read_double(value, out) || one_of(value, field, path, out)) good(field);
}

void element_reader::four_numbers(ondemand::value value, unsigned field, char const* path, maskmetrics::box& out,
                                  bool may_be_more) {
  ondemand::array elements;
  if (value.get_array().get(elements) != simdjson::SUCCESS) {
    return bad(field, path, "expected an array of four numbers, found " + describe(value));
  }
  double found[4] = {};
  unsigned count = 0;
  for (auto element : elements) {
    auto item = take<ondemand::value>(element);
    if (count < 4 && !read_double(item, found[count]) &&
        !one_of(item, field, fmt::format("{}[{}]", path, count), found[count])) {
      return;
    }
    ++count;
  }
  if (count < 4 || (count > 4 && !may_be_more))
    return bad(field, path, fmt::format("expected an array of four numbers, found one of {}", count));
  out = {found[0], found[1], found[2], found[3]};
  good(field);
}

void element_reader::integers(ondemand::value value, unsigned field, char const* path, std::vector<std::int64_t>& out) {
  ondemand::array elements;
  if (value.get_array().get(elements) != simdjson::SUCCESS) {
    return bad(field, path, "expected an array of integers, found " + describe(value));
  }
  std::size_t const before = out.size();
  for (auto element : elements) {
    auto item = take<ondemand::value>(element);
    auto const number = integer_of(item);
    if (!number) {
      std::string const place = fmt::format("{}[{}]", path, out.size() - before);
      out.resize(before);
      return bad(field, place, "expected an integer of 64 bits, found " + describe(item));
    }
    out.push_back(*number);
  }
  good(field);
}

void element_reader::bad(unsigned field, std::string path, std::string problem) {
  seen_ |= field;
  forget(field);
  faults_.push_back({field, {std::move(path), std::move(problem)}});
}

std::optional<element_fault> element_reader::problem(unsigned fields, std::initializer_list<named_field> required,
                                                     named_field id_field, std::int64_t id) const {
  element_fault fault;
  auto const bad = std::find_if(faults_.begin(), faults_.end(), [&](auto const& each) { return each.field & fields; });
  if (bad != faults_.end()) {
    fault = bad->fault;
  } else {
    auto const missing =
        std::find_if(required.begin(), required.end(), [&](auto const& each) { return !has(each.field); });
    if (missing == required.end()) return {};
    fault.problem = fmt::format("has no \"{}\"", missing->name);
  }
  bool const id_is_bad =
      std::any_of(faults_.begin(), faults_.end(), [&](auto const& each) { return each.field == id_field.field; });
  if (has(id_field.field) && !id_is_bad) fault.problem += fmt::format(" ({} {})", id_field.name, id);
  return fault;
}

void element_reader::forget(unsigned field) {
  std::erase_if(faults_, [&](field_fault const& fault) { return fault.field == field; });
}

}  // namespace maskmetrics::ingest
