/// @file
/// Folders of many small files.
#pragma once

#include <exception>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <maskmetrics/context.hpp>
#include <maskmetrics/error.hpp>

#include "core/parallel.hpp"

namespace maskmetrics::ingest {

/// The regular files of a folder, not of those in it, whose names end so; ascending by name. Hidden ones are left out.
/// @throws input_error for a folder that cannot be read
[[nodiscard]] std::vector<std::filesystem::path> files_of(std::filesystem::path const& folder, std::string_view ending);

/// What @p read makes of each file, in their order; many at a time.
/// @throws input_error of the first file that has one, whatever the number of threads
template <class Read>
[[nodiscard]] auto read_each(context const& ctx, std::vector<std::filesystem::path> const& files, Read const& read) {
  std::vector<decltype(read(files.front()))> contents(files.size());
  std::vector<std::exception_ptr> faults(files.size());
  in_arena(ctx, [&] {
    parallel_each(files.size(), [&](std::size_t i) {
      try {
        contents[i] = read(files[i]);
      } catch (input_error const&) {
        faults[i] = std::current_exception();
      }
    });
  });
  for (std::exception_ptr const& fault : faults) {
    if (fault) std::rethrow_exception(fault);
  }
  return contents;
}

}  // namespace maskmetrics::ingest
