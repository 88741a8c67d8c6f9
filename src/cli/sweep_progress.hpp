/// @file
/// How far a sweep has come, and how long the rest will take.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include <maskmetrics/context.hpp>

#include "cli/progress.hpp"

namespace maskmetrics::cli {

/// Files weigh as many bytes as they have: time goes with those.
class sweep_progress {
public:
  /// @param num_files, num_bytes  of what is to be evaluated
  sweep_progress(progress_bar& bar, std::size_t num_files, std::uint64_t num_bytes)
      : bar_(bar), num_files_(num_files), num_bytes_(num_bytes) {}

  void start(std::string name);
  void finish(std::uint64_t bytes);
  /// Shows the present state; to be called now and then.
  void tick();
  /// For the context of an evaluation. This must outlive it.
  [[nodiscard]] progress_function callback();

private:
  progress_bar& bar_;
  std::size_t num_files_;
  std::uint64_t num_bytes_;
  std::size_t files_done_ = 0;
  std::uint64_t bytes_done_ = 0;
  std::string name_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

/// "0:07", "12:00", "3:05:09".
[[nodiscard]] std::string clock_text(std::chrono::seconds time);

}  // namespace maskmetrics::cli
