// Annotations of Pascal VOC: what is read of them, and what is wrong with them.
#include <gtest/gtest.h>

#include <ingest/voc_annotations.hpp>

#include "ingest/ingest_cases.hpp"

namespace maskmetrics::testing {

namespace {

ingest::voc_image read(std::string const& text, parity mode = parity::strict) {
  return ingest::read_voc_xml(ingest::byte_source::of("image.xml", text), mode);
}

std::string with_object(std::string const& content) {
  return "<annotation>\n<size><width>500</width><height>375</height></size>\n<object>\n" + content +
         "\n</object>\n</annotation>\n";
}

constexpr char const* good_box = "<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>10</xmax><ymax>20</ymax></bndbox>";

void expect_fault(std::string const& text, std::string const& place, std::string const& problem,
                  parity mode = parity::strict) {
  SCOPED_TRACE(text);
  expect_input_error([&] { static_cast<void>(read(text, mode)); }, "image.xml", place, problem);
}

}  // namespace

TEST(voc_xml, is_read) {
  ingest::voc_image const image = read(R"(<?xml version="1.0"?>
<!-- as VOC2007 has it -->
<annotation>
  <folder>VOC2007</folder>
  <filename>000001.jpg</filename>
  <size><width>353</width><height>500</height><depth>3</depth></size>
  <segmented>0</segmented>
  <object>
    <name> dog </name>
    <pose>Left</pose>
    <difficult>0</difficult>
    <bndbox><xmin>48</xmin><ymin>240</ymin><xmax>195</xmax><ymax>371</ymax></bndbox>
    <part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></part>
  </object>
  <object>
    <bndbox><ymax>500</ymax><xmax>352.5</xmax><xmin> 8
    </xmin><ymin>1.25e1</ymin></bndbox>
    <name>p&amp;q</name>
    <difficult>1</difficult>
  </object>
  <object><name>dog</name><bndbox><xmin>5</xmin><ymin>5</ymin><xmax>5</xmax><ymax>5</ymax></bndbox></object>
</annotation>)");
  EXPECT_EQ(image.width, 353U);
  EXPECT_EQ(image.height, 500U);
  ASSERT_EQ(image.objects.size(), 3U);
  EXPECT_EQ(image.objects[0].class_name, "dog");
  EXPECT_FALSE(image.objects[0].is_difficult);
  EXPECT_EQ(image.objects[0].numbers.x, 48);
  EXPECT_EQ(image.objects[0].numbers.y, 240);
  EXPECT_EQ(image.objects[0].numbers.width, 195);
  EXPECT_EQ(image.objects[0].numbers.height, 371);
  EXPECT_EQ(image.objects[1].class_name, "p&q");
  EXPECT_TRUE(image.objects[1].is_difficult);
  EXPECT_EQ(image.objects[1].numbers.x, 8);
  EXPECT_EQ(image.objects[1].numbers.y, 12.5);
  EXPECT_EQ(image.objects[1].numbers.width, 352.5);
  EXPECT_EQ(image.objects[1].numbers.height, 500);
  EXPECT_EQ(image.objects[2].numbers.width, 5);
  EXPECT_FALSE(image.objects[2].is_difficult);
}

TEST(voc_xml, needs_neither_objects_nor_size) {
  EXPECT_TRUE(read("<annotation/>").objects.empty());
  EXPECT_EQ(read("<annotation></annotation>").width, 0U);
}

TEST(voc_xml, that_is_broken) {
  expect_fault("no xml", "line 1", "is no XML: ");
  expect_fault("<annotation>\n<object>\n", "line 2", "is no XML: Start-end tags mismatch");
  expect_fault("<annotation>\n<object>\n</annotation>", "line 3", "is no XML: Start-end tags mismatch");
  expect_fault("<annotation>\n\n<object", "line 3", "is no XML: ");
  expect_fault("\n<annotations/>", "line 2", "expected <annotation>, found <annotations>");
  expect_fault("<!-- nothing -->", "line 1", "is no XML: No document element found");
}

TEST(voc_xml, whose_fields_are_missing) {
  expect_fault(with_object(good_box), "line 3, object 0", "<object> has no <name>");
  expect_fault(with_object("<name> </name>" + std::string(good_box)), "line 3, object 0", "<name> is empty");
  expect_fault(with_object("<name>dog</name>"), "line 3, object 0 (dog)", "<object> has no <bndbox>");
  expect_fault(with_object("<name>dog</name>\n<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax></bndbox>"),
               "line 5, object 0 (dog)", "<bndbox> has no <ymax>");
}

TEST(voc_xml, whose_values_are_bad) {
  std::string const name = "<name>dog</name>\n";
  for (std::string const bad : {"", "abc", "1,5", "nan", "inf", "0x10", "1 2", "1e999"}) {
    expect_fault(
        with_object(name + "<bndbox><xmin>1</xmin>\n<ymin>" + bad + "</ymin><xmax>3</xmax><ymax>4</ymax></bndbox>"),
        "line 6, object 0 (dog)", "<ymin>: expected a finite number, found '" + bad + "'");
  }
  expect_fault(with_object(name + "<difficult>yes</difficult>" + good_box), "line 5, object 0 (dog)",
               "<difficult>: expected 0 or 1, found 'yes'", parity::corrected);
}

TEST(voc_xml, whose_boxes_are_upside_down) {
  std::string const name = "<name>dog</name>\n";
  expect_fault(with_object(name + "<bndbox><xmin>30</xmin><ymin>2</ymin><xmax>10</xmax><ymax>4</ymax></bndbox>"),
               "line 5, object 0 (dog)", "<xmax> 10 is less than <xmin> 30");
  expect_fault(with_object(name + "<bndbox><xmin>3</xmin><ymin>20.5</ymin><xmax>10</xmax><ymax>4</ymax></bndbox>"),
               "line 5, object 0 (dog)", "<ymax> 4 is less than <ymin> 20.5");
}

}  // namespace maskmetrics::testing
