#include "cli/sweep_names.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace maskmetrics::cli {

namespace {

namespace fs = std::filesystem;

std::string stem_of(fs::path const& file) {
  std::string name = file.filename().string();
  for (char const* const ending : {".gz", ".zst", ".json"}) {
    std::string_view const text = ending;
    if (name.size() > text.size() && name.ends_with(text)) name.resize(name.size() - text.size());
  }
  // A hidden report would be lost to those who look for it.
  return name.starts_with('.') ? '_' + name : name;
}

/// The stem behind the names of the @p depth innermost folders.
std::string name_with_folders(fs::path const& file, std::size_t depth) {
  std::string name = stem_of(file);
  fs::path folder = file.parent_path();
  for (; depth > 0 && folder.has_relative_path(); --depth) {
    name.insert(0, folder.filename().string() + '-');
    folder = folder.parent_path();
  }
  return name;
}

std::size_t depth_of(fs::path const& file) {
  return static_cast<std::size_t>(std::distance(file.begin(), file.end()));
}

/// Names for files that share a stem.
std::vector<std::string> names_of_namesakes(std::vector<fs::path> const& files, std::set<std::string> const& taken) {
  std::size_t deepest = 0;
  for (fs::path const& file : files) deepest = std::max(deepest, depth_of(file));
  std::vector<std::string> names(files.size());
  for (std::size_t depth = 0; depth <= deepest; ++depth) {
    std::set<std::string> used = taken;
    bool distinct = true;
    for (std::size_t i = 0; i < files.size(); ++i) {
      names[i] = name_with_folders(files[i], depth);
      distinct = used.insert(names[i]).second && distinct;
    }
    if (distinct) return names;
  }
  std::set<std::string> used = taken;
  for (std::size_t i = 0; i < files.size(); ++i) {
    std::string const stem = stem_of(files[i]);
    names[i] = stem;
    for (int number = 2; !used.insert(names[i]).second; ++number) names[i] = fmt::format("{}-{}", stem, number);
  }
  return names;
}

}  // namespace

std::vector<std::string> report_names(std::vector<fs::path> const& files,
                                      std::map<std::string, std::string> const& given) {
  std::vector<std::string> names(files.size());
  std::set<std::string> taken;
  for (auto const& [file, name] : given) taken.insert(name);
  std::map<std::string, std::vector<std::size_t>> by_stem;
  for (std::size_t i = 0; i < files.size(); ++i) {
    auto const before = given.find(files[i].string());
    if (before != given.end()) {
      names[i] = before->second;
    } else {
      by_stem[stem_of(files[i])].push_back(i);
    }
  }
  for (auto const& [stem, indices] : by_stem) {
    std::vector<fs::path> namesakes;
    for (std::size_t const i : indices) namesakes.push_back(files[i]);
    std::vector<std::string> found = names_of_namesakes(namesakes, taken);
    for (std::size_t n = 0; n < indices.size(); ++n) {
      taken.insert(found[n]);
      names[indices[n]] = std::move(found[n]);
    }
  }
  return names;
}

}  // namespace maskmetrics::cli
