// Files that are not what they were given as: recognized by their bytes or their keys.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include <ingest/voc_annotations.hpp>

#include "ingest/ingest_cases.hpp"

namespace maskmetrics::testing {

using ::testing::HasSubstr;
using ::testing::StartsWith;

namespace {

using namespace std::string_literals;

struct kind_case {
  std::string bytes;
  char const* kind;    ///< how the description begins
  char const* advice;  ///< what it also says
};

constexpr char const* one_result = R"({"image_id": 1, "category_id": 1, "bbox": [0, 0, 1, 1], "score": 0.5})";
constexpr char const* one_annotation =
    R"({"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 1, 1], "area": 1, "iscrowd": 0})";

std::string wrapped(std::string const& element) {
  return R"({"images": [{"id": 1}], "categories": [{"id": 1}], "annotations": [)" + element + "]}";
}

/// Whichever role they are given.
std::vector<kind_case> foreign_files() {
  std::string zip = "PK\x03\x04"s + std::string(22, '\0');
  auto const zip_of = [&](std::string const& name) {
    return zip + std::string(1, static_cast<char>(name.size())) + std::string(3, '\0') + name + "rest";
  };
  return {
      {"BZh91AY&SY", "a bzip2 file", "bunzip2"},
      {"\xFD"
       "7zXZ\0\0"s,
       "an xz file", "unxz"},
      {"\x04\x22\x4D\x18 rest", "an lz4 file", "unlz4"},
      {"7z\xBC\xAF\x27\x1C", "a 7-Zip archive", "unpack it"},
      {"Rar!\x1A\x07", "a RAR archive", "unpack it"},
      {"gt.json"s + std::string(250, '\0') + "ustar", "a tar archive", "unpack it"},
      {zip_of("annotations/gt.json"), "a zip archive", "unpack it"},
      {zip_of("arr_0.npy"), "a NumPy archive (.npz)", "evaluate()"},
      {zip_of("archive/data.pkl"), "a PyTorch file", "evaluate()"},
      {"PK\x03\x04", "a zip archive", "unpack it"},
      {"\x93NUMPY\x01", "a NumPy array (.npy)", "evaluate()"},
      {"PAR1\x15", "a Parquet table", "evaluate()"},
      {"\x80\x04\x95", "a pickle of Python", "json.dump"},
      {"\x89HDF\r\n\x1A\n", "an HDF5 file", ""},
      {"\x89PNG\r\n\x1A\n", "a PNG image", ""},
      {"version https://git-lfs.github.com/spec/v1\noid sha256:1", "a Git LFS pointer", "git lfs pull"},
      {"\xFF\xFE{\0}\0"s, "text in UTF-16", "UTF-8"},
      {"\xFE\xFF\0{\0}"s, "text in UTF-16", "UTF-8"},
      {"{\0}\0"s, "text in UTF-16", "UTF-8"},
      {"\xFF\xFE\0\0{\0\0\0"s, "text in UTF-32", "UTF-8"},
      {"{'images': []}", "the text of a Python dictionary", "json.dump"},
      {"<?xml version=\"1.0\"?>\n<annotations>\n <image id=\"0\">", "an XML file, as CVAT exports it", "COCO 1.0"},
      {"\xEF\xBB\xBF<annotation><object>", "an XML file of Pascal VOC", "--protocol voc"},
      {"<!DOCTYPE html>\n<html lang=\"en\">", "a web page (HTML)", "download"},
      {"0 0.5 0.5 0.1 0.2\n1 0.3 0.3 0.1 0.1\n", "lines of numbers, as in YOLO's label files", "COCO"},
      {"0 0.5 0.5 0.1 0.2 0.3 0.4\n", "lines of numbers", "COCO"},
      {"person 1 2 3 4\n", "lines of text, as Pascal VOC has them", "--protocol voc"},
      {"image,x,y,width,height\na.jpg,1,2,3,4\n", "comma-separated values", "COCO"},
      {R"({"version": "5.0", "flags": {}, "shapes": [{"label": "cat"}], "imagePath": "a.jpg"})", "a labelme file",
       "labelme2coco"},
      {R"({"_via_settings": {}, "_via_img_metadata": {}, "_via_attributes": {}})", "a file of VGG Image Annotator",
       "COCO format"},
      {R"({"a.jpg4711": {"filename": "a.jpg", "size": 4711, "regions": [], "file_attributes": {}}})",
       "a file of VGG Image Annotator", "COCO format"},
      {R"({"type": "FeatureCollection", "features": []})", "a GeoJSON file", "pixels"},
      {R"({"info": {}, "categories": {}, "items": []})", "a Datumaro file", "datum convert"},
      {R"({"description": "", "tags": [], "size": {"height": 1, "width": 1}, "objects": []})", "a Supervisely file",
       "COCO format"},
      {R"({"imgHeight": 1024, "imgWidth": 2048, "objects": []})", "a Cityscapes file", "COCO"},
      {R"([{"id": 1, "annotations": [{"result": []}], "data": {"image": "a.jpg"}}])", "a JSON export of Label Studio",
       "COCO format"},
      {R"([{"image": "a.jpg", "id": 1, "label": [], "annotator": 1, "annotation_id": 2, "lead_time": 3}])",
       "a JSON export of Label Studio", "COCO format"},
      {R"([{"file_name": "a.jpg", "height": 1, "width": 1, "image_id": 1, "annotations": []}])",
       "dataset dictionaries of detectron2", "convert_to_coco_json"},
      {wrapped(R"({"image_id": 1, "file_name": "a.png", "segments_info": []})"), "a COCO panoptic file",
       "panoptic2detection_coco_format.py"},
      {wrapped(R"({"id": 1, "image_id": 1, "caption": "a cat"})"), "a COCO caption file", "instances"},
      {"{\"image_id\": 1}\n{\"image_id\": 2}\n", "JSON Lines", "jq -s"},
  };
}

}  // namespace

