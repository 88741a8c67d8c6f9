/// @file
/// Files by name, pattern or list.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace maskmetrics::cli {

/// A file that the command line names.
struct named_file {
  std::string shown;               ///< as it was named
  std::filesystem::path identity;  ///< absolute and without links: the same for every name of a file
};

/// Files in the order in which they are named, each once. A word is the name of a file, there or not; a pattern with
/// "*", "?", "[...]" and, for folders at any depth, "**"; or "@list", a file with one of the former a line. A pattern
/// stands for its files in order of their names, hidden ones left out; one that is the name of a file, for that.
/// @throws usage_error for a pattern that no file matches; input_error for a list that cannot be read
[[nodiscard]] std::vector<named_file> expand_files(std::string const& option, std::vector<std::string> const& words);

}  // namespace maskmetrics::cli
