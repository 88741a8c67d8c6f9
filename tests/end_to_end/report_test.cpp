#include <maskmetrics/report.hpp>

#include <cmath>
#include <limits>

#include <gmock/gmock.h>

#include <maskmetrics/version.hpp>
#include <report/display.hpp>
#include <report/json.hpp>
#include <report/npy.hpp>

#include "end_to_end/synthetic_evaluation.hpp"

namespace maskmetrics {
namespace {

namespace json = report::json;
using ::testing::HasSubstr;

TEST(json_string, escapes_what_json_demands) {
  EXPECT_EQ(json::string("plain"), R"("plain")");
  EXPECT_EQ(json::string("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(json::string("\n\t\x01\x1f\x7f"), "\"\\n\\t\\u0001\\u001f\x7f\"");
  EXPECT_EQ(json::string(std::string_view("\0", 1)), "\"\\u0000\"");
  EXPECT_EQ(json::string("h\xC3\xA9lice \xE9\xA3\x9B \xF0\x9F\x9A\x80"),
            "\"h\xC3\xA9lice \xE9\xA3\x9B \xF0\x9F\x9A\x80\"");
}

TEST(json_string, replaces_what_is_no_utf8) {
  std::string const replacement = "\xEF\xBF\xBD";
  EXPECT_EQ(json::string("\xFFx"), "\"" + replacement + "x\"");
  EXPECT_EQ(json::string("\xC3"), "\"" + replacement + "\"");                                      // cut short
  EXPECT_EQ(json::string("\xC0\x80"), "\"" + replacement + replacement + "\"");                    // overlong
  EXPECT_EQ(json::string("\xED\xA0\x80"), "\"" + replacement + replacement + replacement + "\"");  // surrogate
}

TEST(json_number, is_shortest_and_reads_back) {
  EXPECT_EQ(json::number(0.1), "0.1");
  EXPECT_EQ(json::number(0.5045806987249628), "0.5045806987249628");
  EXPECT_EQ(json::number(-1.0), "-1.0");
  EXPECT_EQ(json::number(1e10), "10000000000.0");
  EXPECT_EQ(json::number(5e-324), "5e-324");
  EXPECT_EQ(json::number(std::nan("")), "null");
  EXPECT_EQ(json::number(std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(json::number(std::int64_t{9223372036854775807}), "9223372036854775807");
}

TEST(json_layout, stands_on_one_line_or_many) {
  EXPECT_EQ(json::array({"1", "2"}), "[1, 2]");
  EXPECT_EQ(json::object({{"a", "1"}, {"b", "[]"}}), R"({"a": 1, "b": []})");
  EXPECT_EQ(json::array({"1", "2"}, 1), "[\n  1,\n  2\n]");
  EXPECT_EQ(json::array({}, 1), "[]");
}

TEST(npy_header, is_what_numpy_writes) {
  std::string const header = report::npy_header({10, 101, 80, 4, 3});
  ASSERT_EQ(header.size(), 128U);
  EXPECT_EQ(header.substr(0, 10), std::string("\x93NUMPY\x01\x00\x76\x00", 10));
  EXPECT_EQ(header.substr(10, 72), "{'descr': '<f8', 'fortran_order': False, 'shape': (10, 101, 80, 4, 3), }");
  EXPECT_EQ(header.back(), '\n');
  EXPECT_THAT(report::npy_header({7}), HasSubstr("'shape': (7,), }"));
}

TEST(display, counts_columns_and_disarms_control_characters) {
  EXPECT_EQ(report::display_width("abc"), 3U);
  EXPECT_EQ(report::display_width(""), 0U);
  EXPECT_EQ(report::display_width("h\xC3\xA9lice"), 6U);
  EXPECT_EQ(report::display_width("\xE9\xA3\x9B\xE6\xA9\x9F"), 4U);
  EXPECT_EQ(report::printable("a\x1b[2Jb\nc\x7f"), "a?[2Jb?c?");
  EXPECT_EQ(report::printable("a\xC2\x9B"
                              "1mb"),
            "a?1mb");
  EXPECT_EQ(report::printable("\xC2\xB5m"), "\xC2\xB5m");
}

TEST(format_summary, ends_every_line) {
  summary numbers;
  numbers.metrics = {{"AP", 0.5, "first"}, {"AR", 0.5, "second"}};
  EXPECT_EQ(format_summary(numbers), "first\nsecond\n");
}

TEST(format_categories, aligns_by_display_width) {
  summary numbers;
  numbers.categories = {{1, "cat", 0.5, 0.75, 0.25, 1, 12, 345},
                        {2, "\xE9\xA3\x9B\xE6\xA9\x9F\xE9\xA3\x9B\xE6\xA9\x9F\xE9\xA3\x9B", -1, -1, -1, -1, 0, 3},
                        {3, "", 0, 0, 0, 0, 1, 0}};
  EXPECT_EQ(format_categories(numbers),
            "category        AP    AP50    AP75      AR  ground truths  detections\n"
            "cat          0.500   0.750   0.250   1.000             12         345\n"
            "\xE9\xA3\x9B\xE6\xA9\x9F\xE9\xA3\x9B\xE6\xA9\x9F\xE9\xA3\x9B"
            "       -       -       -       -              0           3\n"
            "(3)          0.000   0.000   0.000   0.000              1           0\n");
}

TEST(format_json, holds_everything) {
  protocol how = protocol::coco(iou_type::segm);
  how.iou_thresholds = {0.5, 0.75};
  how.recall_thresholds = {0, 1};
  how.image_ids = {{3, -4}};
  evaluation result = testing::synthetic_evaluation(how);
  result.category_names[0] = "quoted \"name\"";
  result.warnings.push_back({"some_code", 2, "a message"});
  result.timings = {{"matching", 0.5}, {"ranking", 0.25}, {"matching", 0.125}};
  summary numbers = summarize(result);
  numbers.warnings.push_back({"another_code", 1, "another message"});
  std::string const text = format_json(result, numbers);

  EXPECT_THAT(text, HasSubstr("{\n  \"schema_version\": 1,\n"));
  EXPECT_THAT(text, HasSubstr("\"version\": \"" MASKMETRICS_VERSION "\""));
  EXPECT_THAT(text, HasSubstr("\"device\": \"cpu\""));
  EXPECT_THAT(text, HasSubstr("\"iou_type\": \"segm\""));
  EXPECT_THAT(text, HasSubstr("\"iou_thresholds\": [0.5, 0.75]"));
  EXPECT_THAT(text, HasSubstr("\"recall_thresholds\": [0.0, 1.0]"));
  EXPECT_THAT(text, HasSubstr(R"({"label": "small", "low_px": 0.0, "high_px": 1024.0})"));
  EXPECT_THAT(text, HasSubstr("\"max_dets\": [1, 10, 100]"));
  EXPECT_THAT(text, HasSubstr("\"image_ids\": [3, -4]"));
  EXPECT_THAT(text, HasSubstr("\"category_ids\": null"));
  EXPECT_THAT(text, HasSubstr("\"num_images\": 7"));
  EXPECT_THAT(text, HasSubstr("\"AR@100\": " + json::number(numbers.metrics[8].value)));
  EXPECT_THAT(text, HasSubstr(R"("name": "quoted \"name\"", "AP": )"));
  EXPECT_THAT(text, HasSubstr(R"({"code": "some_code", "count": 2, "message": "a message"})"));
  EXPECT_THAT(text, HasSubstr("another_code"));
  EXPECT_THAT(text, HasSubstr("\"timings\": {\n    \"matching\": 0.625,\n    \"ranking\": 0.25\n  }\n}\n"));
}

TEST(format_json, names_a_metric_once) {
  protocol how = protocol::coco(iou_type::segm);
  how.max_dets = {1, 100, 100};
  evaluation const result = testing::synthetic_evaluation(how);
  std::string const text = format_json(result, summarize(result));
  std::size_t const first = text.find("\"AR@100\"");
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(text.find("\"AR@100\"", first + 1), std::string::npos);
}

ranked_category two_rows() {
  ranked_category table;
  table.category_id = 5;
  table.category_name = "dog";
  table.iou_threshold = 0.5;
  table.area = {"all", 0, 1e10};
  table.max_dets = 100;
  table.num_ground_truths = 2;
  table.average_precision = 0.75;
  table.rows = {{139, 4, 0.9, true, false, 1, 0, 1, 0.5, 1},
                {285, 0, 0.30000000000000004, false, true, 1, 1, 0.5, 0.5, 0.5},
                {285, 7, 0.1, false, false, 1, 1, 0.5, 0.5, 0.5}};
  return table;
}

TEST(format_ranked, is_a_table_for_people) {
  EXPECT_EQ(format_ranked(two_rows()),
            "category dog, IoU threshold 0.5, area all [0, 10000000000] px, max_dets 100\n"
            "ground truths 2, detections 3 (1 ignored), AP 0.750\n"
            "\n"
            "       image  confidence  TP  FP  cum TP  cum FP  precision  recall  monotone\n"
            "         139    0.900000   x           1       0     1.0000  0.5000    1.0000\n"
            "         285    0.300000       x       1       1     0.5000  0.5000    0.5000\n"
            "         285    0.100000               1       1     0.5000  0.5000    0.5000\n");
}

TEST(format_ranked_csv, keeps_every_digit) {
  EXPECT_EQ(format_ranked_csv(two_rows()),
            "image_id,result_row,confidence,true_positive,false_positive,cumulative_true_positives,"
            "cumulative_false_positives,precision,recall,monotone_precision\n"
            "139,4,0.9,1,0,1,0,1,0.5,1\n"
            "285,0,0.30000000000000004,0,1,1,1,0.5,0.5,0.5\n"
            "285,7,0.1,0,0,1,1,0.5,0.5,0.5\n");
}

}  // namespace
}  // namespace maskmetrics
