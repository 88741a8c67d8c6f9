#include "ingest/image_header.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include <fmt/format.h>

#include <maskmetrics/error.hpp>

namespace maskmetrics::ingest {

namespace {

enum class byte_order : unsigned char { little, big };

/// Numbers at places of a file.
class header_bytes {
public:
  explicit header_bytes(byte_source const& source) : source_(source) {}

  [[nodiscard]] std::string text(std::uint64_t at, std::size_t size) const {
    if (at > source_.size() || size > source_.size() - at) fail("ends within its header");
    std::string bytes(size, '\0');
    source_.copy(static_cast<std::size_t>(at), size, bytes.data());
    return bytes;
  }
  [[nodiscard]] bool has(std::uint64_t at, std::string_view expected) const {
    return source_.size() >= at + expected.size() && text(at, expected.size()) == expected;
  }
  /// An unsigned integer of up to four bytes.
  [[nodiscard]] std::uint32_t number(std::uint64_t at, std::size_t size, byte_order order) const {
    std::string bytes = text(at, size);
    if (order == byte_order::little) std::reverse(bytes.begin(), bytes.end());
    std::uint32_t value = 0;
    for (char const c : bytes) value = value << 8U | static_cast<unsigned char>(c);
    return value;
  }
  [[noreturn]] void fail(std::string const& problem) const { throw input_error(source_.name(), "", problem); }

private:
  byte_source const& source_;
};

/// Both sides, checked.
image_size size_of(header_bytes const& bytes, std::uint32_t height, std::uint32_t width) {
  constexpr std::uint32_t most_pixels = std::numeric_limits<std::int32_t>::max();
  if (height == 0 || width == 0 || std::uint64_t{height} * width > most_pixels) {
    bytes.fail(fmt::format("expected an image of 1 to {} pixels, got a header of {} x {}", most_pixels, height, width));
  }
  return {height, width};
}

/// The first directory of a TIFF, which EXIF data is, too.
class tiff_directory {
public:
  /// @param begin  of the TIFF within the file
  tiff_directory(header_bytes const& bytes, std::uint64_t begin)
      : bytes_(bytes), order_(bytes.has(begin, "II") ? byte_order::little : byte_order::big) {
    at_ = begin + bytes.number(begin + 4, 4, order_);
    num_entries_ = bytes.number(at_, 2, order_);
  }

