// Sizes of images from headers, tables, and COCO's JSON.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include <ingest/image_header.hpp>
#include <maskmetrics/image_sizes.hpp>

#include "ingest/ingest_cases.hpp"
#include "ingest/test_folder.hpp"

namespace maskmetrics::testing {

namespace {

/// Bytes that are written in hexadecimal; spaces do not count.
std::string bytes_of(std::string_view hexadecimal) {
  std::string digits;
  for (char const c : hexadecimal) {
    if (c != ' ') digits += c;
  }
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

// Headers of images that are 300 px wide and 200 px high (0x12C and 0xC8), as encoders write them.
constexpr std::string_view png = "89504E470D0A1A0A 0000000D 49484452 0000012C 000000C8 08 02 00 00 00";
constexpr std::string_view gif = "474946383961 2C01 C800 870000";
constexpr std::string_view bmp = "424D 76BF0200 0000 0000 36000000 28000000 2C010000 C8000000 0100 1800";
constexpr std::string_view bmp_from_the_top = "424D 76BF0200 0000 0000 36000000 28000000 2C010000 38FFFFFF 0100 1800";
constexpr std::string_view bmp_of_os2 = "424D 76BF0200 0000 0000 1A000000 0C000000 2C01 C800 0100 1800";
constexpr std::string_view webp_lossy = "52494646 50000000 57454250 56503820 44000000 D00B00 9D012A 2C01 C800 3E";
constexpr std::string_view webp_lossless = "52494646 50000000 57454250 5650384C 44000000 2F 2BC13100 07";
constexpr std::string_view webp_extended = "52494646 50000000 57454250 56503858 0A000000 10000000 2B0100 C70000";
constexpr std::string_view tiff_little =
    "49492A00 08000000 0200 0001 0300 01000000 2C010000 0101 0400 01000000 C8000000";
constexpr std::string_view tiff_big = "4D4D002A 00000008 0002 0100 0003 00000001 012C0000 0101 0004 00000001 000000C8";
constexpr std::string_view jpeg_start = "FFD8 FFE0 0010 4A46494600 0101 00 0001 0001 0000 ";
constexpr std::string_view jpeg_frame = "FFFF FFC2 0011 08 00C8 012C 03 011100 021101 031101";

image_size size_of(std::string_view bytes) {
  return ingest::read_image_size(ingest::byte_source::of("image", std::string(bytes)));
}

std::string exif(std::string_view orientation) {
  return "FFE1 0022 457869660000 4D4D002A 00000008 0001 0112 0003 00000001 00" + std::string(orientation) +
         "0000 00000000 ";
}

class image_files : public test_folder {
protected:
  static void expect_bad_image(std::string const& bytes, std::string const& problem) {
    expect_input_error([&] { (void)size_of(bytes); }, "image", "", problem);
  }
  void expect_bad_table(std::string const& text, std::string const& place, std::string const& problem) const {
    std::filesystem::path const file = write("bad", text);
    expect_input_error([&] { (void)image_sizes::read({}, file); }, file.string(), place, problem);
  }
};

constexpr image_size size_in_headers{200, 300};

}  // namespace

TEST_F(image_files, tell_their_size) {
  for (std::string_view const header :
       {png, gif, bmp, bmp_from_the_top, bmp_of_os2, webp_lossy, webp_lossless, webp_extended, tiff_little, tiff_big}) {
    EXPECT_EQ(size_of(bytes_of(header)), size_in_headers) << header;
  }
  EXPECT_EQ(size_of(bytes_of(std::string(jpeg_start) + std::string(jpeg_frame))), size_in_headers);
}

TEST_F(image_files, of_jpeg_may_be_turned) {
  for (char const* const orientation : {"00", "01", "02", "03", "04", "09"}) {
    std::string const header = std::string(jpeg_start) + exif(orientation) + std::string(jpeg_frame);
    EXPECT_EQ(size_of(bytes_of(header)), size_in_headers) << orientation;
  }
  for (char const* const orientation : {"05", "06", "07", "08"}) {
    std::string const header = std::string(jpeg_start) + exif(orientation) + std::string(jpeg_frame);
    EXPECT_EQ(size_of(bytes_of(header)), (image_size{300, 200})) << orientation;
  }
  // Data that is no EXIF turns nothing.
  std::string const damaged = std::string(jpeg_start) + "FFE1 000A 457869660000 4D4D " + std::string(jpeg_frame);
  EXPECT_EQ(size_of(bytes_of(damaged)), size_in_headers);
}

TEST_F(image_files, that_end_early_are_errors) {
  for (std::string_view const header :
       {png, gif, bmp, webp_lossy, webp_lossless, webp_extended, tiff_little, tiff_big}) {
    std::string const bytes = bytes_of(header);
    for (std::size_t size = 1; size < bytes.size(); ++size) {
      try {
        EXPECT_EQ(size_of(bytes.substr(0, size)), size_in_headers);
      } catch (input_error const& fault) {
        EXPECT_EQ(fault.source(), "image");
      }
    }
  }
  std::string const bytes = bytes_of(std::string(jpeg_start) + exif("06") + std::string(jpeg_frame));
  for (std::size_t size = 1; size < bytes.size() - 10; ++size) {
    expect_bad_image(bytes.substr(0, size), size < 2 ? "is no PNG" : "ends within its header");
  }
}

TEST_F(image_files, that_are_none_are_errors) {
  expect_bad_image("dog 0.5 0.5 0.25 0.25", "is no PNG, JPEG, GIF, BMP, WebP, or TIFF");
  expect_bad_image(bytes_of("FFD8 FFD9"), "has no header of a frame");
  expect_bad_image(bytes_of("FFD8 FFDA 0000"), "has no header of a frame");
  expect_bad_image(bytes_of("FFD8 FFE0 0000"), "a segment of 0 bytes");
  expect_bad_image(bytes_of("FFD8 0000"), "byte 2: expected a marker of JPEG");
  expect_bad_image("\xFF\xD8" + std::string(1 << 17, '\xFF'), "has no header of a frame");
  expect_bad_image(bytes_of("89504E470D0A1A0A 0000000D 49484452 00000000 000000C8"), "got a header of 200 x 0");
  expect_bad_image(bytes_of("89504E470D0A1A0A 0000000D 49484452 00010000 00010000"), "got a header of 65536 x 65536");
}

TEST_F(image_files, of_a_folder_are_found_by_name) {
  (void)write("images/a.PNG", bytes_of(png));
  (void)write("images/b.c.jpeg", bytes_of(std::string(jpeg_start) + std::string(jpeg_frame)));
  (void)write("images/damaged.gif", "GIF89a");
  (void)write("images/notes.txt", "nonsense");
  (void)write("images/twice.png", bytes_of(png));
  (void)write("images/twice.gif", bytes_of(gif));
  image_sizes const sizes = image_sizes::read({}, folder_ / "images");
  for (char const* const name : {"a", "a.PNG", "train/a.jpg", "b.c", "b.c.jpeg", "twice.png"}) {
    EXPECT_EQ(sizes.find(0, name), size_in_headers) << name;
  }
  EXPECT_EQ(sizes.find(0, "b"), std::nullopt);
  EXPECT_EQ(sizes.find(0, "notes"), std::nullopt);
  EXPECT_EQ(sizes.find(0, ""), std::nullopt);
  expect_input_error([&] { (void)sizes.find(0, "twice"); }, (folder_ / "images/twice.gif").string(), "",
                     "may be this one or 'twice.png'");
  expect_input_error([&] { (void)sizes.find(0, "damaged"); }, (folder_ / "images/damaged.gif").string(), "",
                     "ends within its header");
  std::filesystem::create_directories(folder_ / "none");
  expect_input_error([&] { (void)image_sizes::read({}, folder_ / "none"); }, (folder_ / "none").string(), "",
                     "has no images (.png");
}

TEST_F(image_files, may_be_listed_in_a_table) {
  image_sizes const sizes = image_sizes::read({}, write("sizes.csv",
                                                        "\xEF\xBB\xBFwidth,image,height,license\r\n"
                                                        "300,train/a.png,200,1\r\n\n"
                                                        "300 , \"b, \"\"c\"\".jpg\" , 200.0,\n"
                                                        "300,a.png,200,2\n"
                                                        "40,139,30,1"));
  EXPECT_EQ(sizes.find(0, "a"), size_in_headers);
  EXPECT_EQ(sizes.find(0, "b, \"c\""), size_in_headers);
  EXPECT_EQ(sizes.find(139, ""), (image_size{30, 40}));
  EXPECT_EQ(sizes.find(139, "x.png"), (image_size{30, 40}));
  EXPECT_EQ(sizes.find(140, "x.png"), std::nullopt);
}

TEST_F(image_files, in_bad_tables_are_errors) {
  expect_bad_table("a.png,300,200\n", "line 1", "expected a line that names the columns image, width, and height");
  expect_bad_table("image,width,height\n\na.png,300\n", "line 3", "expected 3 values, got 2");
  expect_bad_table("image,width,height\n,300,200\n", "line 2", "image: expected a name or an id");
  for (char const* const side : {"0", "-1", "1.5", "x", "", "4294967297"}) {
    expect_bad_table(std::string("image,width,height\na,") + side + ",200\n", "line 2",
                     "width: expected a number of pixels");
  }
  expect_bad_table("image,width,height\na,300,200\na,200,300\n", "line 3",
                   "image a: 300 x 200 px here and 200 x 300 px before");
  expect_bad_table("{\"annotations\": []}", "", "has no \"images\"");
  expect_bad_table("[]", "byte 0", "expected an object");
}

TEST_F(image_files, may_be_those_of_another_ground_truth) {
  image_sizes const sizes = image_sizes::read(
      {}, write("sizes.json", R"({"images": [{"id": 1, "file_name": "a.png", "height": 200, "width": 300},
                                             {"id": 2, "height": 30, "width": 40}, {"id": 3}],
                                  "annotations": [{"nonsense": 1}]})"));
  EXPECT_EQ(sizes.find(7, "a"), size_in_headers);
  EXPECT_EQ(sizes.find(1, ""), size_in_headers);
  EXPECT_EQ(sizes.find(2, "b"), (image_size{30, 40}));
  EXPECT_EQ(sizes.find(3, "c"), std::nullopt);
  image_sizes const marked = image_sizes::read(
      {}, write("marked.json", "\xEF\xBB\xBF {\"images\": [{\"id\": 4, \"height\": 5, \"width\": 6}]}"));
  EXPECT_EQ(marked.find(4, ""), (image_size{5, 6}));
}

}  // namespace maskmetrics::testing
