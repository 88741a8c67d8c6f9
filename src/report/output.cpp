#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>

#include <fmt/format.h>

#include <maskmetrics/error.hpp>
#include <maskmetrics/report.hpp>

#include "report/npy.hpp"

namespace maskmetrics {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(fs::path const& path, std::error_code const& reason) {
  throw output_error(fmt::format("cannot write {}: {}", path.string(), reason.message()));
}

[[noreturn]] void fail_with_errno(fs::path const& path) {
  fail(path, {errno, std::generic_category()});
}

/// The folder that a file lies in.
fs::path folder_of(fs::path const& file) {
  return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

/// A name in @p folder that nobody else uses.
fs::path unused_name(fs::path const& folder) {
  static std::atomic<unsigned> next{0};
  for (;;) {
    fs::path candidate = folder / fmt::format(".maskmetrics-{}-{}.tmp", getpid(), next++);
    std::error_code ignored;
    if (!fs::exists(fs::symlink_status(candidate, ignored))) return candidate;
  }
}

/// A file that is open for writing; errors name the file that the user asked for.
class open_file {
public:
  open_file(fs::path const& path, char const* mode, fs::path asked_for)
      : file_(std::fopen(path.c_str(), mode)), asked_for_(std::move(asked_for)) {
    if (!file_) fail_with_errno(asked_for_);
  }

  void write(void const* data, std::size_t bytes) {
    if (bytes != 0 && std::fwrite(data, 1, bytes, file_.get()) != bytes) fail_with_errno(asked_for_);
  }
  void write(std::string_view text) { write(text.data(), text.size()); }

  /// What is buffered may still find no room.
  void close() {
    if (std::fclose(file_.release()) != 0) fail_with_errno(asked_for_);
  }

private:
  struct closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, closer> file_;
  fs::path asked_for_;
};

/// The file that a name means: behind symbolic links, so that renaming replaces the file and not the link.
fs::path behind_links(fs::path const& file) {
  std::error_code failure;
  if (!fs::is_symlink(fs::symlink_status(file, failure))) return file;
  fs::path target = fs::canonical(file, failure);
  return failure ? file : target;
}

bool is_device_or_pipe(fs::path const& file) {
  std::error_code ignored;
  fs::file_status const status = fs::status(file, ignored);
  return fs::is_character_file(status) || fs::is_fifo(status) || fs::is_socket(status) || fs::is_block_file(status);
}

void write_array(open_file& file, std::vector<std::size_t> const& shape, view<double const> values) {
  file.write(report::npy_header(shape));
  file.write(values.data(), values.size() * sizeof(double));
}

}  // namespace

std::vector<std::string> array_files(protocol const& how) {
  if (how.rules == rule_set::lvis) return {"precision.npy", "recall.npy"};
  std::vector<std::string> files = {"precision.npy", "recall.npy", "scores.npy"};
  if (how.interpolation == interpolation::every_point) files.emplace_back("average_precision.npy");
  return files;
}

void check_writable(fs::path const& file) {
  if (file.empty() || !file.has_filename()) fail(file, std::make_error_code(std::errc::is_a_directory));
  std::error_code failure;
  fs::file_status const status = fs::status(file, failure);
  if (fs::is_directory(status)) fail(file, std::make_error_code(std::errc::is_a_directory));
  if (fs::exists(status) && access(file.c_str(), W_OK) != 0) fail_with_errno(file);
  if (is_device_or_pipe(file)) return;
  fs::path folder = folder_of(behind_links(file));
  while (!fs::exists(fs::status(folder, failure)) && folder.has_relative_path()) folder = folder_of(folder);
  if (!fs::is_directory(folder, failure)) fail(file, std::make_error_code(std::errc::not_a_directory));
  if (access(folder.c_str(), W_OK | X_OK) != 0) fail_with_errno(file);
}

output_set::~output_set() {
  roll_back();
}

void output_set::make_folders(fs::path const& folder) {
  std::error_code failure;
  if (folder.empty() || fs::is_directory(folder, failure)) return;
  make_folders(folder.parent_path());
  bool const made = fs::create_directory(folder, failure);
  if (failure) fail(folder, failure);
  if (made) made_folders_.push_back(folder);
}

template <class Write>
void output_set::add(fs::path const& file, Write const& write) {
  check_writable(file);
  if (is_device_or_pipe(file)) {
    open_file device(file, "wb", file);
    write(device);
    device.close();
    return;
  }
  fs::path const destination = behind_links(file);
  make_folders(destination.parent_path());
  fs::path const temporary = unused_name(folder_of(destination));
  open_file content(temporary, "wbx", file);
  files_.push_back({destination, temporary, {}, false});
  write(content);
  content.close();
}

void output_set::add_text(fs::path const& file, std::string_view text) {
  add(file, [&](open_file& content) { content.write(text); });
}

void output_set::add_arrays(fs::path const& folder, evaluation const& result) {
  auto const [t, r, k, a, m] = result.shape;
  std::vector<std::size_t> sampled = {t, r, k, a, m};
  std::vector<std::size_t> reached = {t, k, a, m};
  if (result.protocol.rules == rule_set::lvis && m == 1) {
    sampled.pop_back();
    reached.pop_back();
  }
  add(folder / "precision.npy", [&](open_file& file) { write_array(file, sampled, result.precision.all()); });
  add(folder / "recall.npy", [&](open_file& file) { write_array(file, reached, result.recall.all()); });
  if (result.protocol.rules == rule_set::lvis) return;
  add(folder / "scores.npy", [&](open_file& file) { write_array(file, sampled, result.scores.all()); });
  if (result.protocol.interpolation != interpolation::every_point) return;
  add(folder / "average_precision.npy",
      [&](open_file& file) { write_array(file, reached, result.average_precision.all()); });
}

void output_set::commit() {
  for (staged_file& file : files_) {
    std::error_code failure;
    if (fs::exists(file.destination, failure)) {
      // A second name keeps the old file while the new one takes its place in one step.
      fs::path const second_name = unused_name(folder_of(file.destination));
      fs::create_hard_link(file.destination, second_name, failure);
      if (!failure) file.previous = second_name;
    }
    fs::rename(file.temporary, file.destination, failure);
    if (failure) {
      fs::path const destination = file.destination;
      roll_back();
      fail(destination, failure);
    }
    file.renamed = true;
  }
  for (staged_file const& file : files_) {
    std::error_code ignored;
    if (!file.previous.empty()) fs::remove(file.previous, ignored);
  }
  files_.clear();
  made_folders_.clear();
}

void output_set::roll_back() noexcept {
  std::error_code ignored;
  for (auto file = files_.rbegin(); file != files_.rend(); ++file) {
    if (!file->renamed) {
      fs::remove(file->temporary, ignored);
      if (!file->previous.empty()) fs::remove(file->previous, ignored);
    } else if (!file->previous.empty()) {
      fs::rename(file->previous, file->destination, ignored);
    } else {
      fs::remove(file->destination, ignored);
    }
  }
  files_.clear();
  for (auto folder = made_folders_.rbegin(); folder != made_folders_.rend(); ++folder) fs::remove(*folder, ignored);
  made_folders_.clear();
}

void write_text(fs::path const& file, std::string_view text) {
  output_set files;
  files.add_text(file, text);
  files.commit();
}

void write_arrays(fs::path const& folder, evaluation const& result) {
  output_set files;
  files.add_arrays(folder, result);
  files.commit();
}

}  // namespace maskmetrics
