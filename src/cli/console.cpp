#include "cli/console.hpp"

#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include <maskmetrics/error.hpp>

namespace maskmetrics::cli {

namespace {

/// Standard error may be closed, and then there is nobody left to tell.
void print_diagnostic(std::string const& line) {
  (void)std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace

void print_result(std::string_view text) {
  bool const written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (written && std::fflush(stdout) == 0) return;
  throw output_error("cannot write to standard output: " + std::generic_category().message(errno));
}

void print_error(std::string_view message) {
  print_diagnostic(fmt::format("maskmetrics: error: {}\n", message));
}

void print_warnings(std::vector<warning> const& warnings) {
  for (warning const& accepted : warnings) {
    std::string const times = accepted.count > 1 ? fmt::format(" ({} times)", accepted.count) : std::string();
    print_diagnostic(fmt::format("maskmetrics: warning: {}{} [{}]\n", accepted.message, times, accepted.code));
  }
}

}  // namespace maskmetrics::cli
