/// @file
/// Fields of one element of "images", "annotations", "categories" or of the results.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <maskmetrics/types.hpp>

namespace maskmetrics::ingest {

namespace ondemand = simdjson::ondemand;

/// The JSON parser met something that is not JSON; whoever knows the text says where.
struct parser_fault {
  simdjson::error_code code;
  std::size_t at = 0;  ///< byte in the text, set by part_parser
};

/// An element is JSON, but not what it should be.
struct element_fault {
  std::string path;  ///< below the element: ".bbox[2]"
  std::string problem;
};

/// Unpacks a parser's result.
/// @throws parser_fault
template <class T, class Result>
[[nodiscard]] inline T take(Result result) {
  T value;
  if (auto const code = std::move(result).get(value); code != simdjson::SUCCESS) throw parser_fault{code, 0};
  return value;
}

/// The key of a field, unescaped.
[[nodiscard]] std::string_view key_of(ondemand::field& field);

/// The token of a scalar without white space around it; the opening bracket of an array or object.
[[nodiscard]] std::string_view token_of(ondemand::value& value);

/// What stands there, for a message: the token, or "an array", "an object".
[[nodiscard]] std::string describe(ondemand::value& value);

/// A string; a half of a surrogate pair within it becomes U+FFFD. Empty for all else.
/// @throws parser_fault for a string that is not JSON
[[nodiscard]] std::string text_in(ondemand::value& value);

[[nodiscard]] bool is_text_or_number(ondemand::value& value);

/// A string, a number or null, which are ids in Python as good as any. (So is true, which means 1.)
[[nodiscard]] bool may_be_other_id(ondemand::value& value);

/// True where Python would take the value for true.
[[nodiscard]] bool is_truthy(ondemand::value& value);

/// An integer, or a number such as 1.0 that equals one; nothing for all else.
[[nodiscard]] std::optional<std::int64_t> integer_of(ondemand::value& value);

/// The double nearest to a number that fits one; false for all else.
[[nodiscard]] inline bool read_double(ondemand::value& value, double& out) {
  // simdjson 3.0 rounds "0." and more than 19 digits wrongly: its test for too many digits misses them. A token this
  // short has no more.
  constexpr std::size_t longest_safe = 20;
  return value.raw_json_token().size() <= longest_safe && value.get_double().get(out) == simdjson::SUCCESS;
}

/// A number, correctly rounded; also what Python reads: NaN, Infinity, and infinity for 1e999. Nothing for all else.
[[nodiscard]] std::optional<double> number_of(ondemand::value& value);

/// A box that is not upside down. @param numbers  as they were read
/// @throws element_fault for a negative side
void require_size(box const& numbers, box_layout layout);

/// How often something was met and where first.
struct tally {
  std::uint64_t count = 0;
  std::uint64_t row = 0;  ///< of the first
  std::string what;       ///< path or value of the first

  void add(std::uint64_t at_row, std::string_view detail);
  /// Adds a later part's tally, whose rows begin at @p base.
  void append(tally const& later, std::uint64_t base);
};

/// Bits of the fields of images, annotations, categories, and results.
enum : unsigned {
  field_id = 1U << 0U,
  field_image_id = 1U << 1U,
  field_category_id = 1U << 2U,
  field_area = 1U << 3U,
  field_box = 1U << 4U,
  field_crowd = 1U << 5U,
  field_ignore = 1U << 6U,
  field_height = 1U << 7U,
  field_width = 1U << 8U,
  field_name = 1U << 9U,
  field_negatives = 1U << 10U,
  field_not_exhaustive = 1U << 11U,
  field_frequency = 1U << 12U,
  field_score = 1U << 13U,
  field_difficult = 1U << 14U,
  field_keypoints = 1U << 15U,
};

/// A field by its bit and its key.
struct named_field {
  unsigned field = 0;
  char const* name = "";
};

/// Collects the fields of one element. A fault is kept until the element ends, because a later field of the same name
/// replaces an earlier one.
class element_reader {
public:
  explicit element_reader(parity mode) : mode_(mode) {}

  void start(std::uint64_t row) {
    row_ = row;
    seen_ = 0;
    if (!faults_.empty()) faults_.clear();
  }

  /// Each reads one value; @p field is its bit, @p path its place below the element (".score").
  void integer(ondemand::value value, unsigned field, char const* path, std::int64_t& out);
  /// An integer in [0, most].
  void size(ondemand::value value, unsigned field, char const* path, std::uint32_t most, std::uint32_t& out);
  void number(ondemand::value value, unsigned field, char const* path, double& out);
  /// One number of an array; the field is not good before all are.
  [[nodiscard]] bool one_of(ondemand::value value, unsigned field, std::string const& path, double& out);
  /// @param may_be_more  takes longer arrays, too, of which only the first four elements are read
  void four_numbers(ondemand::value value, unsigned field, char const* path, maskmetrics::box& out,
                    bool may_be_more = false);
  /// An array of integers. Nothing is added to @p out where the value is bad.
  void integers(ondemand::value value, unsigned field, char const* path, std::vector<std::int64_t>& out);

  /// The field is there and good, or is not.
  void good(unsigned field) {
    seen_ |= field;
    if (!faults_.empty()) forget(field);
  }
  void bad(unsigned field, std::string path, std::string problem);

  [[nodiscard]] bool has(unsigned field) const { return (seen_ & field) != 0; }
  /// All of these fields are there, and no field is bad.
  [[nodiscard]] bool complete(unsigned fields) const { return faults_.empty() && (seen_ & fields) == fields; }
  /// What is wrong with some fields: the first that is bad, else the first that is missing.
  /// @param fields    bits of those that must not be bad
  /// @param required  fields that must be there
  /// @param id        for the message, where the element has it: {its field, "id"} and its value
  [[nodiscard]] std::optional<element_fault> problem(unsigned fields, std::initializer_list<named_field> required,
                                                     named_field id_field, std::int64_t id) const;
  /// Ends the element.
  /// @param required  fields that must be there
  /// @param id        for the message, where the element has it: {its field, "id"} and its value
  /// @throws element_fault for the first field that is bad or missing
  void finish(std::initializer_list<named_field> required, named_field id_field, std::int64_t id) const {
    unsigned needed = 0;
    for (named_field const& each : required) needed |= each.field;
    if (complete(needed)) return;
    if (auto const fault = problem(~0U, required, id_field, id)) throw element_fault(*fault);
  }
  /// Numbers that are not finite, which strict parity accepts.
  [[nodiscard]] tally const& non_finite() const { return non_finite_; }
  void append_tallies(element_reader const& later, std::uint64_t base) { non_finite_.append(later.non_finite_, base); }
  void clear_tallies() { non_finite_ = {}; }

private:
  struct field_fault {
    unsigned field = 0;
    element_fault fault;
  };

  void forget(unsigned field);
  bool accept(double number, std::string const& path, unsigned field);

  parity mode_;
  std::uint64_t row_ = 0;
  unsigned seen_ = 0;
  std::vector<field_fault> faults_;
  tally non_finite_;
};

}  // namespace maskmetrics::ingest
