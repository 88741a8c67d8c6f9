/// @file
/// What a sweep has finished, so that the next one goes on from there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <maskmetrics/summary.hpp>

namespace maskmetrics::cli {

/// What tells that a file is another one than before. Files that are no regular ones never are the same.
struct file_stamp {
  bool regular = false;
  std::uint64_t bytes = 0;
  std::int64_t modified = 0;  ///< ticks of the file system's clock

  [[nodiscard]] static file_stamp of(std::filesystem::path const& file);
  [[nodiscard]] bool same_as(file_stamp const& other) const {
    return regular && other.regular && bytes == other.bytes && modified == other.modified;
  }
};

/// A results file and what came out.
struct finished_result {
  file_stamp stamp;  ///< of the results file before it was read
  std::uint64_t report_hash = 0;
  std::vector<metric> metrics;  ///< without their lines
};

/// The hash that finished_result holds (FNV-1a).
[[nodiscard]] std::uint64_t hash_of(std::string_view report);

/// Results files by identity, with the name of each one's report, and those that are finished. Kept in a text file of
/// words and quoted strings: "key", then "name" and "result" records.
class sweep_state {
public:
  /// Reads the file. What was finished under another key is not finished; names stay. A file that is not there or
  /// damaged is an empty state.
  /// @param key  everything but the results file that decides a result
  sweep_state(std::filesystem::path const& file, std::string key);

  /// Names of reports by identity of the results file.
  [[nodiscard]] std::map<std::string, std::string> const& names() const { return names_; }
  void set_name(std::string const& identity, std::string const& name) { names_[identity] = name; }

  /// The result of a file that has not changed since, and whose report is still there as it was written; else nullptr.
  [[nodiscard]] finished_result const* find(std::string const& identity, std::filesystem::path const& report) const;
  void add(std::string const& identity, finished_result result) { finished_[identity] = std::move(result); }
  void forget_results() { finished_.clear(); }

  /// The file's content.
  [[nodiscard]] std::string text() const;

private:
  std::string key_;
  std::map<std::string, std::string> names_;
  std::map<std::string, finished_result> finished_;
};

}  // namespace maskmetrics::cli
