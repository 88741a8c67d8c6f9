#include "cli/file_patterns.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "cli/lists.hpp"
#include "cli/usage_error.hpp"

namespace maskmetrics::cli {

namespace {

namespace fs = std::filesystem;

constexpr char const* any_depth = "**";

bool is_pattern(std::string_view text) {
  return text.find_first_of("*?[") != std::string_view::npos;
}

bool is_folder(fs::path const& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

/// What a folder holds but hidden things; nothing where it cannot be read, as in a shell.
std::vector<fs::path> entries_of(fs::path const& folder) {
  std::vector<fs::path> entries;
  std::error_code failure;
  fs::directory_iterator entry(folder.empty() ? fs::path(".") : folder, failure);
  for (; !failure && entry != fs::directory_iterator(); entry.increment(failure)) {
    fs::path const name = entry->path().filename();
    if (!name.string().starts_with('.')) entries.push_back(folder / name);
  }
  return entries;
}

/// Walks a pattern part by part.
class pattern_walk {
public:
  explicit pattern_walk(fs::path const& pattern) : parts_(pattern.begin(), pattern.end()) {
    if (!parts_.empty() && parts_.back() == any_depth) parts_.emplace_back("*");
  }

  std::vector<std::string> run() {
    visit({}, 0);
    std::sort(found_.begin(), found_.end());
    return std::move(found_);
  }

private:
  void visit(fs::path const& folder, std::size_t at) {
    fs::path const& part = parts_[at];
    if (part == any_depth) {
      visit(folder, at + 1);
      for (fs::path const& entry : entries_of(folder)) {
        // A link to a folder above would have no end.
        std::error_code ignored;
        if (is_folder(entry) && !fs::is_symlink(fs::symlink_status(entry, ignored))) visit(entry, at);
      }
    } else if (!is_pattern(part.string())) {
      take(folder / part, at);
    } else {
      for (fs::path const& entry : entries_of(folder)) {
        if (fnmatch(part.c_str(), entry.filename().c_str(), 0) == 0) take(entry, at);
      }
    }
  }

  void take(fs::path const& path, std::size_t at) {
    std::error_code ignored;
    bool const last = at + 1 == parts_.size();
    if (!last && is_folder(path)) visit(path, at + 1);
    if (last && !is_folder(path) && fs::exists(path, ignored)) found_.push_back(path.string());
  }

  std::vector<fs::path> parts_;
  std::vector<std::string> found_;
};

fs::path identity_of(std::string const& file) {
  std::error_code failure;
  fs::path const absolute = fs::absolute(file, failure);
  if (failure) return file;
  fs::path identity = fs::weakly_canonical(absolute, failure);
  return failure ? absolute : identity;
}

std::vector<std::string> files_of(std::string const& option, std::string const& word) {
  std::error_code ignored;
  if (!is_pattern(word) || fs::exists(word, ignored)) return {word};
  std::vector<std::string> files = pattern_walk(word).run();
  if (files.empty()) throw usage_error(fmt::format("{}: no file matches '{}'", option, word));
  return files;
}

}  // namespace

std::vector<named_file> expand_files(std::string const& option, std::vector<std::string> const& words) {
  std::vector<named_file> files;
  std::set<fs::path> known;
  auto const add = [&](std::string const& word) {
    for (std::string const& file : files_of(option, word)) {
      fs::path identity = identity_of(file);
      if (known.insert(identity).second) files.push_back({file, std::move(identity)});
    }
  };
  for (std::string const& word : words) {
    if (!word.starts_with('@')) {
      add(word);
      continue;
    }
    std::vector<std::string> const lines = parse_names(word);
    if (lines.empty()) throw usage_error(fmt::format("{}: {} names no file", option, word.substr(1)));
    for (std::string const& line : lines) add(line);
  }
  return files;
}

}  // namespace maskmetrics::cli
