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
  return take<std::string_view>(field.unescaped_key());
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

void element_reader::number(ondemand::value value, unsigned field, char const* path, double& out) {
  if (read_double(value, out)) {
    good(field);
  } else if (auto const other = number_of(value)) {
    if (!std::isfinite(*other) && !accept(*other, path, field)) return;
    out = *other;
    good(field);
  } else {
    bad(field, path, "expected a number, found " + describe(value));
  }
}

void element_reader::four_numbers(ondemand::value value, unsigned field, char const* path, maskmetrics::box& out) {
  ondemand::array elements;
  if (value.get_array().get(elements) != simdjson::SUCCESS) {
    return bad(field, path, "expected an array of four numbers, found " + describe(value));
  }
  double numbers[4] = {};
  unsigned count = 0;
  for (auto element : elements) {
    auto item = take<ondemand::value>(element);
    if (count < 4 && !read_double(item, numbers[count])) {
      std::string const place = fmt::format("{}[{}]", path, count);
      auto const number = number_of(item);
      if (!number) return bad(field, place, "expected a number, found " + describe(item));
      if (!std::isfinite(*number) && !accept(*number, place, field)) return;
      numbers[count] = *number;
    }
    ++count;
  }
  if (count != 4) return bad(field, path, fmt::format("expected an array of four numbers, found one of {}", count));
  out = {numbers[0], numbers[1], numbers[2], numbers[3]};
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

void element_reader::fail(std::initializer_list<named_field> required, named_field id_field, std::int64_t id) const {
  element_fault fault;
  if (!faults_.empty()) {
    fault = faults_.front().fault;
  } else {
    auto const missing =
        std::find_if(required.begin(), required.end(), [&](auto const& each) { return !has(each.field); });
    fault.problem = fmt::format("has no \"{}\"", missing->name);
  }
  bool const id_is_bad =
      std::any_of(faults_.begin(), faults_.end(), [&](auto const& each) { return each.field == id_field.field; });
  if (has(id_field.field) && !id_is_bad) fault.problem += fmt::format(" ({} {})", id_field.name, id);
  throw fault;
}

void element_reader::forget(unsigned field) {
  std::erase_if(faults_, [&](field_fault const& fault) { return fault.field == field; });
}

}  // namespace maskmetrics::ingest
