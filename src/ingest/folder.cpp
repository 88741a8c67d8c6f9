#include "ingest/folder.hpp"

#include <algorithm>
#include <exception>
#include <system_error>

#include <maskmetrics/error.hpp>

#include "core/parallel.hpp"

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

void for_each_file(context const& ctx, std::size_t num_files, std::function<void(std::size_t)> const& read) {
  std::vector<std::exception_ptr> faults(num_files);
  in_arena(ctx, [&] {
    parallel_each(num_files, [&](std::size_t i) {
      try {
        read(i);
      } catch (input_error const&) {
        faults[i] = std::current_exception();
      }
    });
  });
  for (std::exception_ptr const& fault : faults) {
    if (fault) std::rethrow_exception(fault);
  }
}

}  // namespace maskmetrics::ingest
