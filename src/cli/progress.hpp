/// @file
/// A progress bar on standard error.
#pragma once

#include <chrono>
#include <string>

#include <maskmetrics/context.hpp>

namespace maskmetrics::cli {

/// Drawn only where standard error is a terminal and the work has taken longer than a second; erased at the end.
class progress_bar {
public:
  static constexpr std::chrono::milliseconds redraw_interval{100};

  explicit progress_bar(bool wanted);
  ~progress_bar() { erase(); }
  progress_bar(progress_bar const&) = delete;
  progress_bar& operator=(progress_bar const&) = delete;

  /// What a context takes; empty where nothing is to be drawn. The bar must outlive it.
  [[nodiscard]] progress_function callback();
  /// Draws a line in place of the one before, not too often.
  void show(std::string const& line);
  void erase();

private:
  using clock = std::chrono::steady_clock;
  [[nodiscard]] bool is_due() const;
  void update(char const* stage, std::uint64_t done, std::uint64_t total);

  bool wanted_;
  bool drawn_ = false;
  clock::time_point start_ = clock::now();
  clock::time_point last_drawn_ = start_;
};

/// One state of the bar, e.g. "reading results  [#######-------]  50 %"; "matching ..." where no total is known.
[[nodiscard]] std::string progress_line(char const* stage, std::uint64_t done, std::uint64_t total);

}  // namespace maskmetrics::cli