TEST(file_kind, foreign_files_are_named) {
  for (kind_case const& each : foreign_files()) {
    SCOPED_TRACE(each.bytes);
    for (file_role const role : {file_role::ground_truth, file_role::results}) {
      std::string const kind = describe_wrong_file(each.bytes, role);
      EXPECT_THAT(kind, StartsWith(each.kind));
      EXPECT_THAT(kind, HasSubstr(each.advice));
    }
  }
}

TEST(file_kind, files_in_the_wrong_role_are_named) {
  std::string const array = "["s + one_result + "]";
  EXPECT_THAT(describe_wrong_file(array, file_role::ground_truth), StartsWith("an array of results (\"score\")"));
  EXPECT_THAT(describe_wrong_file("["s + one_annotation + "]", file_role::ground_truth),
              StartsWith("the array of annotations alone"));
  EXPECT_THAT(describe_wrong_file("["s + one_annotation + "]", file_role::results),
              StartsWith("annotations of a ground truth"));
  EXPECT_THAT(describe_wrong_file(wrapped(one_annotation), file_role::results), StartsWith("a ground truth"));
  EXPECT_THAT(describe_wrong_file(wrapped(""), file_role::results), StartsWith("a ground truth"));
  EXPECT_THAT(describe_wrong_file(wrapped(one_result), file_role::ground_truth), StartsWith("a file of results"));
  EXPECT_EQ(
      describe_wrong_file(wrapped(one_result), file_role::results),
      "an object with \"annotations\" that have a score; results are an array: give that of \"annotations\" alone");
  EXPECT_EQ(
      describe_wrong_file("{\"predictions\": "s + array + "}", file_role::results),
      "an object with \"predictions\" that have a score; results are an array: give that of \"predictions\" alone");
}

