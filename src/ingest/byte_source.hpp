/// @file
/// The bytes of one input file, whatever they are stored in.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <maskmetrics/ingest.hpp>

namespace maskmetrics::ingest {

/// A file's bytes, decompressed where the file is gzip or zstd. Cheap to copy; copies share the bytes.
class byte_source {
public:
  /// Maps a plain file; decompresses gzip and zstd, which are known by their first bytes; reads a pipe to its end.
  /// @throws input_error for a file that is missing, unreadable, empty, not a file, or a damaged archive
  [[nodiscard]] static byte_source open(std::filesystem::path const& file);
  /// Bytes that are in memory already.
  [[nodiscard]] static byte_source of(std::string name, std::string bytes);
  [[nodiscard]] static byte_source of(text_file const& file);

  [[nodiscard]] std::string const& name() const { return name_; }
  [[nodiscard]] std::size_t size() const { return text_.size(); }
  /// All bytes. Of a mapped file, only the pages that are touched become resident.
  [[nodiscard]] std::string_view text() const { return text_; }
  /// Keeps text() alive.
  [[nodiscard]] std::shared_ptr<void const> owner() const { return owner_; }
  /// Copies bytes [begin, begin + size) to @p out. Reads a plain file without touching its mapping, so that a pass over
  /// the file costs neither page faults nor resident memory. Thread-safe.
  void copy(std::size_t begin, std::size_t size, char* out) const;
  /// True where the bytes are those of a file on disk, which may still change.
  [[nodiscard]] bool is_mapped() const { return file_ != nullptr; }
  /// Of a mapped file: see mask_batch::release_text. Empty elsewhere.
  [[nodiscard]] std::function<void(std::uint64_t, std::uint64_t)> releaser() const;

private:
  class mapped_file;

  std::string name_;
  std::string_view text_;
  std::shared_ptr<void const> owner_;
  std::shared_ptr<mapped_file const> file_;  ///< where text() is its mapping
};

}  // namespace maskmetrics::ingest
