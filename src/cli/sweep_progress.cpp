#include "cli/sweep_progress.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace maskmetrics::cli {

void sweep_progress::start(std::string name) {
  name_ = std::move(name);
  tick();
}

void sweep_progress::finish(std::uint64_t bytes) {
  ++files_done_;
  bytes_done_ += bytes;
}

void sweep_progress::tick() {
  std::string const label = fmt::format("file {} of {}", std::min(files_done_ + 1, num_files_), num_files_);
  std::string line = progress_line(label.c_str(), bytes_done_, std::max<std::uint64_t>(num_bytes_, 1));
  if (bytes_done_ != 0) {
    std::chrono::duration<double> const spent = std::chrono::steady_clock::now() - begin_;
    double const rest =
        spent.count() / static_cast<double>(bytes_done_) * static_cast<double>(num_bytes_ - bytes_done_);
    line += fmt::format("  {} left", clock_text(std::chrono::seconds(std::llround(rest))));
  }
  bar_.show(line + "  " + name_);
}

progress_function sweep_progress::callback() {
  return [this](char const* /*stage*/, std::uint64_t /*done*/, std::uint64_t /*total*/) { tick(); };
}

std::string clock_text(std::chrono::seconds time) {
  auto const seconds = std::max<std::chrono::seconds::rep>(time.count(), 0);
  if (seconds >= 3600) return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
}

}  // namespace maskmetrics::cli