TEST(file_kind, files_in_their_role_are_not) {
  for (char const* text : {"", " ", "{}", "[]", "5", "null", "[5]", "[[]]", "hello", "{\"images\": ", "\xEF\xBB\xBF"}) {
    EXPECT_EQ(describe_wrong_file(text, file_role::ground_truth), "") << text;
    EXPECT_EQ(describe_wrong_file(text, file_role::results), "") << text;
  }
  EXPECT_EQ(describe_wrong_file(wrapped(one_annotation), file_role::ground_truth), "");
  EXPECT_EQ(describe_wrong_file(wrapped(""), file_role::ground_truth), "");
  EXPECT_EQ(describe_wrong_file("["s + one_result + "]", file_role::results), "");
  // Scores and captions beside boxes change nothing.
  EXPECT_EQ(describe_wrong_file(wrapped(R"({"image_id": 1, "bbox": [], "caption": "", "score": 1, "area": 1})"),
                                file_role::ground_truth),
            "");
}

TEST(file_kind, errors_of_ground_truth_name_it) {
  auto const fails = [](std::string const& text, std::string const& place, std::string const& problem) {
    expect_input_error([&] { (void)read_ground_truth(text); }, "gt.json", place, problem);
  };
  fails("PK\x03\x04", "byte 0",
        "expected an object with \"images\", \"annotations\" and \"categories\", got a zip archive; unpack it");
  fails(" ["s + one_result + "]", "byte 1", "got an array of results (\"score\"); give it as the results");
  fails(R"({"shapes": [], "imagePath": ""})", "", "has no \"images\"; the file is a labelme file");
  fails(wrapped(R"({"image_id": 1, "segments_info": []})"), "annotations[0]",
        "has no \"id\"; the file is a COCO panoptic file");
  fails("{\"id\": 1}\n{\"id\": 2}\n", "byte 10", "found '{'; the file is JSON Lines");
}

TEST(file_kind, errors_of_results_name_it) {
  dataset const truth = small_ground_truth();
  auto const fails = [&](std::string const& text, std::string const& place, std::string const& problem) {
    expect_input_error([&] { (void)read_results(text, truth); }, "dt.json", place, problem);
  };
  fails(wrapped(one_result), "byte 0",
        "expected an array of results, got an object with \"annotations\" that have a score; results are an array: "
        "give that of \"annotations\" alone");
  fails("0 0.5 0.5 0.1 0.2", "byte 0", "expected an array of results, got lines of numbers");
  fails("["s + one_annotation + "]", "[0]", "has no \"score\" (image_id 1); the file is annotations of a ground truth");
  fails(R"([{"annotation_id": 1, "annotator": 1}])", "[0]", "; the file is a JSON export of Label Studio");
}

TEST(file_kind, a_byte_order_mark_is_skipped) {
  std::string const mark = "\xEF\xBB\xBF";
  dataset const truth = read_ground_truth(mark + ground_truth_with(one_annotation));
  expect_same(truth, read_ground_truth(ground_truth_with(one_annotation)));
  expect_same(read_results(mark + "["s + one_result + "]", truth), read_results("["s + one_result + "]", truth));
  ingest::voc_image const image = ingest::read_voc_xml(
      ingest::byte_source::of("a.xml", mark + "<annotation><object><name>cat</name><bndbox><xmin>1</xmin><ymin>1</ymin>"
                                              "<xmax>2</xmax><ymax>2</ymax></bndbox></object></annotation>"),
      parity::strict);
  ASSERT_EQ(image.objects.size(), 1U);
  EXPECT_EQ(image.objects.front().class_name, "cat");
  // Places are those of the file.
  expect_input_error([&] { (void)read_ground_truth(mark + "{]"); }, "gt.json", "byte 4", "expected a key");
  expect_input_error([&] { (void)read_results(mark + "[] []", truth); }, "dt.json", "byte 6", "expected the end");
}

}  // namespace maskmetrics::testing
