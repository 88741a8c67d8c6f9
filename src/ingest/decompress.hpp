/// @file
/// gzip and zstd, known by their first bytes.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace maskmetrics::ingest {

/// Bytes and what keeps them.
struct decompressed {
  std::string_view text;
  std::shared_ptr<void const> owner;
};

[[nodiscard]] bool is_compressed(std::string_view bytes) noexcept;

/// Decompresses a whole gzip or zstd file, all its members or frames.
/// @throws input_error naming the byte of the compressed file where it is damaged or ends too early
[[nodiscard]] decompressed decompress(std::string const& name, std::string_view bytes);

}  // namespace maskmetrics::ingest