  /// The value of a tag of one short or long number, or 0 where it is not there.
  [[nodiscard]] std::uint32_t value(std::uint32_t tag) const {
    constexpr std::uint32_t short_number = 3;
    for (std::uint32_t i = 0; i < num_entries_; ++i) {
      std::uint64_t const entry = at_ + 2 + std::uint64_t{i} * 12;
      if (bytes_.number(entry, 2, order_) != tag) continue;
      return bytes_.number(entry + 8, bytes_.number(entry + 2, 2, order_) == short_number ? 2 : 4, order_);
    }
    return 0;
  }

private:
  header_bytes const& bytes_;
  byte_order order_;
  std::uint64_t at_ = 0;
  std::uint32_t num_entries_ = 0;
};

image_size size_of_tiff(header_bytes const& bytes) {
  constexpr std::uint32_t width_tag = 256;
  constexpr std::uint32_t height_tag = 257;
  tiff_directory const directory(bytes, 0);
  return size_of(bytes, directory.value(height_tag), directory.value(width_tag));
}

/// The orientation of the EXIF data in a segment turns the image by 90 degrees. Damaged EXIF data turns nothing, as in
/// every viewer.
bool is_turned(header_bytes const& bytes, std::uint64_t segment) {
  using namespace std::string_view_literals;
  constexpr std::uint32_t orientation_tag = 274;
  constexpr std::uint32_t first_turned = 5;
  constexpr std::uint32_t last_turned = 8;
  if (!bytes.has(segment, "Exif\0\0"sv)) return false;
  try {
    std::uint32_t const orientation = tiff_directory(bytes, segment + 6).value(orientation_tag);
    return orientation >= first_turned && orientation <= last_turned;
  } catch (input_error const&) {
    return false;
  }
}

image_size size_of_jpeg(header_bytes const& bytes) {
  constexpr std::uint32_t end_of_image = 0xD9;
  constexpr std::uint32_t start_of_scan = 0xDA;
  constexpr std::uint32_t application_1 = 0xE1;
  constexpr int most_steps = 1 << 16;
  bool has_exif = false;
  bool turned = false;
  std::uint64_t at = 2;
  for (int step = 0; step < most_steps; ++step) {
    if (bytes.number(at, 1, byte_order::big) != 0xFF) bytes.fail(fmt::format("byte {}: expected a marker of JPEG", at));
    std::uint32_t const marker = bytes.number(at + 1, 1, byte_order::big);
    if (marker == 0xFF) {  // a byte that fills
      ++at;
      continue;
    }
    if (marker == end_of_image || marker == start_of_scan) bytes.fail("has no header of a frame");
    std::uint64_t const segment = at + 4;
    std::uint32_t const length = bytes.number(at + 2, 2, byte_order::big);
    if (length < 2) bytes.fail(fmt::format("byte {}: a segment of {} bytes", at, length));
    // C4, C8, and CC are tables and an extension, not frames.
    if (marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC) {
      std::uint32_t const height = bytes.number(segment + 1, 2, byte_order::big);
      std::uint32_t const width = bytes.number(segment + 3, 2, byte_order::big);
      return turned ? size_of(bytes, width, height) : size_of(bytes, height, width);
    }
    if (marker == application_1 && !has_exif) {
      has_exif = bytes.has(segment, "Exif");
      turned = is_turned(bytes, segment);
    }
    at += 2 + std::uint64_t{length};
  }
  bytes.fail("has no header of a frame");
}

image_size size_of_bmp(header_bytes const& bytes) {
  constexpr std::uint32_t core_header = 12;
  if (bytes.number(14, 4, byte_order::little) == core_header) {
    return size_of(bytes, bytes.number(20, 2, byte_order::little), bytes.number(18, 2, byte_order::little));
  }
  // A negative height is that of rows from top to bottom.
  std::uint32_t const height = bytes.number(22, 4, byte_order::little);
  return size_of(bytes, height > 0x80000000U ? 0U - height : height, bytes.number(18, 4, byte_order::little));
}

image_size size_of_webp(header_bytes const& bytes) {
  auto const little = [&](std::uint64_t at, std::size_t size) { return bytes.number(at, size, byte_order::little); };
  if (bytes.has(12, "VP8X")) return size_of(bytes, little(27, 3) + 1, little(24, 3) + 1);
  if (bytes.has(12, "VP8L")) {
    std::uint32_t const sides = little(21, 4);
    return size_of(bytes, (sides >> 14U & 0x3FFFU) + 1, (sides & 0x3FFFU) + 1);
  }
  if (!bytes.has(12, "VP8 ") || !bytes.has(23, "\x9D\x01\x2A")) bytes.fail("is a WebP without a header of a frame");
  return size_of(bytes, little(28, 2) & 0x3FFFU, little(26, 2) & 0x3FFFU);
}

}  // namespace

bool is_image_name(std::string_view name) {
  constexpr std::array<std::string_view, 8> endings = {".png", ".jpg",  ".jpeg", ".gif",
                                                       ".bmp", ".webp", ".tif",  ".tiff"};
  std::size_t const dot = name.rfind('.');
  if (dot == std::string_view::npos) return false;
  std::string ending(name.substr(dot));
  for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return std::find(endings.begin(), endings.end(), ending) != endings.end();
}

image_size read_image_size(byte_source const& source) {
  using namespace std::string_view_literals;
  header_bytes const bytes(source);
  if (bytes.has(0, "\x89PNG\r\n\x1A\n")) {
    if (!bytes.has(12, "IHDR")) bytes.fail("is a PNG that does not begin with IHDR");
    return size_of(bytes, bytes.number(20, 4, byte_order::big), bytes.number(16, 4, byte_order::big));
  }
  if (bytes.has(0, "\xFF\xD8")) return size_of_jpeg(bytes);
  if (bytes.has(0, "GIF87a") || bytes.has(0, "GIF89a")) {
    return size_of(bytes, bytes.number(8, 2, byte_order::little), bytes.number(6, 2, byte_order::little));
  }
  if (bytes.has(0, "BM")) return size_of_bmp(bytes);
  if (bytes.has(0, "RIFF") && bytes.has(8, "WEBP")) return size_of_webp(bytes);
  if (bytes.has(0, "II*\0"sv) || bytes.has(0, "MM\0*"sv)) return size_of_tiff(bytes);
  bytes.fail("is no PNG, JPEG, GIF, BMP, WebP, or TIFF, whose headers tell their size");
}

}  // namespace maskmetrics::ingest
