/// @file
/// Ctrl-C, as a program that writes files wants it.
#pragma once

#include <string>

namespace maskmetrics::cli {

/// While it lives, SIGINT and SIGTERM end the program at once with a last word on standard error, or, where an
/// output_shield lives, when that ends. A signal that was ignored stays so. One at a time.
class interruptible {
public:
  explicit interruptible(std::string last_word);
  ~interruptible();
  interruptible(interruptible const&) = delete;
  interruptible& operator=(interruptible const&) = delete;
};

/// Scope of writing files, which a signal must not cut short. One at a time.
class output_shield {
public:
  output_shield();
  ~output_shield();
  output_shield(output_shield const&) = delete;
  output_shield& operator=(output_shield const&) = delete;
};

}  // namespace maskmetrics::cli
