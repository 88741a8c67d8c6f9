/// @file
/// Names of reports for results files.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace maskmetrics::cli {

/// A name for each file: its own without ".json" and what compresses it; of files of one name, with as many of their
/// folders before it ("a-dt", "b-dt") as tell them apart, or else a number behind it.
/// @param files  absolute, each once
/// @param given  names by file that were given before; they stay, and nobody else gets them
[[nodiscard]] std::vector<std::string> report_names(std::vector<std::filesystem::path> const& files,
                                                    std::map<std::string, std::string> const& given);

}  // namespace maskmetrics::cli
