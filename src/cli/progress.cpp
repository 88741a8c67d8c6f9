#include "cli/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

namespace maskmetrics::cli {

namespace {

constexpr std::chrono::milliseconds patience{1000};
constexpr std::uint64_t bar_width = 30;
constexpr char const* erase_line = "\r\x1b[K";

}  // namespace

progress_bar::progress_bar(bool wanted) : wanted_(wanted && isatty(STDERR_FILENO) == 1) {}

progress_function progress_bar::callback() {
  if (!wanted_) return {};
  return [this](char const* stage, std::uint64_t done, std::uint64_t total) { update(stage, done, total); };
}

bool progress_bar::is_due() const {
  clock::time_point const now = clock::now();
  return wanted_ && now - start_ >= patience && (!drawn_ || now - last_drawn_ >= redraw_interval);
}

void progress_bar::update(char const* stage, std::uint64_t done, std::uint64_t total) {
  if (is_due()) show(progress_line(stage, done, total));
}

void progress_bar::show(std::string const& line) {
  if (!is_due()) return;
  fmt::print(stderr, "{}{}", erase_line, line);
  std::fflush(stderr);
  drawn_ = true;
  last_drawn_ = clock::now();
}

void progress_bar::erase() {
  if (!drawn_) return;
  (void)std::fputs(erase_line, stderr);
  (void)std::fflush(stderr);
  drawn_ = false;
}

std::string progress_line(char const* stage, std::uint64_t done, std::uint64_t total) {
  if (total == 0) return fmt::format("{} ...", stage);
  double const share = static_cast<double>(std::min(done, total)) / static_cast<double>(total);
  auto const filled = static_cast<std::uint64_t>(share * static_cast<double>(bar_width));
  return fmt::format("{}  [{:#<{}}{:-<{}}] {:>3.0f} %", stage, "", filled, "", bar_width - filled, share * 100);
}

}  // namespace maskmetrics::cli
