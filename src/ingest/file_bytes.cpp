// Files that are not JSON, by their first bytes.
#include <algorithm>
#include <cctype>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ingest/file_kind.hpp"
#include "ingest/json_text.hpp"
#include "ingest/text_lines.hpp"

namespace maskmetrics::ingest {

namespace {

using namespace std::string_view_literals;

constexpr char const* unpack = "; unpack it and give the JSON file that is in it";
constexpr char const* load_in_python =
    "; load it in Python: maskmetrics.evaluate() takes dictionaries, lists and arrays, and json.dump writes them";

/// A kind of file that begins with the same bytes everywhere.
struct magic {
  std::string_view bytes;
  std::size_t at;
  char const* what;
  char const* advice;
};

constexpr magic magics[] = {
    {"BZh"sv, 0, "a bzip2 file", "; unpack it (bunzip2), or compress it with gzip or zstd instead"},
    {"\xFD"
     "7zXZ\0"sv,
     0, "an xz file", "; unpack it (unxz), or compress it with gzip or zstd instead"},
    {"\x04\x22\x4D\x18"sv, 0, "an lz4 file", "; unpack it (unlz4), or compress it with gzip or zstd instead"},
    {"7z\xBC\xAF\x27\x1C"sv, 0, "a 7-Zip archive", unpack},
    {"Rar!\x1A\x07"sv, 0, "a RAR archive", unpack},
    {"ustar"sv, 257, "a tar archive", unpack},
    {"\x93NUMPY"sv, 0, "a NumPy array (.npy)", load_in_python},
    {"PAR1"sv, 0, "a Parquet table", load_in_python},
    {"ARROW1"sv, 0, "an Arrow table", load_in_python},
    {"\x89HDF\r\n\x1A\n"sv, 0, "an HDF5 file", load_in_python},
    {"SQLite format 3\0"sv, 0, "an SQLite database", load_in_python},
    {"\x89PNG\r\n\x1A\n"sv, 0, "a PNG image", "; masks are read from JSON, as polygons or RLE"},
    {"\xFF\xD8\xFF"sv, 0, "a JPEG image", "; masks are read from JSON, as polygons or RLE"},
    {"%PDF-"sv, 0, "a PDF document", ""},
    {"version https://git-lfs"sv, 0, "a Git LFS pointer, which stands for a file that was not downloaded",
     "; git lfs pull downloads it"},
    {"{'"sv, 0, "the text of a Python dictionary", "; json.dump writes JSON"},
    {"[{'"sv, 0, "the text of a Python list", "; json.dump writes JSON"},
};

bool has_at(std::string_view bytes, std::size_t at, std::string_view expected) {
  return bytes.size() >= at + expected.size() && bytes.substr(at, expected.size()) == expected;
}

/// A zip archive by the name of its first file.
std::string describe_zip(std::string_view bytes) {
  constexpr std::size_t name_at = 30;
  std::string_view name;
  if (bytes.size() > name_at) {
    auto const byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(bytes[i])); };
    name = bytes.substr(name_at, byte(26) | byte(27) << 8U);
  }
  if (name.ends_with(".npy")) return std::string("a NumPy archive (.npz)") + load_in_python;
  if (name.ends_with("data.pkl")) return std::string("a PyTorch file") + load_in_python;
  return std::string("a zip archive") + unpack;
}

std::string describe_encoding(std::string_view bytes) {
  bool const marked =
      bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF") || bytes.starts_with("\0\0\xFE\xFF"sv);
  bool const wide = bytes.size() > 1 && ((bytes[0] == '\0') != (bytes[1] == '\0'));
  if (!marked && !wide) return {};
  bool const four = bytes.starts_with("\xFF\xFE\0\0"sv) || bytes.starts_with("\0\0\xFE\xFF"sv);
  return std::string("text in UTF-") + (four ? "32" : "16") + "; save it as UTF-8";
}

/// The name of the outermost element; empty where there is none.
std::string_view root_of(std::string_view text) {
  for (std::size_t at = text.find('<'); at != std::string_view::npos; at = text.find('<', at + 1)) {
    if (at + 1 < text.size() && std::isalpha(static_cast<unsigned char>(text[at + 1])) != 0) {
      std::string_view const rest = text.substr(at + 1);
      return rest.substr(0, rest.find_first_of(" \t\r\n/>"));
    }
  }
  return {};
}

std::string describe_markup(std::string_view text) {
  constexpr std::size_t plenty = 4096;
  std::string_view const root = root_of(text.substr(0, plenty));
  if (root == "html" || root == "HTML") return "a web page (HTML); download the file itself";
  if (root == "annotations") return "an XML file, as CVAT exports it; export the task in the format COCO 1.0 instead";
  if (root == "annotation") {
    return "an XML file of Pascal VOC; --protocol voc evaluates the directory that holds one for each image";
  }
  return "an XML file; only --protocol voc reads XML, that of Pascal VOC";
}

/// Lines of values: YOLO's labels, Pascal VOC's text files, comma-separated values.
std::string describe_lines(std::string_view text) {
  std::string_view const line = text.substr(0, text.find_first_of("\r\n"));
  if (line.find_first_of("{}[]<>") != std::string_view::npos) return {};
  std::vector<std::string_view> values;
  split_line(line, values);
  auto const num_numbers = std::count_if(values.begin(), values.end(),
                                         [](std::string_view value) { return finite_number(value).has_value(); });
  if (values.size() >= 5 && num_numbers == std::ptrdiff_t(values.size())) {
    return "lines of numbers, as in YOLO's label files; convert them to COCO's JSON";
  }
  if (values.size() >= 5 && num_numbers + 1 == std::ptrdiff_t(values.size())) {
    return "lines of text, as Pascal VOC has them; --protocol voc evaluates those";
  }
  auto const separators =
      std::count_if(line.begin(), line.end(), [](char c) { return c == ',' || c == ';' || c == '\t'; });
  if (separators >= 2) return "comma-separated values; convert them to COCO's JSON";
  return {};
}

}  // namespace

std::string describe_other_bytes(std::string_view bytes) {
  for (magic const& each : magics) {
    if (has_at(bytes, each.at, each.bytes)) return std::string(each.what) + each.advice;
  }
  if (bytes.starts_with("PK\x03\x04")) return describe_zip(bytes);
  // A pickle names its protocol, from 2 on.
  if (bytes.size() > 1 && bytes[0] == '\x80' && bytes[1] >= 2 && bytes[1] <= 5) {
    return std::string("a pickle of Python") + load_in_python;
  }
  std::string encoding = describe_encoding(bytes);
  if (!encoding.empty()) return encoding;
  std::string_view const text = bytes.substr(skip_to_content(bytes));
  if (text.starts_with('<')) return describe_markup(text);
  return describe_lines(text);
}

}  // namespace maskmetrics::ingest
