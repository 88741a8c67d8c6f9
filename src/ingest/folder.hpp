/// @file
/// Folders of many small files.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <maskmetrics/context.hpp>

namespace maskmetrics::ingest {

/// The regular files of a folder, not of those in it, whose names end so; ascending by name. Hidden ones are left out.
/// @throws input_error for a folder that cannot be read
[[nodiscard]] std::vector<std::filesystem::path> files_of(std::filesystem::path const& folder, std::string_view ending);

/// Calls read(i) for every file, many at a time.
/// @throws input_error of the first file that has one, whatever the number of threads
void for_each_file(context const& ctx, std::size_t num_files, std::function<void(std::size_t)> const& read);

/// What @p read makes of each file, in their order; many at a time.
/// @throws input_error of the first file that has one, whatever the number of threads
template <class Read>
[[nodiscard]] auto read_each(context const& ctx, std::vector<std::filesystem::path> const& files, Read const& read) {
  std::vector<decltype(read(files.front()))> contents(files.size());
  for_each_file(ctx, files.size(), [&](std::size_t i) { contents[i] = read(files[i]); });
  return contents;
}

}  // namespace maskmetrics::ingest
