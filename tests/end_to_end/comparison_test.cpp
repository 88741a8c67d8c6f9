#include <maskmetrics/report.hpp>

#include <gmock/gmock.h>

namespace maskmetrics {
namespace {

using ::testing::ElementsAre;

compared_result made(std::string const& name, double ap, double ar = 0.25) {
  return {name, "runs/" + name + ".json", {{"AP", ap, ""}, {"AR@100", ar, ""}}, ""};
}

compared_result failed(std::string const& name, std::string const& error) {
  return {name, name, {}, error};
}

std::vector<std::string> sorted_names(std::vector<compared_result> results) {
  sort_compared(results);
  std::vector<std::string> names;
  for (compared_result const& one : results) names.push_back(one.name);
  return names;
}

TEST(comparison, puts_the_best_first_and_failures_last) {
  EXPECT_THAT(sorted_names({failed("a", "broken"), made("b", -1), made("c", 0), made("e", 0.5), made("d", 0.5),
                            made("f", 0.75), failed("A", "broken")}),
              ElementsAre("f", "d", "e", "c", "b", "A", "a"));
  EXPECT_THAT(sorted_names({}), ElementsAre());
}

TEST(comparison, differs_in_the_last_bit) {
  EXPECT_THAT(sorted_names({made("a", 0.49999999999999994), made("b", 0.5)}), ElementsAre("b", "a"));
}

TEST(comparison, is_aligned_text) {
  EXPECT_EQ(format_comparison({made("\xE9\xA3\x9B", 0.5, -1), made("plain", 0), failed("x\n", "a\tb")}),
            "results       AP   AR@100\n"
            "\xE9\xA3\x9B         0.500        -\n"
            "plain      0.000    0.250\n"
            "x?       error: a?b\n");
  EXPECT_EQ(format_comparison({}), "results\n");
}

TEST(comparison, is_markdown) {
  EXPECT_EQ(format_comparison_markdown({made("a|b", 0.5, -1), made("_c_", 0.12345)}),
            "| results | AP | AR@100 |\n"
            "|---|---:|---:|\n"
            "| a\\|b | 0.500 | - |\n"
            "| \\_c\\_ | 0.123 | 0.250 |\n");
  EXPECT_EQ(format_comparison_markdown({made("a", 0.5), failed("b", "<x>")}),
            "| results | AP | AR@100 | error |\n"
            "|---|---:|---:|---|\n"
            "| a | 0.500 | 0.250 | |\n"
            "| b | | | \\<x> |\n");
}

TEST(comparison, is_csv_with_every_digit) {
  EXPECT_EQ(format_comparison_csv({made("a", 0.1 + 0.2, -1), made("b,\"c\"\n", 1e-7), failed("d", "x, y")}),
            "results,file,AP,AR@100,error\n"
            "a,runs/a.json,0.30000000000000004,-1,\n"
            "\"b,\"\"c\"\"\n\",\"runs/b,\"\"c\"\"\n.json\",1e-07,0.25,\n"
            "d,d,,,\"x, y\"\n");
  EXPECT_EQ(format_comparison_csv({failed("d", "x")}), "results,file,error\nd,d,x\n");
}

TEST(parameters, tell_protocols_apart) {
  protocol const coco = protocol::coco(iou_type::segm);
  EXPECT_EQ(format_parameters(coco), format_parameters(protocol::coco(iou_type::segm)));
  EXPECT_NE(format_parameters(coco), format_parameters(protocol::coco(iou_type::bbox)));
  EXPECT_NE(format_parameters(coco), format_parameters(protocol::lvis(iou_type::segm)));
  protocol other = coco;
  other.iou_thresholds[3] = 0.6500000000000001;
  EXPECT_NE(format_parameters(coco), format_parameters(other));
  other = coco;
  other.image_ids = {1, 2};
  EXPECT_NE(format_parameters(coco), format_parameters(other));
}

}  // namespace
}  // namespace maskmetrics
