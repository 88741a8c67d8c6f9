/// @file
/// Heights and widths of images whose ground truth does not tell them, which relative boxes need.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>

#include "maskmetrics/context.hpp"

namespace maskmetrics {

struct image_size {
  std::uint32_t height = 0;  ///< px
  std::uint32_t width = 0;   ///< px

  [[nodiscard]] bool operator==(image_size const&) const = default;
};

/// Sizes by the names of images or by their ids. A name is found with or without its folder and ending: "train/a.jpg"
/// is "a.jpg", and that is "a".
class image_sizes {
public:
  /// @param path  one of
  ///   - a folder of images: PNG, JPEG, GIF, BMP, WebP, or TIFF, of which the headers are read once a size is asked
  ///   for;
  ///     a JPEG's EXIF orientation counts
  ///   - a CSV file whose first line names its columns: image (a name or id), width, height; others are passed over
  ///   - a JSON file with COCO's "images": id, width, height, and, where it has one, file_name
  /// @throws input_error naming file, line or JSON path, and value
  [[nodiscard]] static image_sizes read(context const& ctx, std::filesystem::path const& path);

  /// Adds an image by its name, or by its id as text. @param source, place  of the size, for messages
  /// @throws input_error where the name has another size already
  void add(std::string const& name, image_size size, std::string const& source, std::string const& place);
  /// The same by its id.
  void add(std::int64_t id, image_size size, std::string const& source, std::string const& place);

  /// The size of an image, by its name or else by its id; nothing where it is not there. Thread-safe.
  /// @throws input_error for a damaged image file, and for a name that means images of different sizes
  [[nodiscard]] std::optional<image_size> find(std::int64_t id, std::string const& name) const;

private:
  struct entry {
    image_size size;
    std::filesystem::path file;  ///< whose header has the size; empty: size has it
    std::string source;
    std::string place;
  };
  template <class Key>
  using table = std::unordered_map<Key, entry>;

  template <class Key>
  static void add_to(table<Key>& entries, Key const& key, entry const& of);
  void add_entry(std::string const& name, entry const& of);
  [[nodiscard]] entry const* find_entry(std::string const& name) const;

  table<std::string> by_name_;
  table<std::string> by_stem_;  // without folder and ending
  table<std::int64_t> by_id_;
  std::unordered_map<std::string, std::string> ambiguous_;  // a stem, and the second image that has it
};

}  // namespace maskmetrics
