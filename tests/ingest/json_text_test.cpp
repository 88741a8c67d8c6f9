// The scanner that finds where values end.
#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <limits>
#include <string>

#include <ingest/json_text.hpp>

namespace maskmetrics::ingest {

TEST(json_text, value_end) {
  for (char const* value : {"1", "-0.5e+3", "true", "null", "NaN", "-Infinity", "\"\"", R"("a\"]}\\")", "[]", "{}",
                            R"([{"a": "]"}, [[]], {}])", R"({"a\"}": [1, 2, {"b": "\\"}]})"}) {
    std::string const text = std::string("  ") + value + " , 5";
    EXPECT_EQ(value_end(text, 2), 2 + std::string_view(value).size()) << value;
  }
}

TEST(json_text, value_end_of_what_is_none) {
  struct fault_case {
    char const* text;
    std::size_t at;
    char const* problem;
  };
  for (fault_case const& each : {fault_case{"", 0, "expected a value, found the end of the file"},
                                 {"nul", 0, "expected a value, found nul"},
                                 {"+1", 0, "expected a value, found +1"},
                                 {"]", 0, "expected a value, found ']'"},
                                 {"[1, {]", 5, "expected '}', found ']'"},
                                 {"[1, {}", 6, "expected ']', found the end of the file"},
                                 {"\"abc\\\"", 0, "string without end"},
                                 {"[\"abc", 1, "string without end"}}) {
    try {
      FAIL() << each.text << " ends at " << value_end(each.text, 0);
    } catch (json_fault const& fault) {
      EXPECT_EQ(fault.at, each.at) << each.text;
      EXPECT_EQ(fault.problem, each.problem) << each.text;
    }
  }
}

TEST(json_text, deep_nesting_is_no_problem) {
  std::string const text = std::string(1000000, '[') + std::string(1000000, ']');
  EXPECT_EQ(value_end(text, 0), text.size());
}

TEST(json_text, number_tokens) {
  for (char const* number : {"0", "-0", "10", "0.5", "1e5", "1E+5", "1.25e-400", "-1e999"}) {
    EXPECT_TRUE(is_number_token(number)) << number;
  }
  for (char const* other : {"", "-", "01", "-01", "1.", ".5", "1e", "1e+", "+1", "1.5.5", "0x1", "1 ", "NaN"}) {
    EXPECT_FALSE(is_number_token(other)) << other;
  }
}

TEST(json_text, numbers_are_correctly_rounded) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  struct number_case {
    std::string token;
    double value;
  };
  for (auto const& [token, value] : std::initializer_list<number_case>{
           {"0.1", 0.1},
           {"-12.5e-1", -1.25},
           {"0.500000000000000166533453693773481063544750213623046875", 0.50000000000000022},
           {"0.23456789012345678901234", 0.23456789012345678901234},
           {"1e000000000000000000000000000001", 10.0},
           {"1e-99999999999999999999999", 0.0},
           {"1e99999999999999999999999", infinity},
           {"-1.5e400", -infinity},
           {"0.0000e999", 0.0},
           {"-0e-999", -0.0},
           {"0." + std::string(400, '0') + "1", 0.0},
           {"0." + std::string(400, '0') + "1e401", 1.0},
           {std::string(400, '9') + "e-400", 1.0},
           {std::string(400, '9') + ".5", infinity},
           {"4.9406564584124654e-324", 4.9406564584124654e-324},
           {"1e-400", 0.0}}) {
    auto const parsed = parse_number_token(token);
    ASSERT_TRUE(parsed.has_value()) << token;
    EXPECT_EQ(std::bit_cast<std::uint64_t>(*parsed), std::bit_cast<std::uint64_t>(value)) << token << " " << *parsed;
  }
  EXPECT_FALSE(parse_number_token("1" + std::string(400, '0')).has_value());
  EXPECT_FALSE(parse_number_token("NaN").has_value());
  EXPECT_FALSE(parse_number_token("0x10").has_value());
}

TEST(json_text, half_of_a_surrogate_pair_is_replaced) {
  EXPECT_EQ(unescaped(R"(gear \ud83d)"), "gear \uFFFD");
  EXPECT_EQ(unescaped(R"(\udd27gear)"), "\uFFFDgear");
  EXPECT_EQ(unescaped(R"(\ud83dx)"), "\uFFFDx");
  EXPECT_EQ(unescaped(R"(\ud83d\ud83d\udd27)"), "\uFFFD\U0001F527");
  EXPECT_EQ(unescaped(R"(\ud83d\n)"), "\uFFFD\n");
  EXPECT_EQ(unescaped(R"(\uD83D\uDD27 caf\u00e9 \u20ac \"\\\/\b\f\n\r\t)"), "\U0001F527 café € \"\\/\b\f\n\r\t");
  EXPECT_EQ(unescaped(""), "");
  for (char const* const bad : {R"(\x41)", R"(\u12)", R"(\u12g4)", R"(\ud83d\x)", "\\"}) {
    EXPECT_FALSE(unescaped(bad).has_value()) << bad;
  }
}

TEST(json_text, excerpt_keeps_characters_whole) {
  EXPECT_EQ(excerpt("abc"), "abc");
  EXPECT_EQ(excerpt("a\nb"), "a b");
  EXPECT_EQ(excerpt(std::string(61, 'x')), std::string(60, 'x') + "...");
  EXPECT_EQ(excerpt(std::string(59, 'x') + "é"), std::string(59, 'x') + "...");
}

}  // namespace maskmetrics::ingest
