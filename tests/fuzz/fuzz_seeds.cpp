// Writes the inputs that the fuzzers start from: fuzz_seeds FOLDER
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace {

void write(std::filesystem::path const& folder, std::initializer_list<std::string> seeds) {
  std::filesystem::create_directories(folder);
  int number = 0;
  for (std::string const& seed : seeds) std::ofstream(folder / std::to_string(number++), std::ios::binary) << seed;
}

std::string bytes_of(std::initializer_list<float> values) {
  std::string bytes;
  for (float const value : values) bytes.append(reinterpret_cast<char const*>(&value), sizeof value);
  return bytes;
}

}  // namespace

int main(int argument_count, char** arguments) {
  if (argument_count != 2) return 2;
  std::filesystem::path const folder = arguments[1];
  std::string const images = R"("images": [{"id": 1, "height": 9, "width": 8}, {"id": -2, "height": 3, "width": 4}])";
  std::string const categories = R"("categories": [{"id": 1, "name": "a\u00e9"}, {"id": 2, "name": "b"}])";
  std::string const rest = R"(, "image_id": 1, "category_id": 2, "area": 1.5, "bbox": [1, 2, 3e0, 4.5], "iscrowd": 0)";
  write(folder / "ground_truth_json",
        {"{" + images + "," + categories + R"(, "annotations": [{"id": 1)" + rest +
             R"(, "segmentation": [[1, 2, 3, 4, 5.5, 6]]}, {"id": 2)" + rest +
             R"(, "segmentation": {"size": [9, 8], "counts": [70, 2]}, "ignore": 1}, {"id": 3)" + rest +
             R"(, "segmentation": {"size": [9, 8], "counts": "a\\1"}, "x": "},{"}]})",
         R"({"info": {"a": [1, {"b": null}]}, "annotations": [], )" + categories + ",\n" + images + "}",
         R"({"images": [{"id": 1}, {"id": 1, "\u0069d": 1.0}], "categories": [], "annotations": [{"id": 1)" + rest +
             R"(, "area": NaN, "bbox": [1e999, -Infinity, 0.12345678901234567890123, 1]}]})"});
  std::string const result = R"({"image_id": 1, "category_id": 2, "score": 0.5)";
  write(folder / "results_json",
        {"[]", "[" + result + R"(, "bbox": [1, 2, 3, 4]}, )" + result + R"(, "bbox": [1, 2, 3, 4.5], "n": "},{"}])",
         "[\n" + result + R"(, "segmentation": {"size": [9, 8], "counts": "a\\1"}})" + ",\n" + result +
             R"(, "bbox": [1, 2, 3, 4], "segmentation": {"counts": "ab1", "size": [9, 8]}}])",
         "[" + result + R"(, "bbox": [1, 2, 3, 4], "segmentation": [[1, 2, 3, 4, 5, 6]]}])"});
  std::string const bounds = "<bndbox><xmin>1</xmin><ymin>2.5</ymin><xmax>30</xmax><ymax>4e1</ymax></bndbox>";
  write(folder / "voc_files", {"<annotation><size><width>9</width><height>8</height></size><object><name>a&amp;b</"
                               "name><difficult>1</difficult>" +
                                   bounds + "</object></annotation>",
                               "<?xml version='1.0'?>\n<!DOCTYPE annotation [<!ENTITY a "
                               "'b'>]>\n<annotation>\n<object><name><![CDATA[x]]></name>" +
                                   bounds + "<part>" + bounds + "</part></object><!-- c --></annotation>",
                               "dog 1 2 3 4\ncat -1.5 +2e0 0 4\r\n\n",
                               "\xEF\xBB\xBF"
                               "dog 1 2 3"});
  write(folder / "rle_text", {"\x09\x08PQ1", "\x09\x08:3[b0", "\x03\x04\\\\1", "\x20\x20`0000000"});
  using namespace std::string_literals;
  write(folder / "image_header",
        {"\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\1\x2C\0\0\0\xC8"s, "GIF89a\x2C\1\xC8\0"s,
         "\xFF\xD8\xFF\xE1\0\x22"s
         "Exif\0\0MM\0*\0\0\0\10\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0\xFF\xC0\0\x11\10\0\xC8\1\x2C"s,
         "BM\0\0\0\0\0\0\0\0\0\0\0\0\x28\0\0\0\x2C\1\0\0\xC8\0\0\0"s, "II*\0\10\0\0\0\1\0\0\1\3\0\1\0\0\0\x2C\1\0\0"s,
         "RIFF\0\0\0\0WEBPVP8X\n\0\0\0\0\0\0\0\x2B\1\0\xC7\0\0"s});
  write(folder / "evaluator_state", {"\0\0\0"s, "\x10\0\x01\x40\x02\xFF"s});
  write(folder / "polygon",
        {bytes_of({1, 1, 5, 1, 5, 5, 1, 5}), bytes_of({-3, 0.5F, 100, 7.25F, 20, 30}), bytes_of({2, 2, 2, 2, 2, 2})});
  return 0;
}
