#include "ingest/folder.hpp"

#include <algorithm>
#include <system_error>

namespace maskmetrics::ingest {

namespace fs = std::filesystem;

std::vector<fs::path> files_of(fs::path const& folder, std::string_view ending) {
  std::vector<fs::path> files;
  std::error_code failure;
  for (fs::directory_iterator each(folder, failure), end; !failure && each != end; each.increment(failure)) {
    std::string const name = each->path().filename().string();
    std::error_code ignored;
    if (name.ends_with(ending) && !name.starts_with('.') && each->is_regular_file(ignored)) {
      files.push_back(each->path());
    }
  }
  if (failure) throw input_error(folder.string(), "", "cannot be read: " + failure.message());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace maskmetrics::ingest
